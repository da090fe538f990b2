// SPDX-License-Identifier: Apache-2.0
// Where a store of keys and values is: redis:group://user:password@host:port,host:port/0?option=value,
// local:group:///c.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace carillon::storage {

struct KeyValueUrl {
  struct Host {
    std::string name;        // an IPv6 address without its brackets
    std::uint16_t port = 0;  // 0: the driver's usual one
    friend bool operator==(const Host&, const Host&) = default;
  };

  std::string scheme;  // in lower case; OpenSIPS's "cachedb_" prefix is dropped
  std::string group = {};
  std::string user = {};
  std::string password = {};
  std::vector<Host> hosts = {};
  std::string path = {};  // the number or name of the database, without its slash
  std::vector<std::pair<std::string, std::string>> options = {};

  // The error never repeats the text, which may hold a password.
  [[nodiscard]] static base::Result<KeyValueUrl> parse(std::string_view text);

  // For logs and answers: user and password are left out.
  [[nodiscard]] std::string display() const;

  friend bool operator==(const KeyValueUrl&, const KeyValueUrl&) = default;
};

}  // namespace carillon::storage
