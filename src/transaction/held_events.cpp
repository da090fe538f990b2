// SPDX-License-Identifier: Apache-2.0
// See held_events.h.
#include "transaction/held_events.h"

#include <algorithm>
#include <utility>

namespace carillon::transaction {
namespace {

bool is_final(const HeldEvent& event) { return event.message->message().status() >= 200; }

}  // namespace

void HeldEvents::release() {
  if (holders_ > 0) --holders_;
}

bool HeldEvents::push(HeldEvent event) {
  if (queue_ == nullptr) queue_ = std::make_unique<Queue>();
  if (event.kind == EventKind::Response && !fits(event)) return false;
  const auto behind = std::ranges::upper_bound(*queue_, event.sequence, {}, &HeldEvent::sequence);
  queue_->insert(behind, std::move(event));
  return true;
}

bool HeldEvents::fits(const HeldEvent& response) const {
  std::size_t surplus = 0;
  bool first_final = is_final(response);
  for (const HeldEvent& held : *queue_) {
    if (held.kind != EventKind::Response) continue;
    ++surplus;
    if (held.client == response.client && is_final(held)) first_final = false;
  }
  return first_final || surplus < kMaxResponses;
}

HeldEvent HeldEvents::next() {
  HeldEvent event = std::move(queue_->front());
  queue_->erase(queue_->begin());
  return event;
}

}  // namespace carillon::transaction
