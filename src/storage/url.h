// SPDX-License-Identifier: Apache-2.0
// Where a database is: sqlite:///path, mysql://user:password@host:port/name?option=value, text:///directory, ...
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace carillon::storage {

// `scheme://` or `scheme:` and then, for a database behind the network, [user[:password]@]host[:port]/name; for a file,
// its path. User, password, host and name may hold %XX escapes; the password reaches to the last @ before the path,
// so that OpenSIPS's unescaped ones are read as they are meant.
struct Url {
  // In lower case; OpenSIPS's "db_" prefix is dropped, and "odbc", "mariadb" and "postgresql" are other names.
  std::string scheme;
  std::string user = {};
  std::string password = {};
  std::string host = {};   // an IPv6 address without its brackets
  std::uint16_t port = 0;  // 0: the driver's usual one
  std::string path = {};   // a file's path, or the name of the database
  std::vector<std::pair<std::string, std::string>> options = {};

  // The error never repeats the text, which may hold a password.
  [[nodiscard]] static base::Result<Url> parse(std::string_view text);

  // For logs and answers: the password is left out.
  [[nodiscard]] std::string display() const;

  friend bool operator==(const Url&, const Url&) = default;
};

}  // namespace carillon::storage
