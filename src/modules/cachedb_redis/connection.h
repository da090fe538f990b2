// SPDX-License-Identifier: Apache-2.0
// A connection to one Redis server that speaks its protocol: signed in, commands out, replies back.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/cachedb_redis/reply_reader.h"
#include "modules/cachedb_redis/slots.h"
#include "modules/cachedb_redis/stream.h"
#include "storage/key_value.h"

namespace carillon::cachedb_redis {

struct Settings {
  base::Duration connect_timeout = std::chrono::seconds(5);
  base::Duration query_timeout = std::chrono::seconds(5);
  std::chrono::seconds keepalive{10};
  std::string user = {};
  std::string password = {};
  unsigned database = 0;
  std::shared_ptr<const Tls> tls = nullptr;  // shared by all connections
};

using Words = std::vector<std::string>;

// One thread at a time. After an error of no further use.
class Connection {
 public:
  // Connected and signed in.
  [[nodiscard]] static base::Result<std::unique_ptr<Connection>> open(const Address& to, const Settings& settings);

  // Sends them all and reads as many replies.
  [[nodiscard]] base::Result<std::vector<storage::Reply>> exchange(std::span<const Words* const> commands,
                                                                   base::TimePoint until);
  [[nodiscard]] base::Result<storage::Reply> ask(const Words& words, base::TimePoint until);

  [[nodiscard]] base::Result<> send(const Words& words, base::TimePoint until);
  // The next reply or message, nothing when `until` came first.
  [[nodiscard]] base::Result<std::optional<storage::Reply>> receive(base::TimePoint until);

  // As it was left: the server hasn't closed it, and nothing that wasn't asked for has come.
  [[nodiscard]] bool is_usable() const { return stream_.is_quiet(); }

 private:
  explicit Connection(Stream stream) : stream_(std::move(stream)) {}
  [[nodiscard]] base::Result<> sign_in(const Settings& settings, base::TimePoint until);
  // Reads what is there into the reader.
  [[nodiscard]] base::Result<> take_bytes();

  Stream stream_;
  ReplyReader reader_;
};

}  // namespace carillon::cachedb_redis
