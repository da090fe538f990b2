// SPDX-License-Identifier: Apache-2.0
// group: which groups a user belongs to: by a table that is asked each time, or by regular expressions in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "module/cached_table.h"
#include "module/database_user.h"
#include "module/module.h"
#include "module/user_uri.h"
#include "script/regex.h"

namespace carillon::group {

using module::RouteContext;
using module::Verdict;

// Codes of db_is_user_in(), as OpenSIPS has them.
inline constexpr Verdict kDatabaseFailed = -5;
inline constexpr Verdict kNotAMember = -6;

// The first argument: "Request-URI", "To", "From", "Credentials", or a URI.
struct UserSource {
  enum class Kind : std::uint8_t { RequestUri, To, From, Credentials, Uri };
  Kind kind = Kind::Uri;
  std::string uri;
  [[nodiscard]] static base::Result<UserSource> parse(std::string_view text);
  // Nothing when the message doesn't have it.
  [[nodiscard]] std::optional<module::UserAndDomain> find(RouteContext& context) const;
};

// A row of re_grp.
struct PatternGroup {
  std::shared_ptr<const script::Regex> pattern;
  std::int64_t id = 0;
};

class Group final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;
  void stop() override { database_.close(); }

  // --- functions
  base::Task<Verdict> db_is_user_in(RouteContext& context, module::Parsed<UserSource> uri, std::string_view group);
  Verdict db_get_user_group(RouteContext& context, const module::Parsed<UserSource>& uri, module::Output output_avp);

  // --- commands
  base::Task<base::Result<management::Json>> reload(management::Parameters parameters);

  // --- parameters
  std::string db_url;
  std::string table = "grp";
  std::string user_column = "username";
  std::string domain_column = "domain";
  std::string group_column = "grp";
  bool use_domain = true;
  std::string re_table;
  std::string re_exp_column = "reg_exp";
  std::string re_gid_column = "group_id";
  bool multiple_gid = true;
  // An error unless the value is empty: there is no AAA here.
  [[nodiscard]] base::Result<> set_aaa_url(const script::Value& value);

 private:
  using Patterns = std::vector<PatternGroup>;
  [[nodiscard]] base::Result<std::shared_ptr<const Patterns>> read_patterns(storage::Database& database) const;

  module::DatabaseUser database_;
  module::CachedTable<Patterns> patterns_;
};

}  // namespace carillon::group
