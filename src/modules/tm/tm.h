// SPDX-License-Identifier: Apache-2.0
// tm: the script's view of transactions. The state machines are in transaction/, forking and choosing in routing/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "module/module.h"
#include "module/services.h"
#include "routing/proxy.h"

namespace carillon::tm {

using module::RouteContext;
using module::Verdict;

// The flags of t_relay(): a comma-separated list, or the number that older versions made of them.
struct RelayFlags {
  bool no_trying = false;  // only in numbers
  bool no_auto_477 = false;
  bool no_dns_failover = false;
  bool pass_reason_hdr = false;
  bool allow_no_cancel = false;

  [[nodiscard]] static base::Result<RelayFlags> parse(std::string_view text);
  [[nodiscard]] static std::string today(std::string_view text);
};

// "[proto:]host[:port]"
struct OutboundProxy {
  transport::Target target;

  [[nodiscard]] static base::Result<OutboundProxy> parse(std::string_view text);
  [[nodiscard]] static std::optional<script::ArgumentOrder> stands_first(std::span<const std::string_view> literals);
};

class Tm final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;

  // --- functions
  Verdict t_newtran(RouteContext& context);
  Verdict t_reply(RouteContext& context, int code, std::string_view reason);
  Verdict t_reply_with_body(RouteContext& context, int code, std::string_view reason, std::string_view body);
  base::Task<Verdict> t_relay(RouteContext& context, std::optional<module::Parsed<RelayFlags>> flags,
                              std::optional<module::Parsed<OutboundProxy>> outbound_proxy);
  Verdict t_on_failure(RouteContext& context, module::RouteName<script::RouteKind::Failure> route);
  Verdict t_on_reply(RouteContext& context, module::RouteName<script::RouteKind::Reply> route);
  Verdict t_on_branch(RouteContext& context, module::RouteName<script::RouteKind::Branch> route);
  Verdict t_check_status(RouteContext& context, const module::Pattern& pattern);
  Verdict t_check_trans(RouteContext& context);
  Verdict t_was_cancelled(RouteContext& context);
  Verdict t_cancel_branch(RouteContext& context, std::optional<std::string_view> flags);
  Verdict t_local_replied(RouteContext& context, std::string_view which);
  Verdict t_flush_flags(RouteContext& context);
  Verdict t_add_hdrs(RouteContext& context, std::string_view headers);
  Verdict t_add_cancel_reason(RouteContext& context, std::string_view header);
  Verdict t_wait_for_new_branches(RouteContext& context, std::optional<int> branches);
  Verdict t_wait_no_more_branches(RouteContext& context);
  base::Task<Verdict> t_inject_branches(RouteContext& context, std::string_view source,
                                        std::optional<std::string_view> flags);
  base::Task<Verdict> t_reply_by_callid(RouteContext& context, int code, std::string_view reason,
                                        std::optional<std::string_view> call_id, std::optional<std::string_view> cseq);

  Verdict t_get_branch_idx_by_attr(RouteContext& context, std::string_view attribute,
                                   std::optional<std::string_view> text, std::optional<int> number,
                                   const std::optional<module::Output>& result, std::optional<int> offset);

  base::Task<Verdict> t_replicate(RouteContext& context, std::string_view uri, std::optional<std::string_view> flags);
  Verdict t_new_request(RouteContext& context, std::string_view method, std::string_view request_uri,
                        std::string_view from, std::string_view to, std::optional<std::string_view> body,
                        std::optional<std::string_view> uac_context);

  // --- commands (commands.cpp)
  base::Task<base::Result<management::Json>> uac_dlg(management::Parameters parameters);
  base::Task<base::Result<management::Json>> reply(management::Parameters parameters);
  base::Task<base::Result<management::Json>> uac_cancel(management::Parameters parameters);

  // --- variables
  script::Value branch_index(RouteContext& context, const script::VariableRef& ref);
  script::Value reply_code(RouteContext& context, const script::VariableRef& ref);
  script::Value request_uri(RouteContext& context, const script::VariableRef& ref);
  script::Value transaction_id(RouteContext& context, const script::VariableRef& ref);
  // Of a branch of the transaction, by its index or else the branch the route runs for (variables.cpp).
  script::Value branch_uri(RouteContext& context, const script::VariableRef& ref);
  script::Value branch_destination(RouteContext& context, const script::VariableRef& ref);
  script::Value branch_path(RouteContext& context, const script::VariableRef& ref);
  script::Value branch_q(RouteContext& context, const script::VariableRef& ref);
  script::Value branch_flags(RouteContext& context, const script::VariableRef& ref);
  script::Value branch_socket(RouteContext& context, const script::VariableRef& ref);
  script::Value branch_status(RouteContext& context, const script::VariableRef& ref);
  script::Value branch_type(RouteContext& context, const script::VariableRef& ref);
  script::Value read_branch_flag(RouteContext& context, const script::VariableRef& ref);
  base::Result<> write_branch_flag(RouteContext& context, const script::VariableRef& ref, const script::Value& value);
  script::Value read_branch_attribute(RouteContext& context, const script::VariableRef& ref);
  base::Result<> write_branch_attribute(RouteContext& context, const script::VariableRef& ref,
                                        const script::Value& value);
  script::Value read_branch_avp(RouteContext& context, const script::VariableRef& ref);
  base::Result<> write_branch_avp(RouteContext& context, const script::VariableRef& ref, const script::Value& value);
  script::Value read_fr_timeout(RouteContext& context, const script::VariableRef& ref);
  base::Result<> write_fr_timeout(RouteContext& context, const script::VariableRef& ref, const script::Value& value);
  script::Value read_fr_inv_timeout(RouteContext& context, const script::VariableRef& ref);
  base::Result<> write_fr_inv_timeout(RouteContext& context, const script::VariableRef& ref,
                                      const script::Value& value);

  // --- parameters
  bool ruri_matching = true;
  bool via1_matching = true;
  std::chrono::seconds fr_timeout{30};
  std::chrono::seconds fr_inv_timeout{120};
  std::chrono::seconds wt_timer{5};
  std::chrono::seconds delete_timer{2};
  std::chrono::milliseconds t1_timer{500};
  std::chrono::milliseconds t2_timer{4000};
  int unix_tx_timeout = 2;
  bool restart_fr_on_each_reply = true;
  bool enable_stats = true;
  bool pass_provisional_replies = false;
  bool syn_branch = true;
  bool onreply_avp_mode = false;
  bool disable_6xx_block = false;
  int timer_partitions = 1;
  std::string minor_branch_flag;
  bool auto_100trying = true;
  std::size_t max_transactions = 1'000'000;

 private:
  // The status that t_check_status() looks at: depends on the kind of route.
  [[nodiscard]] static int status_of(const RouteContext& context);
  // Does `work` in another shard, or at once in this one, and waits for what it says.
  template <typename Work>
  [[nodiscard]] base::Task<bool> in_shard(shard::Shard& here, shard::ShardId there, Work work) const;

  std::optional<module::Services> services_;  // once started
};

}  // namespace carillon::tm
