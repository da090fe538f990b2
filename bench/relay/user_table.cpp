// SPDX-License-Identifier: Apache-2.0
// The prepared statement, its two parameters and its one result.
#include "relay/user_table.h"

#include <cstdlib>
#include <regex>

namespace carillon::bench {

base::Result<std::unique_ptr<UserTable>> UserTable::open(const std::string& url) {
  static constexpr auto kForm = "mysql://([^:]+):([^@]*)@([^:]+):([0-9]+)/(.+)";
  std::smatch parts;
  if (!std::regex_match(url, parts, std::regex(kForm))) return base::fail("no URL of MariaDB: " + url);
  auto table = std::make_unique<UserTable>();
  table->connection_.reset(mysql_init(nullptr));
  MYSQL* const connection = table->connection_.get();
  const auto port = static_cast<unsigned>(std::strtoul(parts[4].str().c_str(), nullptr, 10));
  if (mysql_real_connect(connection, parts[3].str().c_str(), parts[1].str().c_str(), parts[2].str().c_str(),
                         parts[5].str().c_str(), port, nullptr, 0) == nullptr) {
    return base::fail(mysql_error(connection));
  }
  if (auto prepared = table->prepare(); !prepared) return std::unexpected(prepared.error());
  return table;
}

base::Result<> UserTable::prepare() {
  static constexpr std::string_view kQuery = "SELECT ha1 FROM subscriber WHERE username = ? AND domain = ?";
  statement_.reset(mysql_stmt_init(connection_.get()));
  if (mysql_stmt_prepare(statement_.get(), kQuery.data(), kQuery.size()) != 0) {
    return base::fail(mysql_stmt_error(statement_.get()));
  }
  MYSQL_BIND result{};
  result.buffer_type = MYSQL_TYPE_STRING;
  result.buffer = ha1_.data();
  result.buffer_length = ha1_.size();
  if (mysql_stmt_bind_result(statement_.get(), &result) != 0) return base::fail(mysql_stmt_error(statement_.get()));
  return {};
}

bool UserTable::has(std::string_view username, std::string_view domain) {
  std::array<MYSQL_BIND, 2> parameters{};
  std::array<unsigned long, 2> lengths{username.size(), domain.size()};
  const std::array texts{username, domain};
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    parameters[i].buffer_type = MYSQL_TYPE_STRING;
    parameters[i].buffer = const_cast<char*>(texts[i].data());
    parameters[i].buffer_length = lengths[i];
    parameters[i].length = &lengths[i];
  }
  MYSQL_STMT* const statement = statement_.get();
  if (mysql_stmt_bind_param(statement, parameters.data()) != 0 || mysql_stmt_execute(statement) != 0) return false;
  bool found = false;
  while (mysql_stmt_fetch(statement) == 0) found = true;
  mysql_stmt_free_result(statement);
  return found;
}

}  // namespace carillon::bench
