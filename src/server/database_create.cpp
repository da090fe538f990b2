// SPDX-License-Identifier: Apache-2.0
// `carillon db create` and `carillon db drop`.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <thread>

#include "server/database_commands.h"
#include "server/database_grants.h"
#include "server/database_tables.h"
#include "server/terminal.h"

namespace carillon::server {
namespace {

using storage::Database;
using storage::Fault;
using storage::TableSpec;

// Two programs may make the same tables at once; one of them finds the database locked now and then.
template <typename Action>
auto patiently(Action action) {
  constexpr int kTries = 20;
  constexpr std::chrono::milliseconds kPause{100};
  auto result = action();
  for (int i = 0; i < kTries && !result && Database::fault_of(result.error()) == Fault::Busy; ++i) {
    std::this_thread::sleep_for(kPause);
    result = action();
  }
  return result;
}

base::Result<bool> answer(std::optional<bool> given, std::string_view question, std::string_view flag) {
  if (given) return *given;
  if (is_interactive()) return ask(question);
  return base::fail(fmt::format("there is no terminal to ask '{}': say {} yes or {} no", question, flag, flag));
}

std::string extra_question() {
  std::string groups;
  for (const TableSpec* table : all_tables()) {
    const std::string group(table->group);
    if (part_of(group) == Part::Extra && !(groups + " ").contains(" " + group + " ")) groups += " " + group;
  }
  return "Install tables for" + groups + "?";
}

// In the order in which they are made.
base::Result<std::vector<const TableSpec*>> wanted_tables(const CreateOptions& options) {
  std::vector<const TableSpec*> tables;
  for (const std::string& group : options.groups) {
    const auto before = tables.size();
    std::ranges::copy_if(all_tables(), std::back_inserter(tables), [&](auto* table) { return table->group == group; });
    if (tables.size() == before) return base::fail(fmt::format("there is no group of tables '{}'", group));
  }
  if (!options.groups.empty()) return tables;
  const auto presence = answer(options.presence, "Install presence related tables?", "--presence");
  if (!presence) return std::unexpected(presence.error());
  const auto extra = answer(options.extra, extra_question(), "--extra");
  if (!extra) return std::unexpected(extra.error());
  std::ranges::copy_if(all_tables(), std::back_inserter(tables), [&](auto* table) {
    const Part part = part_of(table->group);
    return part == Part::Standard || (part == Part::Presence && *presence) || (part == Part::Extra && *extra);
  });
  return tables;
}

// Makes what is missing; true when nothing went wrong.
bool make_tables(Database& database, const std::vector<const TableSpec*>& tables) {
  std::map<std::string, std::string> made;  // names by group
  std::size_t there = 0;
  std::size_t failed = 0;
  for (const TableSpec* table : tables) {
    const auto exists = patiently([&] { return database.has_table(table->name); });
    const auto created = patiently([&] { return database.create_table(*table); });
    if (!created) {
      ++failed;
      complain(created.error().message);
      const Fault fault = Database::fault_of(created.error());
      if (fault == Fault::Busy || fault == Fault::Unavailable || fault == Fault::NotADatabase) break;
    } else if (exists.value_or(false)) {
      ++there;
    } else {
      made[std::string(table->group)] += fmt::format(" {}", table->name);
    }
  }
  std::size_t count = 0;
  for (const auto& [group, names] : made) {
    fmt::print("{}:{}\n", group, names);
    count += static_cast<std::size_t>(std::ranges::count(names, ' '));
  }
  fmt::print("{}: {} tables made, {} were there{}\n", database.url().display(), count, there,
             failed == 0 ? "" : fmt::format(", {} not made", failed));
  return failed == 0;
}

// Only the tables that are ours.
int drop_tables(Database& database) {
  std::vector<std::string_view> names;
  for (const TableSpec* table : all_tables()) names.push_back(table->name);
  names.push_back(storage::version_table().name);  // the last, so that what is interrupted can be repeated
  std::size_t count = 0;
  for (const std::string_view name : names) {
    const auto exists = database.has_table(name);
    if (!exists) return complain(exists.error().message);
    if (!*exists) continue;
    if (auto dropped = database.drop_table(name); !dropped) return complain(dropped.error().message);
    ++count;
  }
  fmt::print("{}: {} tables dropped\n", database.url().display(), count);
  return kSuccess;
}

}  // namespace

int complain(const std::string& what) {
  fmt::print(stderr, "carillon: {}\n", what);
  return kFailure;
}

base::Result<std::string> administrator_url(const DatabaseChoice& choice, const std::string& root_user) {
  const std::string user = root_user.empty() ? choice.rc().get("DBROOTUSER") : root_user;
  if (user.empty()) return choice.url();
  auto url = storage::Url::parse(choice.url());
  if (!url) return std::unexpected(std::move(url.error()));
  if (url->scheme != "mysql" && url->scheme != "postgres") return choice.url();  // others have no users
  const char* given = std::getenv("DBROOTPW");  // NOLINT(concurrency-mt-unsafe): one thread
  base::Result<std::string> password = given != nullptr ? std::string(given) : std::string();
  if (given == nullptr && is_interactive()) {
    password = ask_secret(fmt::format("Password of the database user {}", user));
    if (!password) return std::unexpected(std::move(password.error()));
  }
  const std::string secret = password->empty() ? "" : ":" + escaped(*password);
  const std::string host = url->host.contains(':') ? "[" + url->host + "]" : escaped(url->host);
  const std::string port = url->port == 0 ? "" : fmt::format(":{}", url->port);
  std::string options;
  for (const auto& [name, value] : url->options) {
    options += fmt::format("{}{}={}", options.empty() ? "?" : "&", escaped(name), escaped(value));
  }
  return fmt::format("{}://{}{}@{}{}/{}{}", url->scheme, escaped(user), secret, host, port, escaped(url->path),
                     options);
}

int create_database(const CreateOptions& options) {
  auto choice = DatabaseChoice::make(options.database);
  if (!choice) return complain(choice.error().message);
  const auto tables = wanted_tables(options);
  if (!tables) return complain(tables.error().message);
  const auto admin = administrator_url(*choice, options.root_user);
  if (!admin) return complain(admin.error().message);
  auto database = patiently([&] { return choice->databases().create(*admin); });
  if (!database) return complain(database.error().message);
  if (!make_tables(**database, *tables)) return kFailure;
  if (*admin == choice->url()) return kSuccess;
  if (auto granted = grant_users(**database, *choice); !granted) return complain(granted.error().message);
  return kSuccess;
}

int drop_database(const DropOptions& options) {
  auto choice = DatabaseChoice::make(options.database);
  if (!choice) return complain(choice.error().message);
  if (!options.yes) {
    if (!is_interactive()) return complain("there is no terminal to ask whether to drop the database: say --yes");
    const auto sure = ask(fmt::format("This removes {} with all that is in it. Are you sure?", choice->display()));
    if (!sure) return complain(sure.error().message);
    if (!*sure) return complain("nothing was dropped");
  }
  const auto admin = administrator_url(*choice, options.root_user);
  if (!admin) return complain(admin.error().message);
  auto dropped = choice->databases().drop(*admin);
  if (dropped) {
    fmt::print("{}: dropped\n", choice->display());
    return kSuccess;
  }
  if (Database::fault_of(dropped.error()) != Fault::Unsupported) return complain(dropped.error().message);
  auto database = choice->databases().open(*admin);
  if (!database) return complain(database.error().message);
  return drop_tables(**database);
}

}  // namespace carillon::server
