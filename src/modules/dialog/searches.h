// SPDX-License-Identifier: Apache-2.0
// Work in other shards, as the searches and commands of dialog do it. See dialogs.h.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "modules/dialog/dialogs.h"
#include "shard/context.h"
#include "shard/shards.h"
#include "shard/suspension.h"

namespace carillon::dialog {

template <typename T, typename Work>
base::Task<T> Dialogs::in_shard(shard::ShardId there, Work work) {
  shard::Shard& here = *shard::context.shard;
  if (there == here.id()) co_return work(here);
  auto answer = here.suspend<T>();
  services_->shards.post(there, [this, handle = answer.handle(), job = std::move(work)](shard::Shard& shard) mutable {
    services_->shards.resume(handle, job(shard));
  });
  co_return co_await answer;
}

// What visit_all() takes. Shared because its steps wait in mailboxes.
template <typename Work>
[[nodiscard]] std::shared_ptr<std::function<bool(Dialog&)>> visitor(Work work) {
  return std::make_shared<std::function<bool(Dialog&)>>(std::move(work));
}

}  // namespace carillon::dialog
