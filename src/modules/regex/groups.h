// SPDX-License-Identifier: Apache-2.0
// The file of regular expressions in groups.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "script/regex.h"

namespace carillon::regex {

// Groups are numbered in their order from 0, whatever number stands in the brackets.
using Groups = std::vector<std::shared_ptr<const script::Regex>>;

struct GroupLimits {
  std::size_t groups = 20;
  std::size_t group_bytes = 8192;  // of the expressions of one group
};

// "[0]" begins a group, every other line is an expression; lines that begin with white space or # mean nothing. Fails
// with the first mistake, as `file:line: what`.
[[nodiscard]] base::Result<Groups> parse_groups(std::string_view text, std::string_view file,
                                                script::Regex::Options options, GroupLimits limits);
// Blocks.
[[nodiscard]] base::Result<Groups> read_groups(const std::string& file, script::Regex::Options options,
                                               GroupLimits limits);

}  // namespace carillon::regex
