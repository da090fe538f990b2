// SPDX-License-Identifier: Apache-2.0
// Names of transactions: what to keep across a wait instead of a reference. TransactionLayer::find() says if it is
// gone.
#pragma once

#include "shard/object_pool.h"

namespace carillon::transaction {

// Valid within one shard. A name is not used again for another transaction.
struct ServerTransactionId {
  shard::PoolHandle handle;
  explicit operator bool() const { return static_cast<bool>(handle); }
  friend bool operator==(const ServerTransactionId&, const ServerTransactionId&) = default;
};

struct ClientTransactionId {
  shard::PoolHandle handle;
  explicit operator bool() const { return static_cast<bool>(handle); }
  friend bool operator==(const ClientTransactionId&, const ClientTransactionId&) = default;
};

}  // namespace carillon::transaction
