// SPDX-License-Identifier: Apache-2.0
// Statements about time, the network, statistics and the log. See player.h.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <regex>

#include "base/strings.h"
#include "testing/scenario/player.h"

namespace carillon::testing {

// In steps, so that the report tells when something came.
void Player::advance(base::Duration by) {
  constexpr base::Duration kStep = std::chrono::milliseconds(100);
  for (; by > kStep; by -= kStep) {
    world_.advance(kStep);
    collect();
  }
  world_.advance(by);
  collect();
}

base::Result<> Player::advance(const Statement& statement) {
  const auto time = parse_duration(statement.items.empty() ? std::string() : statement.items.front());
  if (!time) return std::unexpected(time.error());
  advance(*time);
  return {};
}

base::Result<> Player::set_latency(const Statement& statement) {
  const auto time = parse_duration(statement.items.empty() ? std::string() : statement.items.front());
  if (!time) return std::unexpected(time.error());
  conditions_.latency = *time;
  world_.network().set_conditions(conditions_);
  return {};
}

// "loss 30%"
base::Result<> Player::set_loss(const Statement& statement) {
  const std::string text = statement.items.empty() ? std::string() : statement.items.front();
  const auto percent = base::parse_number<int>(std::string_view(text).substr(0, text.find('%')));
  if (!percent || *percent > 100) return base::fail("loss PERCENT%");
  conditions_.loss = *percent / 100.0;
  world_.network().set_conditions(conditions_);
  return {};
}

// "unreachable bob", "unreachable bob no": packets to and from bob vanish.
base::Result<> Player::set_unreachable(const Statement& statement) {
  const auto peer = find_peer(statement);
  if (!peer) return std::unexpected(peer.error());
  const std::vector<std::string> words = statement.words();
  world_.network().set_black_hole((*peer)->phone_options.local.address, words.size() < 2 || words[1] != "no");
  return {};
}

// "stop": the server does, and nothing of what it was in the middle of goes on.
base::Result<> Player::stop(const Statement& /*statement*/) { return world_.stop(); }

base::Result<> Player::hang_up(const Statement& statement) {
  const auto peer = find_peer(statement);
  if (!peer) return std::unexpected(peer.error());
  (*peer)->phone->hang_up();
  advance(base::Duration::zero());
  return {};
}

// "sql DELETE FROM subscriber"
base::Result<> Player::run_sql(const Statement& statement) {
  if (world_.database() == nullptr) return base::fail("there is no database");
  for (const std::string& item : statement.items) {
    if (item.empty()) continue;
    if (auto done = world_.database()->execute(item); !done) return done;
  }
  return {};
}

// "rows SELECT username, expires FROM location", with the rows it is to have as "| " lines below it.
base::Result<> Player::check_rows(const Statement& statement) {
  if (world_.database() == nullptr) return base::fail("there is no database");
  const auto rows = world_.database()->query(fmt::format("{}", fmt::join(statement.items, " ")));
  if (!rows) return std::unexpected(rows.error());
  std::vector<std::string> wanted;
  for (const std::string& line : statement.body) wanted.emplace_back(base::trim(line));
  if (*rows == wanted) return {};
  return base::fail(fmt::format("the rows are\n      {}", fmt::join(*rows, "\n      ")));
}

base::Result<> Player::set_database_delay(const Statement& statement) {
  const auto time = parse_duration(statement.items.empty() ? std::string() : statement.items.front());
  if (!time) return std::unexpected(time.error());
  if (world_.database() == nullptr) return base::fail("there is no database");
  world_.database()->delay = *time;
  return {};
}

// "database-down", "database-down no": the server gets no answers of it.
base::Result<> Player::set_database_down(const Statement& statement) {
  if (world_.database() == nullptr) return base::fail("there is no database");
  world_.database()->set_down(statement.words().empty() || statement.words().front() != "no");
  return {};
}

// "statistic tm:relayed_replies 3", "statistic core:overload_refusals > 100"
base::Result<> Player::check_statistic(const Statement& statement) {
  const std::vector<std::string> words = statement.words();
  const auto wanted = words.size() > 1 ? base::parse_number<std::uint64_t>(words.back()) : std::nullopt;
  const std::string relation = words.size() == 3 ? words[1] : "=";
  if (!wanted || (relation != "=" && relation != "<" && relation != ">")) {
    return base::fail("statistic GROUP:NAME [<|>] VALUE");
  }
  const auto samples = world_.statistics().read(words[0]);
  if (samples.size() != 1) return base::fail(fmt::format("there is no statistic {}", words[0]));
  const std::uint64_t value = samples.front().value;
  if (relation == "<" ? value < *wanted : relation == ">" ? value > *wanted : value == *wanted) return {};
  return base::fail(fmt::format("{} is {}, not {} {}", words[0], value, relation, *wanted));
}

base::Result<> Player::check_log(const Statement& statement) { return log_matches(statement, true); }
base::Result<> Player::check_no_log(const Statement& statement) { return log_matches(statement, false); }

// "log ~ "pattern"": some line so far matches.
base::Result<> Player::log_matches(const Statement& statement, bool wanted) const {
  const auto found = some_line_matches(statement, log_.lines());
  if (!found) return std::unexpected(found.error());
  if (*found == wanted) return {};
  return base::fail(fmt::format("{} line of the log matches {}", *found ? "a" : "no", base::trim(statement.text)));
}

base::Result<bool> Player::some_line_matches(const Statement& statement, const std::vector<std::string>& lines) {
  const std::string text(base::trim(statement.text));
  if (!text.starts_with("~ \"") || text.back() != '"') return base::fail(statement.keyword + " ~ \"pattern\"");
  const std::string pattern = text.substr(3, text.size() - 4);
  try {
    const std::regex regex(pattern);
    return std::ranges::any_of(lines, [&regex](const std::string& line) { return std::regex_search(line, regex); });
  } catch (const std::regex_error& error) {
    return base::fail(fmt::format("{}: {}", pattern, error.what()));
  }
}

}  // namespace carillon::testing
