// SPDX-License-Identifier: Apache-2.0
// See database_grants.h. Names and passwords become part of statements, as these take no parameters; they are quoted.
#include "server/database_grants.h"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace carillon::server {
namespace {

struct User {
  std::string name;
  std::string password;
  bool writes = false;
};

std::string quoted(std::string_view text, char quote, bool backslash_escapes) {
  std::string result(1, quote);
  for (const char c : text) {
    if (c == quote || (c == '\\' && backslash_escapes)) result += c;
    result += c;
  }
  return result + quote;
}

std::vector<User> users_of(const DatabaseChoice& choice) {
  std::vector<User> users;
  const auto url = storage::Url::parse(choice.url());
  if (url && !url->user.empty()) users.push_back({.name = url->user, .password = url->password, .writes = true});
  const std::string reader = choice.rc().get("DBROUSER");
  if (!reader.empty()) users.push_back({.name = reader, .password = choice.rc().get("DBROPW")});
  return users;
}

// From where the users come. A server that resolves names calls both addresses of loopback localhost; one that doesn't
// (skip-name-resolve) takes them as they are.
std::vector<std::string_view> origins(const std::string& host) {
  if (host.empty() || host == "localhost") return {"localhost"};
  if (host == "::1" || host.starts_with("127.")) return {"localhost", host};
  return {"%"};
}

std::vector<std::string> mysql_statements(const storage::Url& url, const std::vector<User>& users) {
  std::vector<std::string> statements;
  const std::string database = quoted(url.path, '`', false);
  for (const User& user : users) {
    for (const std::string_view origin : origins(url.host)) {
      const std::string account = quoted(user.name, '\'', true) + "@" + quoted(origin, '\'', true);
      statements.push_back(
          fmt::format("CREATE USER IF NOT EXISTS {} IDENTIFIED BY {}", account, quoted(user.password, '\'', true)));
      statements.push_back(
          fmt::format("GRANT {} ON {}.* TO {}", user.writes ? "ALL PRIVILEGES" : "SELECT", database, account));
    }
  }
  return statements;
}

base::Result<std::vector<std::string>> postgres_statements(storage::Database& database,
                                                           const std::vector<User>& users) {
  std::vector<std::string> statements;
  for (const User& user : users) {
    const std::string role = quoted(user.name, '"', false);
    auto known = database.raw({.text = "SELECT 1 FROM pg_roles WHERE rolname = ?", .parameters = {user.name}});
    if (!known) return std::unexpected(std::move(known.error()));
    if (known->rows.empty()) {
      statements.push_back(fmt::format("CREATE ROLE {} LOGIN PASSWORD {}", role, quoted(user.password, '\'', false)));
    }
    const char* rights = user.writes ? "ALL PRIVILEGES" : "SELECT";
    statements.push_back(fmt::format("GRANT {} ON ALL TABLES IN SCHEMA public TO {}", rights, role));
    if (user.writes) statements.push_back(fmt::format("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {}", role));
  }
  return statements;
}

}  // namespace

base::Result<> grant_users(storage::Database& database, const DatabaseChoice& choice) {
  const std::vector<User> users = users_of(choice);
  base::Result<std::vector<std::string>> statements;
  if (database.url().scheme == "mysql") statements = mysql_statements(database.url(), users);
  if (database.url().scheme == "postgres") statements = postgres_statements(database, users);
  if (!statements) return std::unexpected(std::move(statements.error()));
  for (const std::string& text : *statements) {
    // The text may hold a password: it is never repeated.
    if (auto done = database.raw({.text = text}); !done) return std::unexpected(std::move(done.error()));
  }
  return {};
}

}  // namespace carillon::server
