// SPDX-License-Identifier: Apache-2.0
// What happened to a transaction while a run of it was suspended: kept in order until the run goes on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "transaction/stored_message.h"
#include "transaction/transaction_id.h"

namespace carillon::transaction {

// What a user of transactions is told. Terminated is the last of each transaction.
enum class EventKind : std::uint8_t { Response, Cancel, Ack, Timeout, TransportError, Terminated };

// The timer that ended the wait for something.
enum class TimeoutKind : std::uint8_t {
  NoResponse,       // B and F (fr_timeout): a branch counts as answered 408
  NoFinalResponse,  // C (fr_inv_timeout): likewise; the branch has been sent a CANCEL
  NotCancelled,     // no final response 64*T1 after CANCEL: the branch counts as answered 487 (RFC 3261 section 9.1)
  NoAck,            // H: the final response was never acknowledged
};

struct HeldEvent {
  std::uint64_t sequence = 0;  // of the shard; what waits is handed out in this order
  EventKind kind = EventKind::Terminated;
  TimeoutKind timeout = TimeoutKind::NoResponse;  // of Timeout
  ClientTransactionId client{};                   // of an event of a branch, else none
  StoredMessagePtr message{};                     // of Response and Cancel
  base::Error error{};                            // of TransportError
};

// One a transaction. Costs a pointer until something is held. While events are left they are handed out one by one
// with next(), so that what arrives meanwhile goes behind them. An event may move from one HeldEvents to another.
class HeldEvents {
 public:
  // Responses that one transaction holds; further ones are dropped, but for the first final one of each branch. (A 2xx
  // that is dropped comes again.)
  static constexpr std::size_t kMaxResponses = 16;

  void hold() { ++holders_; }
  // Undoes one hold(); does nothing when there is none.
  void release();
  // New events have to be pushed: somebody holds, or earlier ones are still being handed out.
  [[nodiscard]] bool closed() const { return holders_ > 0 || (queue_ != nullptr && !queue_->empty()); }

  // False when the event was dropped.
  [[nodiscard]] bool push(HeldEvent event);
  [[nodiscard]] bool has_next() const { return holders_ == 0 && queue_ != nullptr && !queue_->empty(); }
  // has_next() must hold.
  [[nodiscard]] HeldEvent next();
  // Undoes every hold().
  void open() { holders_ = 0; }

 private:
  using Queue = std::vector<HeldEvent>;

  [[nodiscard]] bool fits(const HeldEvent& response) const;

  std::uint32_t holders_ = 0;
  std::unique_ptr<Queue> queue_;
};

}  // namespace carillon::transaction
