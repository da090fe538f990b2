// SPDX-License-Identifier: Apache-2.0
// What has gone here is taken back at the main registrar, where it would live on: phones that vanish don't deregister.
#include <fmt/format.h>

#include "base/log.h"
#include "modules/mid_registrar/mid_registrar.h"
#include "routing/own_request.h"
#include "routing/proxy.h"

namespace carillon::mid_registrar {

using Kind = usrloc::LocationChange::Kind;

bool MidRegistrar::wants(Kind kind) const { return kind == Kind::Inserted || kind == Kind::Deleted; }

void MidRegistrar::on_change(shard::Shard& shard, std::string_view table, std::string_view aor,
                             const usrloc::LocationChange& change) {
  if (ended_) return;
  const std::uint64_t id = change.contact->id();
  if (change.kind == Kind::Inserted) {
    aors_->with(id, [aor](auto& entry) {
      if (entry.value() == nullptr) entry.create(aor);
    });
    return;
  }
  aors_->with(id, [](auto& entry) {
    if (entry.value() != nullptr) entry.erase();
  });
  // Less than this, and it is over before it is taken back.
  constexpr std::int64_t kWorthwhile = 1;
  auto remote = RemoteBinding::read(change.contact->keys());
  if (!remote || remote->until <= services_->clock.unix_seconds() + kWorthwhile) return;
  const auto location = locations().table(table);
  // Of servers that share a table one is enough to take it back; it is the one that pings.
  if (!location || !locations().is_pinging_here(**location)) return;
  const auto stays = [](const usrloc::AorRecord&) {};
  if (mode_ == Mode::ThrottleAors && (*location)->read(aor, stays)) return;
  shard.start(take_back(shard, std::move(*remote)), [] {});
}

base::Task<> MidRegistrar::take_back(shard::Shard& shard, RemoteBinding remote) {
  if (services_->proxies == nullptr) co_return;
  routing::OwnRequest request{.method = "REGISTER", .request_uri = remote.request_uri, .next_hop = remote.next_hop};
  request.headers = fmt::format("From: <{}>\r\nTo: <{}>\r\nContact: <{}>;expires=0\r\nExpires: 0\r\n", remote.from,
                                remote.to, remote.contact);
  taken_back.add();
  const auto answer = co_await routing::send_own_request(services_->proxies->proxy_of(shard),
                                                         services_->proxies->program_in(shard), std::move(request));
  if (answer && answer->status >= 200 && answer->status < 300) co_return;
  failed_removals.add();
  log::info("mid_registrar: {} can't be taken back at the main registrar: {}", remote.contact,
            answer ? fmt::format("{} {}", answer->status, answer->reason) : answer.error().message);
}

}  // namespace carillon::mid_registrar
