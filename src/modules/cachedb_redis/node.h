// SPDX-License-Identifier: Apache-2.0
// One Redis server as a store uses it: connections that are kept between uses, and peace for it while it is down.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "modules/cachedb_redis/connection.h"

namespace carillon::cachedb_redis {

// Any thread.
class Node {
 public:
  Node(Address address, const Settings& settings) : address_(std::move(address)), settings_(settings) {}

  [[nodiscard]] const Address& address() const { return address_; }

  struct Answer {
    base::Result<std::vector<storage::Reply>> replies;
    bool sent = false;  // or perhaps sent: asking again may do it twice
  };
  // The replies to `commands`. While the server counts as down, an error at once.
  [[nodiscard]] Answer exchange(std::span<const Words* const> commands);
  // The same with one command; without peace for a server that is down.
  [[nodiscard]] base::Result<storage::Reply> probe(const Words& words);
  // A connection for the caller alone.
  [[nodiscard]] base::Result<std::unique_ptr<Connection>> connect();

  // Whether the last try failed.
  [[nodiscard]] bool is_down() const;
  [[nodiscard]] std::string last_error() const;

 private:
  static constexpr std::size_t kKept = 16;

  [[nodiscard]] base::Result<std::unique_ptr<Connection>> take();
  void give_back(std::unique_ptr<Connection> connection);
  void on_failure(const base::Error& error);

  const Address address_;
  const Settings& settings_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
  base::Duration pause_{};  // after the last failure; 0: it works
  base::TimePoint peace_until_{};
  std::string last_error_;
};

}  // namespace carillon::cachedb_redis
