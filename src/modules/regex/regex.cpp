// SPDX-License-Identifier: Apache-2.0
// See regex.h.
#include "modules/regex/regex.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "base/log.h"
#include "module/blocking.h"
#include "routing/proxy.h"

namespace carillon::regex {

using namespace module;
using management::Json;
using management::Parameters;
using script::Regex;

namespace {

constexpr int kNotFound = 404;
constexpr int kFailed = 500;
// OpenSIPS's code for what can't be matched at all.
constexpr Verdict kUnusable = -4;

Json found(bool matches) { return {matches ? "Match" : "Not Match"}; }

}  // namespace

base::Result<Expression> Expression::parse(std::string_view text, const RegexModule& module) {
  auto regex = script::cached_regex(text, module.options());
  if (!regex) return std::unexpected(std::move(regex.error()));
  return Expression{std::move(*regex)};
}

base::Result<> RegexModule::start(Services& services) {
  services_.emplace(services);
  if (max_groups < 1 || group_max_size < 1) return base::fail("max_groups and group_max_size must be above 0");
  if (file.empty()) return {};
  path_ = (std::filesystem::path(services.script_directory) / file).string();
  return read_file();
}

Regex::Options RegexModule::options() const {
  return {.ignore_case = pcre_caseless,
          .multi_line = pcre_multiline,
          .dot_all = pcre_dotall,
          .extended = pcre_extended,
          .last_newline = true};
}

base::Result<> RegexModule::read_file() {
  const GroupLimits limits{.groups = static_cast<std::size_t>(max_groups),
                           .group_bytes = static_cast<std::size_t>(group_max_size)};
  auto groups = read_groups(path_, options(), limits);
  if (!groups) return std::unexpected(std::move(groups.error()));
  groups_.store(std::make_shared<const Groups>(std::move(*groups)));
  return {};
}

base::Result<std::shared_ptr<const Regex>> RegexModule::group(int number) const {
  if (path_.empty()) return base::fail("there is no file of groups", kNotFound);
  const auto& groups = readers_[*shard::context.shard].read(groups_);
  if (number < 0 || static_cast<std::size_t>(number) >= groups->size()) {
    return base::fail(fmt::format("there is no group {}, only {}", number, groups->size()), kNotFound);
  }
  return (*groups)[static_cast<std::size_t>(number)];
}

Verdict RegexModule::pcre_match(RouteContext& context, std::string_view text, const Parsed<Expression>& expression,
                                const std::optional<Output>& match) {
  const auto groups = expression->regex->search(text);
  if (!groups) {
    log::error("pcre_match(): {}", groups.error().message);
    return kUnusable;
  }
  if (groups->empty()) return kFalse;
  if (!match) return kTrue;
  const Regex::Group whole = groups->front();
  const std::string_view matched = text.substr(whole.begin, whole.end - whole.begin);
  return Verdict::of(match->assign(script::Value::text(context.keep(matched))));
}

Verdict RegexModule::pcre_match_group(RouteContext& /*context*/, std::string_view text, std::optional<int> number) {
  const auto regex = group(number.value_or(0));
  const auto matches = regex ? (*regex)->matches(text) : std::unexpected(regex.error());
  if (matches) return Verdict::of(*matches);
  log::error("pcre_match_group(): {}", matches.error().message);
  return kUnusable;
}

base::Task<base::Result<Json>> RegexModule::reload(Parameters /*parameters*/) {
  if (path_.empty()) co_return base::fail("there is no file of groups", kNotFound);
  auto job = [this] { return read_file(); };
  const auto read = co_await run_blocking(*services_, std::move(job));
  if (read) co_return Json("OK");
  log::error("regex: the groups stay as they were: {}", read.error().message);
  co_return base::fail(read.error().message, kFailed);
}

base::Task<base::Result<Json>> RegexModule::match(Parameters parameters) {
  const auto text = parameters.text("string");
  if (!text) co_return std::unexpected(text.error());
  const auto pattern = parameters.text("pcre_regex");
  if (!pattern) co_return std::unexpected(pattern.error());
  const auto expression = Expression::parse(*pattern, *this);
  if (!expression) co_return base::fail(expression.error().message, management::kInvalidParameters);
  const auto matches = expression->regex->matches(*text);
  if (!matches) co_return base::fail(matches.error().message, kFailed);
  co_return found(*matches);
}

base::Task<base::Result<Json>> RegexModule::match_group(Parameters parameters) {
  const auto text = parameters.text("string");
  if (!text) co_return std::unexpected(text.error());
  const auto number = parameters.integer("group");
  if (!number) co_return std::unexpected(number.error());
  const bool in_range = std::in_range<int>(*number);
  const auto regex = group(in_range ? static_cast<int>(*number) : -1);
  if (!regex) co_return std::unexpected(regex.error());
  const auto matches = (*regex)->matches(*text);
  if (!matches) co_return base::fail(matches.error().message, kFailed);
  co_return found(*matches);
}

}  // namespace carillon::regex
