// SPDX-License-Identifier: Apache-2.0
// uac_redirect: follows redirections (3xx) in the place of the caller.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "module/module.h"
#include "modules/acc/api.h"
#include "modules/uac_redirect/filters.h"

namespace carillon::uac_redirect {

using module::RouteContext;
using module::Verdict;

// How many contacts are taken: a number, or "*" or 0 for all. Scripts of 2.x write both numbers into the first
// argument, "6:2", and into the second the reason of the records.
struct MaxTotal {
  std::optional<std::size_t> total;
  std::optional<std::size_t> per_branch;
  [[nodiscard]] static base::Result<MaxTotal> parse(std::string_view text);
};
struct MaxBranchOrReason {
  std::optional<std::size_t> per_branch;
  std::optional<std::string> reason;
  [[nodiscard]] static base::Result<MaxBranchOrReason> parse(std::string_view text);
};

class UacRedirect final : public module::Module {
 public:
  using Uses = module::Optional<acc::RecordService>;

  [[nodiscard]] base::Result<> start(module::Services& services) override;

  // --- functions
  Verdict set_deny_filter(RouteContext& context, const module::Parsed<Filter>& filter,
                          const module::Parsed<ResetFlag>& flags);
  Verdict set_accept_filter(RouteContext& context, const module::Parsed<Filter>& filter,
                            const module::Parsed<ResetFlag>& flags);
  Verdict get_redirects(RouteContext& context, const std::optional<module::Parsed<MaxTotal>>& max_total,
                        const std::optional<module::Parsed<MaxBranchOrReason>>& max_branch);

  // --- parameters
  std::string default_filter = "accept";
  std::string deny_filter;
  std::string accept_filter;
  std::string acc_function = "acc_log_request";
  std::string acc_db_table = "acc";

 private:
  // Those of the request; made when there are none.
  [[nodiscard]] Filters& filters(RouteContext& context) const;

  std::shared_ptr<const script::Regex> usual_deny_;
  std::shared_ptr<const script::Regex> usual_accept_;
  bool accept_others_ = true;
  bool records_in_database_ = false;
  acc::RecordService* records_ = nullptr;  // null: acc is not loaded
};

}  // namespace carillon::uac_redirect
