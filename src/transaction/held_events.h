// SPDX-License-Identifier: Apache-2.0
// What happened to a transaction while a run of it was suspended: kept in order until the run goes on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

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
  EventKind kind = EventKind::Terminated;
  TimeoutKind timeout = TimeoutKind::NoResponse;  // of Timeout
  ClientTransactionId client;                     // of an event of a branch, else none
  StoredMessagePtr message;                       // of Response and Cancel
  std::string error;                              // of TransportError
};

// One a transaction. Costs a pointer until something is held. While events are left they are handed out one by one
// with next(), so that what arrives meanwhile goes behind them.
class HeldEvents {
 public:
  // Responses that one transaction holds beyond the first final one of each branch; more are dropped, provisional ones
  // first, since a 2xx is sent again.
  static constexpr std::size_t kMaxResponses = 16;

  void hold() { ++holders_; }
  // The holder of the outermost hold() takes the events out with next().
  void release();
  [[nodiscard]] bool closed() const { return holders_ > 0 || (queue_ != nullptr && !queue_->empty()); }
  [[nodiscard]] bool held() const { return holders_ > 0; }

  // False when the event was dropped.
  [[nodiscard]] bool push(HeldEvent event);
  [[nodiscard]] bool has_next() const { return holders_ == 0 && queue_ != nullptr && !queue_->empty(); }
  [[nodiscard]] HeldEvent next();
  void clear();

 private:
  using Queue = std::vector<HeldEvent>;

  std::uint32_t holders_ = 0;
  std::unique_ptr<Queue> queue_;
};

}  // namespace carillon::transaction
