// SPDX-License-Identifier: Apache-2.0
// core: what the script language calls core functions, variables and parameters. Loaded by every script.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "module/module.h"
#include "modules/core/settings.h"
#include "routing/blacklists.h"
#include "routing/flag_names.h"
#include "routing/proxy.h"
#include "shard/shard_local.h"

namespace carillon::module {
class Registry;
}
namespace carillon::management {
class Events;
class StatusReports;
}  // namespace carillon::management
namespace carillon::shard {
class Shards;
}
namespace carillon::storage {
class KeyValueStore;
class KeyValueStores;
}  // namespace carillon::storage

namespace carillon::core {

using module::RouteContext;
using module::Verdict;

// A flag by name; its bit is given out when the script is compiled.
struct MessageFlag {
  std::uint32_t mask = 0;
  [[nodiscard]] static base::Result<MessageFlag> parse(std::string_view name, class Core& core);
};
struct BranchFlag {
  std::uint32_t mask = 0;
  [[nodiscard]] static base::Result<BranchFlag> parse(std::string_view name, class Core& core);
};

// "[proto:]host[:port]", or a SIP URI.
struct Destination {
  transport::Target target;
  [[nodiscard]] static base::Result<Destination> parse(std::string_view text);
};

// The names of set_via_handling().
struct ViaHandling {
  bool force_rport = false;
  bool add_local_rport = false;
  bool force_tcp_alias = false;
  bool reply_to_via = false;
  [[nodiscard]] static base::Result<ViaHandling> parse(std::string_view text);
};

// The name of a blacklist of the script, or "all".
struct BlacklistSet {
  routing::Blacklists::Mask mask = 0;
  [[nodiscard]] static base::Result<BlacklistSet> parse(std::string_view name, class Core& core);
};

// What script_trace() shows of the message at each statement: expanded then, not when it is called.
struct TraceText {
  static constexpr bool kIsExpandedLater = true;
  std::string text;
  [[nodiscard]] static base::Result<TraceText> parse(std::string_view text);
};

// "$avp(a);$avp(b)": where cache_raw_query() leaves the columns.
struct AvpNames {
  std::vector<std::string> names;
  [[nodiscard]] static base::Result<AvpNames> parse(std::string_view text);
};

class Core final : public module::Module {
 public:
  // What the server reads; `kModule` lets it be found.
  static constexpr std::string_view kModule = "core";
  CoreSettings settings;

  [[nodiscard]] base::Result<> start(module::Services& services) override;

  // Flags get their bits while the script is compiled, before the services are there.
  [[nodiscard]] routing::FlagNames& flag_names() { return flag_names_; }

  // Unix time of start().
  management::Events* events_ = nullptr;
  [[nodiscard]] std::int64_t started_at() const { return started_at_; }
  // A number of this run, given out when it is first asked for.
  [[nodiscard]] std::uint32_t id_of(RouteContext& context);

  // What `-o name=value` gave, for $argv. Set before the script is compiled.
  std::map<std::string, std::string, std::less<>> arguments;
  [[nodiscard]] routing::Blacklists& blacklists() { return blacklists_; }
  [[nodiscard]] const module::Registry& modules() const { return *modules_; }

  // --- parameters
  base::Result<> set_syslog_facility(const script::Value& value);
  base::Result<> set_tos(const script::Value& value);
  base::Result<> set_dns_try_ipv6(const script::Value& value);
  base::Result<> set_disable_dns_blacklist(const script::Value& value);
  base::Result<> set_dst_blacklist(const script::Value& value);

  // --- sending
  base::Task<Verdict> forward(RouteContext& context, std::optional<module::Parsed<Destination>> destination);
  base::Task<Verdict> send(RouteContext& context, module::Parsed<Destination> destination,
                           std::optional<std::string_view> headers);
  Verdict force_send_socket(RouteContext& context, std::string_view socket);
  Verdict set_advertised_address(RouteContext& context, std::string_view address);
  Verdict set_advertised_port(RouteContext& context, int port);
  Verdict force_rport(RouteContext& context);
  Verdict add_local_rport(RouteContext& context);
  Verdict force_tcp_alias(RouteContext& context, std::optional<int> port);
  Verdict set_via_handling(RouteContext& context, const module::Parsed<ViaHandling>& handling);
  Verdict is_myself(RouteContext& context, std::string_view host, std::optional<int> port);
  Verdict tcp_close_conn(RouteContext& context, std::string_view connection);
  Verdict socket_belongs_to_bond(RouteContext& context, std::string_view socket, std::string_view bond);

  // --- flags
  Verdict setflag(RouteContext& context, module::Constant<MessageFlag> flag);
  Verdict resetflag(RouteContext& context, module::Constant<MessageFlag> flag);
  Verdict isflagset(RouteContext& context, module::Constant<MessageFlag> flag);
  Verdict setbflag(RouteContext& context, module::Constant<BranchFlag> flag, std::optional<int> branch);
  Verdict resetbflag(RouteContext& context, module::Constant<BranchFlag> flag, std::optional<int> branch);
  Verdict isbflagset(RouteContext& context, module::Constant<BranchFlag> flag, std::optional<int> branch);

  // --- the Request-URI
  Verdict seturi(RouteContext& context, std::string_view uri);
  Verdict sethost(RouteContext& context, std::string_view host);
  Verdict sethostport(RouteContext& context, std::string_view host_port);
  Verdict setport(RouteContext& context, std::string_view port);
  Verdict setuser(RouteContext& context, std::string_view user);
  Verdict setuserpass(RouteContext& context, std::string_view user_password);
  Verdict prefix(RouteContext& context, std::string_view text);
  Verdict strip(RouteContext& context, int count);
  Verdict strip_tail(RouteContext& context, int count);
  Verdict revert_uri(RouteContext& context);
  Verdict setdsturi(RouteContext& context, std::string_view uri);
  Verdict resetdsturi(RouteContext& context);
  Verdict isdsturiset(RouteContext& context);

  // --- branches
  Verdict append_msg_branch(RouteContext& context, std::optional<std::string_view> uri,
                            std::optional<std::string_view> q, std::optional<std::string_view> flags);
  Verdict append_branch_old(RouteContext& context, std::optional<std::string_view> uri,
                            std::optional<std::string_view> q);
  Verdict remove_msg_branch(RouteContext& context, int index);
  Verdict move_msg_branch(RouteContext& context, std::optional<int> from, std::optional<int> to,
                          std::optional<std::string_view> flags);
  Verdict swap_msg_branches(RouteContext& context, std::optional<int> first, std::optional<int> second);
  Verdict serialize_branches(RouteContext& context, int clear, std::optional<int> keep_order);
  Verdict next_branches(RouteContext& context);

  // --- texts
  // events.cpp
  Verdict raise_event(RouteContext& context, std::string_view event, std::optional<module::Output> names,
                      std::optional<module::Output> values);
  Verdict subscribe_event(RouteContext& context, std::string_view event, std::string_view socket,
                          std::optional<int> expires);

  Verdict pv_printf(RouteContext& context, module::Output output, std::string_view text);
  Verdict get_timestamp(RouteContext& context, module::Output seconds, module::Output microseconds);
  Verdict avp_print(RouteContext& context);

  Verdict construct_uri(RouteContext& context, std::string_view scheme, std::optional<std::string_view> user,
                        std::string_view host, std::optional<std::string_view> port,
                        std::optional<std::string_view> params, module::Output result);
  Verdict script_trace(RouteContext& context, std::optional<int> level, std::optional<module::Constant<TraceText>> text,
                       std::optional<std::string_view> tag);
  Verdict sr_check_status(RouteContext& context, std::string_view group, std::optional<std::string_view> identifier);

  // --- destinations that nothing is sent to (blacklists.cpp)
  Verdict use_blacklist(RouteContext& context, const module::Parsed<BlacklistSet>& lists);
  Verdict unuse_blacklist(RouteContext& context, const module::Parsed<BlacklistSet>& lists);
  Verdict check_blacklist_rule(RouteContext& context, std::optional<module::Parsed<BlacklistSet>> lists,
                               std::string_view address, std::optional<int> port,
                               std::optional<std::string_view> protocol, std::optional<std::string_view> pattern);
  Verdict add_blacklist_rule(RouteContext& context, std::string_view list, std::string_view address,
                             std::optional<int> port, std::optional<std::string_view> protocol,
                             std::optional<std::string_view> pattern, std::optional<int> expires);
  Verdict del_blacklist_rule(RouteContext& context, std::string_view list, std::string_view address,
                             std::optional<int> port, std::optional<std::string_view> protocol,
                             std::optional<std::string_view> pattern);
  base::Task<base::Result<management::Json>> list_blacklists(management::Parameters parameters);
  base::Task<base::Result<management::Json>> check_all_blacklists(management::Parameters parameters);
  base::Task<base::Result<management::Json>> check_blacklist(management::Parameters parameters);
  base::Task<base::Result<management::Json>> add_rule(management::Parameters parameters);
  base::Task<base::Result<management::Json>> delete_rule(management::Parameters parameters);

  // --- stores of keys and values; the id of one is "scheme" or "scheme:group"
  base::Task<Verdict> cache_store(RouteContext& context, std::string_view id, std::string_view key,
                                  std::string_view value, std::optional<int> seconds);
  base::Task<Verdict> cache_remove(RouteContext& context, std::string_view id, std::string_view key);
  base::Task<Verdict> cache_fetch(RouteContext& context, std::string_view id, std::string_view key,
                                  module::Output destination);
  base::Task<Verdict> cache_counter_fetch(RouteContext& context, std::string_view id, std::string_view key,
                                          module::Output destination);
  base::Task<Verdict> cache_add(RouteContext& context, std::string_view id, std::string_view key, int amount,
                                int seconds, std::optional<module::Output> sum);
  base::Task<Verdict> cache_sub(RouteContext& context, std::string_view id, std::string_view key, int amount,
                                int seconds, std::optional<module::Output> sum);
  base::Task<Verdict> cache_raw_query(RouteContext& context, std::string_view id, std::string_view query,
                                      std::optional<module::Constant<AvpNames>> destinations);

 private:
  [[nodiscard]] base::Result<> find_connection_flags(routing::ProxySettings& proxy);
  // Null, and said in the log, when there is none.
  [[nodiscard]] std::shared_ptr<storage::KeyValueStore> store_of(std::string_view function, std::string_view id) const;
  base::Task<Verdict> cache_change(RouteContext& context, std::string_view function, std::string_view id,
                                   std::string_view key, std::int64_t amount, int seconds,
                                   std::optional<module::Output> sum);
  [[nodiscard]] static routing::RequestTarget* target_at(RouteContext& context, std::optional<int> branch);

  routing::FlagNames flag_names_;
  routing::Blacklists blacklists_;
  const module::Registry* modules_ = nullptr;
  const base::Clock* clock_ = nullptr;
  management::StatusReports* status_reports_ = nullptr;
  std::int64_t started_at_ = 0;
  shard::Shards* shards_ = nullptr;
  storage::KeyValueStores* key_values_ = nullptr;
  shard::ShardLocal<std::uint32_t> last_ids_;
};

// Whether a text may stand in a request line: a URI, and nothing that would end it there.
[[nodiscard]] bool is_request_uri(std::string_view text);

// Rebuilds the Request-URI with one part replaced; NULL-like parts are empty. False when it can't be parsed.
struct UriParts {
  std::string_view scheme, user, password, host, port, params, headers;

  [[nodiscard]] static std::optional<UriParts> of(const sip::Uri& uri, base::Arena& arena);
  [[nodiscard]] std::string text() const;
};
// Puts the URI back together and stores it as the Request-URI, if it is one that can be parsed.
[[nodiscard]] bool store_request_uri(RouteContext& context, const UriParts& parts);

}  // namespace carillon::core
