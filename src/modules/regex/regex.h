// SPDX-License-Identifier: Apache-2.0
// regex: Perl-compatible regular expressions in scripts, alone and in groups that a file lists.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "module/module.h"
#include "module/services.h"
#include "modules/regex/groups.h"
#include "shard/shard_local.h"
#include "shard/snapshot.h"

namespace carillon::regex {

using module::RouteContext;
using module::Verdict;

class RegexModule;

// An expression with the options of the module.
struct Expression {
  std::shared_ptr<const script::Regex> regex;
  [[nodiscard]] static base::Result<Expression> parse(std::string_view text, const RegexModule& module);
};

class RegexModule final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;

  // Of all expressions. The parameters are set before the script is compiled.
  [[nodiscard]] script::Regex::Options options() const;

  // --- functions
  Verdict pcre_match(RouteContext& context, std::string_view text, const module::Parsed<Expression>& expression,
                     const std::optional<module::Output>& match);
  Verdict pcre_match_group(RouteContext& context, std::string_view text, std::optional<int> group);

  // --- commands
  base::Task<base::Result<management::Json>> reload(management::Parameters parameters);
  base::Task<base::Result<management::Json>> match(management::Parameters parameters);
  base::Task<base::Result<management::Json>> match_group(management::Parameters parameters);

  // --- parameters
  std::string file;
  int max_groups = 20;
  int group_max_size = 8192;
  bool pcre_caseless = false;
  bool pcre_multiline = false;
  bool pcre_dotall = false;
  bool pcre_extended = false;

 private:
  [[nodiscard]] base::Result<> read_file();
  // Null, and an error, when there is none of that number.
  [[nodiscard]] base::Result<std::shared_ptr<const script::Regex>> group(int number) const;

  std::optional<module::Services> services_;  // for reload()
  std::string path_;
  shard::Snapshot<Groups> groups_;
  mutable shard::ShardLocal<shard::Snapshot<Groups>::Reader> readers_;
};

}  // namespace carillon::regex
