// SPDX-License-Identifier: Apache-2.0
// A residential proxy and a redirect server of the usual kind, and a host that knows what they call. For this folder's
// test, benchmark and fuzzer.
#pragma once

#include <algorithm>
#include <string_view>

#include "script/fake_host.h"

namespace carillon::script::testing {

inline constexpr std::string_view kResidential = R"cfg(
log_level = 3
xlog_level = 3
stderror_enabled = no
syslog_enabled = yes
syslog_facility = LOG_LOCAL0
udp_workers = 4
socket = udp:127.0.0.1:5060  # where the phones are

mpath = "/usr/lib/opensips/modules/"
loadmodule "signaling.so"
loadmodule "sl.so"
loadmodule "tm.so"
modparam("tm", "fr_timeout", 5)
modparam("tm", "fr_inv_timeout", 30)
modparam("tm", "restart_fr_on_each_reply", 0)
modparam("tm", "onreply_avp_mode", 1)
loadmodule "rr.so"
modparam("rr", "append_fromtag", 0)
loadmodule "maxfwd.so"
loadmodule "sipmsgops.so"
loadmodule "mi_fifo.so"
modparam("mi_fifo", "fifo_name", "/run/opensips/fifo")
modparam("mi_fifo", "fifo_mode", 0666)
loadmodule "usrloc.so"
modparam("usrloc", "nat_bflag", "NAT")
modparam("usrloc", "working_mode_preset", "single-instance-no-db")
loadmodule "registrar.so"
modparam("registrar", "tcp_persistent_flag", "TCP_PERSISTENT")
loadmodule "acc.so"
modparam("acc", "early_media", 0)
modparam("acc", "detect_direction", 0)
loadmodule "proto_udp.so"

route {
  if (!mf_process_maxfwd_header(10)) {
    send_reply(483, "Too Many Hops");
    exit;
  }

  if (has_totag()) {
    # an ACK that stays on this hop goes where its INVITE went
    if (is_method("ACK") && t_check_trans()) {
      t_relay();
      exit;
    }
    if (!loose_route()) {
      send_reply(404, "Not here");
      exit;
    }
    if (is_method("BYE")) {
      do_accounting("log", "failed");
    }
    route(relay);
    exit;
  }

  if (is_method("CANCEL")) {
    if (t_check_trans()) t_relay();
    exit;
  }
  t_check_trans();

  if (!is_method("REGISTER")) {
    if (is_myself("$fd")) {
      # one of ours calls
    } else {
      if (!is_myself("$rd")) {
        send_reply(403, "Relay Forbidden");
        exit;
      }
    }
  }

  if (loose_route()) {
    xlog("L_ERR", "preloaded Route from $fu to $tu <$si>\n");
    if (!is_method("ACK")) send_reply(403, "Preload Route denied");
    exit;
  }

  if (!is_method("REGISTER|MESSAGE")) record_route();
  if (is_method("INVITE")) do_accounting("log");

  if (!is_myself("$rd")) {
    append_hf("P-hint: outbound\r\n");
    route(relay);
  }

  if (is_method("PUBLISH|SUBSCRIBE")) {
    send_reply(503, "Service Unavailable");
    exit;
  }
  if (is_method("REGISTER")) {
    if (!save("location")) xlog("failed to register AoR $tu\n");
    exit;
  }
  if ($rU == NULL) {
    send_reply(484, "Address Incomplete");
    exit;
  }
  if (!lookup("location", "method-filtering")) {
    t_reply(404, "Not Found");
    exit;
  }
  do_accounting("log", "missed");
  route(relay);
}

route[relay] {
  if (is_method("INVITE")) {
    t_on_branch("per_branch_ops");
    t_on_reply("handle_nat");
    t_on_failure("missed_call");
  }
  if (!t_relay()) {
    send_reply(500, "Internal Error");
  }
  exit;
}

branch_route[per_branch_ops] {
  xlog("new branch at $ru\n");
}

onreply_route[handle_nat] {
  xlog("incoming reply\n");
}

failure_route[missed_call] {
  if (t_was_cancelled()) {
    exit;
  }
  if ($T_reply_code =~ "^(486|408)$" && t_was_cancelled()) {
    append_hf("X-Reason: missed\r\n");
  }
}
)cfg";

inline constexpr std::string_view kRedirect = R"cfg(
listen = udp:127.0.0.1:5060
loadmodule "sl.so"
loadmodule "sipmsgops.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "proto_udp.so"

route {
  switch ($rm) {
    case "REGISTER":
      save("location");
      exit;
    case "INVITE":
    case "MESSAGE":
      break;
    case "ACK":
    case "CANCEL":
      exit;
    default:
      sl_send_reply(405, "Method Not Allowed");
      exit;
  }
  if ($rU =~ "^00[1-9]") {
    $var(number) = "+" + $(rU{s.substr,2,0});
    $ru = "sip:" + $var(number) + "@gw.example.org";
    sl_send_reply(302, "Moved Temporarily");
  } else if (lookup("location")) {
    sl_send_reply(302, "Moved Temporarily");
  } else {
    $avp(reason) = "no contact for $rU";
    append_hf("X-Reason: $avp(reason)\r\n");
    sl_send_reply(404, "Not Found");
  }
}
)cfg";

// "INVITE|ACK" as a compiled constant would be a set of bits; a copy of the text is enough here.
inline base::Result<Constant> compile_methods(const Value& literal, void* /*owner*/) {
  if (literal.as_text().empty()) return base::fail("no method");
  return std::make_shared<const std::string>(literal.as_text());
}

[[nodiscard]] inline bool is_method(const Call& call) {
  const auto method = fake(call.environment).variables.find("rm");
  if (method == fake(call.environment).variables.end()) return false;
  std::string_view wanted = *static_cast<const std::string*>(call.arguments[0].constant);
  while (!wanted.empty()) {
    if (base::iequals(base::take_until(wanted, '|'), method->second.as_text())) return true;
  }
  return false;
}

// What the two scripts need. Every function answers 1 unless `codes` of its name says otherwise.
class StockHost : public FakeHost {
 public:
  StockHost() {
    for (const std::string_view name : {"fd", "tu", "T_reply_code"}) variable(name, false);
    constexpr RouteMask kRequest = mask_of(RouteKind::Request);
    constexpr RouteMask kFailure = mask_of(RouteKind::Failure);
    function("is_method", {{.name = "methods", .literal_only = true, .compile = compile_methods}},
             [](const Call& call) { return CallResult::done(is_method(call) ? 1 : -1); });
    simple("mf_process_maxfwd_header", {{.name = "max", .kind = ParamKind::Integer}}, kRequest);
    for (const std::string_view name : {"send_reply", "sl_send_reply", "t_reply"}) {
      simple(name, {{.name = "code", .kind = ParamKind::Integer}, {.name = "reason"}}, kAllRoutes);
    }
    for (const std::string_view name : {"has_totag", "loose_route", "t_check_trans", "record_route"}) {
      simple(name, {}, kRequest);
    }
    simple("t_relay", {{.name = "flags", .optional = true}}, kRequest | kFailure);
    simple("t_was_cancelled", {}, kFailure);
    simple("do_accounting", {{.name = "type"}, {.name = "flags", .optional = true}}, kAllRoutes);
    simple("is_myself", {{.name = "host"}, {.name = "port", .kind = ParamKind::Integer, .optional = true}}, kAllRoutes);
    simple("append_hf", {{.name = "text"}}, kAllRoutes);
    simple("save", {{.name = "domain", .literal_only = true}, {.name = "flags", .optional = true}}, kRequest);
    simple("lookup", {{.name = "domain"}, {.name = "flags", .optional = true}}, kRequest | kFailure);
    simple("t_on_branch", {{.name = "route", .names_route = RouteKind::Branch}}, kAllRoutes);
    simple("t_on_reply", {{.name = "route", .names_route = RouteKind::Reply}}, kAllRoutes);
    simple("t_on_failure", {{.name = "route", .names_route = RouteKind::Failure}}, kAllRoutes);
  }

  std::map<std::string, int, std::less<>> codes;

 private:
  void simple(std::string_view name, std::vector<ParamDecl> params, RouteMask routes) {
    function(
        name, std::move(params),
        [this](const Call& call) {
          const auto code = codes.find(call.function.name);
          return CallResult::done(code == codes.end() ? 1 : code->second);
        },
        routes);
  }
};

}  // namespace carillon::script::testing
