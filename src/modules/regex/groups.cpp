// SPDX-License-Identifier: Apache-2.0
// See groups.h.
#include "modules/regex/groups.h"

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>

#include "base/strings.h"

namespace carillon::regex {
namespace {

using script::Regex;

constexpr std::uintmax_t kLargestFile = 16U << 20U;

// The alternatives of one group, while its lines are read.
struct Group {
  std::size_t line = 0;  // where it begins
  std::string alternatives;
};

bool is_meaningless(std::string_view line) {
  return line.empty() || line.front() == ' ' || line.front() == '\t' || line.front() == '\r' || line.front() == '#';
}

base::Result<> finish(Groups& groups, const Group& group, std::string_view file, Regex::Options options) {
  if (group.alternatives.empty()) return base::fail(fmt::format("{}:{}: this group is empty", file, group.line));
  auto regex = Regex::compile(fmt::format("({})", group.alternatives), options);
  if (!regex) return base::fail(fmt::format("{}:{}: {}", file, group.line, regex.error().message));
  groups.push_back(std::move(*regex));
  return {};
}

}  // namespace

base::Result<Groups> parse_groups(std::string_view text, std::string_view file, Regex::Options options,
                                  GroupLimits limits) {
  Groups groups;
  std::optional<Group> group;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = base::take_until(text, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto mistake = [&](std::string_view what) {
      return base::fail(fmt::format("{}:{}: {}", file, number, what));
    };
    if (is_meaningless(line)) continue;
    if (line.front() == '[') {
      if (group) {
        if (auto done = finish(groups, *group, file, options); !done) return std::unexpected(std::move(done.error()));
      }
      if (groups.size() == limits.groups) return mistake(fmt::format("max_groups allows {} groups", limits.groups));
      group = Group{.line = number, .alternatives = {}};
      continue;
    }
    if (!group) return mistake("an expression in front of the first group; a group begins with a line \"[0]\"");
    // A mistake is told with its own line, not with that of the group.
    if (auto alone = Regex::compile(line, options); !alone) return mistake(alone.error().message);
    if (!group->alternatives.empty()) group->alternatives += '|';
    // A comment of the expression ends with its line.
    group->alternatives.append("(").append(line).append(options.extended ? "\n)" : ")");
    if (group->alternatives.size() > limits.group_bytes) {
      return mistake(fmt::format("group_max_size allows {} bytes in a group", limits.group_bytes));
    }
  }
  if (!group) return base::fail(fmt::format("{} has no group", file));
  if (auto done = finish(groups, *group, file, options); !done) return std::unexpected(std::move(done.error()));
  return groups;
}

base::Result<Groups> read_groups(const std::string& file, Regex::Options options, GroupLimits limits) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error) return base::fail(fmt::format("{}: {}", file, error.message()));
  if (size > kLargestFile) return base::fail(fmt::format("{}: more than {} bytes", file, kLargestFile));
  std::ifstream in(file, std::ios::binary);
  std::string text(size, '\0');
  if (!in.read(text.data(), static_cast<std::streamsize>(size)))
    return base::fail(fmt::format("{}: can't be read", file));
  return parse_groups(text, file, options, limits);
}

}  // namespace carillon::regex
