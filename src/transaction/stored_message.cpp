// SPDX-License-Identifier: Apache-2.0
// See stored_message.h.
#include "transaction/stored_message.h"

#include "base/assert.h"

namespace carillon::transaction {

std::size_t StoredMessage::footprint() const {
  return sizeof(*this) + arena_.capacity() + message_.lines().size_bytes();
}

transport::Target StoredMessage::response_target(bool trusted_source) const {
  const sip::Via& via = message_.top_via();
  transport::Target target = transport::response_target(flow_, via, fixup_.rport.has_value(), trusted_source);
  target.only_connection = reply_by_connection_;
  if (reply_to_via_ && flow_.protocol == transport::Protocol::Udp) {
    target.address = {};
    target.set_host(via.maddr.empty() ? via.host : via.maddr);
    target.port = via.port.value_or(transport::default_port(flow_.protocol));
  }
  return target;
}

void StoredMessagePtr::recycle() noexcept { stored_->pool_->recycle(stored_); }

StoredMessagePool::~StoredMessagePool() { CARILLON_ASSERT(live_ == 0); }

StoredMessagePtr StoredMessagePool::store(const sip::Message& received, const transport::Flow& flow,
                                          const transport::ViaFixup& fixup) {
  StoredMessagePtr stored = take();
  stored->message_ = received;
  stored->message_.rebase(stored->arena_.copy(received.bytes()));
  stored->flow_ = flow;
  stored->fixup_ = fixup;
  stored->reply_to_via_ = stored->reply_by_connection_ = false;
  return stored;
}

StoredMessagePtr StoredMessagePool::blank() {
  StoredMessagePtr stored = take();
  stored->message_ = sip::Message();
  stored->flow_ = {};
  stored->fixup_ = {};
  return stored;
}

std::vector<std::unique_ptr<StoredMessage>>& StoredMessagePool::spare() {
  auto* const shared = spares_ != nullptr ? spares_->mine() : nullptr;
  return shared != nullptr ? *shared : own_spare_;
}

StoredMessagePtr StoredMessagePool::take() {
  ++live_;
  auto& from = spare();
  if (from.empty()) from.emplace_back(new StoredMessage());
  StoredMessage* stored = from.back().release();
  from.pop_back();
  stored->pool_ = this;
  return StoredMessagePtr(*stored);
}

void StoredMessagePool::recycle(StoredMessage* stored) noexcept {
  --live_;
  std::unique_ptr<StoredMessage> owned(stored);
  owned->arena_.reset();
  auto& to = spare();
  if (to.size() < kSpare && owned->arena_.capacity() <= kSpareBytes) to.push_back(std::move(owned));
}

}  // namespace carillon::transaction
