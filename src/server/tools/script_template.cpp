// SPDX-License-Identifier: Apache-2.0
// See script_template.h. What the templates have in common.
#include "server/tools/script_template.h"

#include <array>
#include <vector>

#include "base/assert.h"
#include "base/strings.h"

namespace carillon::server {
namespace {

bool holds(std::string_view condition, const Switches& switches) {
  while (!condition.empty()) {
    std::string_view all = base::take_until(condition, '|');
    bool holds = true;
    while (!all.empty()) {
      std::string_view one = base::trim(base::take_until(all, '&'));
      const bool wanted = !one.starts_with('!');
      if (!wanted) one.remove_prefix(1);
      holds = holds && switches.contains(one) == wanted;
    }
    if (holds) return true;
  }
  return false;
}

std::string with_values(std::string_view line, const std::map<std::string, std::string, std::less<>>& values) {
  std::string result;
  while (true) {
    const std::size_t begin = line.find('@');
    const std::size_t end = begin == std::string_view::npos ? begin : line.find('@', begin + 1);
    const std::string_view name =
        end == std::string_view::npos ? std::string_view() : line.substr(begin + 1, end - begin - 1);
    const auto value = values.find(name);
    if (value == values.end()) return result.append(line);
    result.append(line.substr(0, begin)).append(value->second);
    line.remove_prefix(end + 1);
  }
}

constexpr auto kSwitches = std::to_array<ScriptSwitch>({
    {"enable-tcp", "tcp", "ENABLE_TCP", "Listen by TCP too"},
    {"enable-tls", "tls", "ENABLE_TLS", "Listen by TLS too"},
    {"use-aliases", "aliases", "USE_ALIASES", "Users have aliases in the table dbaliases", kResidential},
    {"use-auth", "auth", "USE_AUTH", "Users of the table subscriber authenticate", kResidential},
    {"use-dbacc", "dbacc", "USE_DBACC", "Calls are accounted in the table acc, not in the log"},
    {"use-dbusrloc", "dbusrloc", "USE_DBUSRLOC", "Contacts are kept in the table location too", kResidential},
    {"use-dialog", "dialog", "USE_DIALOG", "Calls are followed, and end after six hours", kResidential | kTrunking},
    {"use-multidomain", "multidomain", "USE_MULTIDOMAIN", "Our domains are those of the table domain", kResidential},
    {"use-nat", "nat", "USE_NAT", "Phones behind NAT, with rtpproxy for their media", kResidential},
    {"use-presence", "presence", "USE_PRESENCE", "A presence server", kResidential},
    {"use-dialplan", "dialplan", "USE_DIALPLAN", "Numbers are translated by the table dialplan",
     kResidential | kTrunking},
    {"vm-diversion", "voicemail", "VM_DIVERSION", "Calls that nobody takes go to the mailbox", kResidential},
    {"have-inbound-pstn", "inbound", "HAVE_INBOUND_PSTN", "Calls come from a PSTN gateway", kResidential},
    {"have-outbound-pstn", "outbound", "HAVE_OUTBOUND_PSTN", "Numbers with + go to a PSTN gateway", kResidential},
    {"use-dr-module", "drouting", "USE_DR_MODULE", "The PSTN gateways are those of the table dr_gateways",
     kResidential},
    {"do-call-limitation", "limit", "DO_CALL_LIMITATION", "A trunk has so many calls at once at most (needs dialogs)",
     kTrunking},
    {"use-dispatcher", "dispatcher", "USE_DISPATCHER", "Weights decide, not free capacity", kLoadBalancer},
    {"disable-pinging", "nopinging", "DISABLE_PINGING", "Destinations are not asked whether they live", kLoadBalancer},
    {"use-http-management-interface", "http", "USE_HTTP_MANAGEMENT_INTERFACE", "Commands over HTTP, on 127.0.0.1:8888"},
});

constexpr auto kTemplates = std::to_array<ScriptTemplate>({
    {"residential", kResidential, "Registrar and proxy for users and their phones", residential_template},
    {"trunking", kTrunking, "Calls of known trunks to carriers, with failover", trunking_template},
    {"load-balancer", kLoadBalancer, "Calls spread over media servers, with failover", load_balancer_template},
});

constexpr std::string_view kHead = R"script(# Written by `carillon init @COMMAND@`.
# It is yours now: read it, change it, test it (`carillon test`), check it (`carillon check -f FILE`).

log_level = 3
# Into syslog instead of standard error:
# stderror_enabled = no
# syslog_enabled = yes
# syslog_facility = LOG_LOCAL0

socket = udp:@LISTEN_IP@:5060
%if tcp
socket = tcp:@LISTEN_IP@:5060
%end
%if tls
socket = tls:@LISTEN_IP@:5061
%end

%if !multidomain
# The domains that are yours, besides the addresses above.
@DOMAINS@
%end
%if db
# All modules keep their tables there. `carillon db create -f FILE` makes them.
db_default_url = "@DB_URL@"
%end

loadmodule "proto_udp.so"
%if tcp
loadmodule "proto_tcp.so"
%end
%if tls
loadmodule "proto_tls.so"
loadmodule "tls_openssl.so"
loadmodule "tls_mgm.so"
modparam("tls_mgm", "server_domain", "default")
modparam("tls_mgm", "match_ip_address", "[default]*")
modparam("tls_mgm", "match_sip_domain", "[default]*")
modparam("tls_mgm", "tls_method", "[default]TLSv1_2-")
modparam("tls_mgm", "certificate", "[default]/etc/carillon/tls/certificate.pem")
modparam("tls_mgm", "private_key", "[default]/etc/carillon/tls/key.pem")
modparam("tls_mgm", "ca_list", "[default]/etc/ssl/certs/ca-certificates.crt")
# Who has a certificate shows a right one; phones have none.
modparam("tls_mgm", "verify_cert", "[default]1")
modparam("tls_mgm", "require_cert", "[default]0")
%end
%if db
loadmodule "@DB_MODULE@.so"
%end

loadmodule "signaling.so"
loadmodule "sl.so"

loadmodule "tm.so"
# Seconds until somebody who doesn't answer at all is given up, and until a phone that rings is.
modparam("tm", "fr_timeout", 5)
modparam("tm", "fr_inv_timeout", 30)
modparam("tm", "restart_fr_on_each_reply", 0)
# Reply routes see the AVPs of the request.
modparam("tm", "onreply_avp_mode", 1)

loadmodule "rr.so"
modparam("rr", "append_fromtag", 0)
loadmodule "maxfwd.so"
loadmodule "sipmsgops.so"

# Commands by a named pipe: /tmp/opensips_fifo
loadmodule "mi_fifo.so"
%if http
# Whoever reaches this port commands the server: keep it on loopback, or set auth_username and auth_password.
loadmodule "httpd.so"
modparam("httpd", "ip", "127.0.0.1")
modparam("httpd", "port", 8888)
loadmodule "mi_http.so"
%end

)script";

}  // namespace

std::string_view template_head() { return kHead; }
std::span<const ScriptSwitch> script_switches() { return kSwitches; }
std::span<const ScriptTemplate> script_templates() { return kTemplates; }

std::string expand_template(std::string_view text, const Switches& switches,
                            const std::map<std::string, std::string, std::less<>>& values) {
  std::string result;
  std::vector<bool> shown = {true};  // of each %if around, and all of them
  std::vector<bool> conditions = {true};
  while (!text.empty()) {
    const std::string_view line = base::take_until(text, '\n');
    const std::string_view words = base::trim(line);
    if (words.starts_with("%if ")) {
      conditions.push_back(holds(words.substr(4), switches));
      shown.push_back(shown.back() && conditions.back());
    } else if (words == "%else") {
      CARILLON_ASSERT(shown.size() > 1);
      shown.back() = shown[shown.size() - 2] && !conditions.back();
    } else if (words == "%end") {
      CARILLON_ASSERT(shown.size() > 1);
      shown.pop_back();
      conditions.pop_back();
    } else if (shown.back()) {
      result += with_values(line, values) + "\n";
    }
  }
  CARILLON_ASSERT(shown.size() == 1);
  return result;
}

}  // namespace carillon::server
