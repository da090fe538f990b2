// SPDX-License-Identifier: Apache-2.0
// A received message that outlives its receive buffer, and the arena in which all that its transaction needs lives:
// edits, branches, texts. Made once per request, by the engine, before the script runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "shard/worker_local.h"
#include "sip/message.h"
#include "transport/flow.h"
#include "transport/response_target.h"

namespace carillon::transaction {

class StoredMessagePool;
class StoredMessagePtr;

// Belongs to one shard. Lives as long as a StoredMessagePtr to it; the views it hands out, and what was made in its
// arena, live exactly as long.
class StoredMessage {
 public:
  // Without a message (a blank one, for requests of our own) it is empty: bytes().empty().
  [[nodiscard]] const sip::Message& message() const { return message_; }
  [[nodiscard]] std::string_view bytes() const { return message_.bytes(); }
  // Where the message came from.
  [[nodiscard]] const transport::Flow& flow() const { return flow_; }
  // What belongs into the top Via of a request when it is forwarded or answered.
  [[nodiscard]] const transport::ViaFixup& via_fixup() const { return fixup_; }
  // As if the client had asked for rport (the script's force_rport()). Before the server transaction is created.
  void force_rport() { fixup_ = transport::via_fixup(flow_.remote, message_.top_via(), true); }
  // Responses go to what the top Via says, wherever the request came from (set_via_handling("reply-to-via")). Likewise.
  void reply_to_via() { reply_to_via_ = true; }
  // They go by a connection that is open, or not at all (tcp_no_new_conn_rplflag).
  void reply_by_connection() { reply_by_connection_ = true; }
  // Where they go. `trusted_source`: see transport::response_target().
  [[nodiscard]] transport::Target response_target(bool trusted_source) const;
  [[nodiscard]] base::Arena& arena() { return arena_; }
  // Bytes of memory it holds, itself included.
  [[nodiscard]] std::size_t footprint() const;

  StoredMessage(const StoredMessage&) = delete;
  StoredMessage& operator=(const StoredMessage&) = delete;

 private:
  friend class StoredMessagePool;
  friend class StoredMessagePtr;

  // Holds a request of 1 KiB and the same request as sent on one branch; what more there is takes smaller steps.
  static constexpr std::size_t kFirstBlock = 2304;
  static constexpr std::size_t kSecondBlock = 512;

  StoredMessage() : arena_(kFirstBlock, kSecondBlock) {}

  StoredMessagePool* pool_ = nullptr;  // whose it is while it lives
  std::uint32_t references_ = 0;       // not atomic: a shard is entered by one thread at a time
  base::Arena arena_;
  sip::Message message_;
  transport::Flow flow_;
  transport::ViaFixup fixup_;
  bool reply_to_via_ = false;
  bool reply_by_connection_ = false;
};

// A counted reference; copy it only inside the shard. Null by default.
class StoredMessagePtr {
 public:
  StoredMessagePtr() = default;
  StoredMessagePtr(const StoredMessagePtr& other) : stored_(other.stored_) {
    if (stored_ != nullptr) ++stored_->references_;
  }
  StoredMessagePtr(StoredMessagePtr&& other) noexcept : stored_(std::exchange(other.stored_, nullptr)) {}
  StoredMessagePtr& operator=(StoredMessagePtr other) noexcept {
    std::swap(stored_, other.stored_);
    return *this;
  }
  ~StoredMessagePtr() {
    if (stored_ != nullptr && --stored_->references_ == 0) recycle();
  }

  [[nodiscard]] StoredMessage* get() const { return stored_; }
  StoredMessage& operator*() const { return *stored_; }
  StoredMessage* operator->() const { return stored_; }
  explicit operator bool() const { return stored_ != nullptr; }
  void reset() { *this = StoredMessagePtr(); }
  friend bool operator==(const StoredMessagePtr&, const StoredMessagePtr&) = default;

 private:
  friend class StoredMessagePool;
  explicit StoredMessagePtr(StoredMessage& stored) : stored_(&stored) { ++stored.references_; }
  void recycle() noexcept;

  StoredMessage* stored_ = nullptr;
};

// What ended messages leave behind, for the next ones of the same worker. The process has one; it outlives the pools.
using SpareMessages = shard::WorkerLocal<std::vector<std::unique_ptr<StoredMessage>>>;

// One a shard. Must outlive the pointers it made. Without `spares` it keeps its own.
class StoredMessagePool {
 public:
  explicit StoredMessagePool(SpareMessages* spares = nullptr) : spares_(spares) {}
  StoredMessagePool(const StoredMessagePool&) = delete;
  StoredMessagePool& operator=(const StoredMessagePool&) = delete;
  ~StoredMessagePool();

  // Copies the bytes once; the index of `received` is taken over, not made again.
  [[nodiscard]] StoredMessagePtr store(const sip::Message& received, const transport::Flow& flow,
                                       const transport::ViaFixup& fixup = {});
  // No message, only an arena.
  [[nodiscard]] StoredMessagePtr blank();
  [[nodiscard]] std::size_t live() const { return live_; }

 private:
  friend class StoredMessagePtr;

  static constexpr std::size_t kSpare = 16;             // kept for reuse
  static constexpr std::size_t kSpareBytes = 8 * 1024;  // larger ones go back to the system

  [[nodiscard]] StoredMessagePtr take();
  void recycle(StoredMessage* stored) noexcept;

  [[nodiscard]] std::vector<std::unique_ptr<StoredMessage>>& spare();

  SpareMessages* spares_;
  std::vector<std::unique_ptr<StoredMessage>> own_spare_;
  std::size_t live_ = 0;
};

}  // namespace carillon::transaction
