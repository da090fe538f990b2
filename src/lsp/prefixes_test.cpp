// SPDX-License-Identifier: Apache-2.0
// Every script is once every beginning of itself: whatever has been typed so far is looked at, and nothing breaks.
#include <gtest/gtest.h>

#include "lsp/client_fixture.h"
#include "script/stock_scripts.h"

namespace carillon::lsp {
namespace {

using testing::Client;

constexpr std::string_view kUri = "untitled:a.cfg";

constexpr std::string_view kEverything = R"cfg(log_level = 3 # a comment
socket = udp:127.0.0.1:5060 as sip.example.org tag "x"
alias = "example.org:5060"
/* a /* nested */ comment */
loadmodule "tm.so"
modparam("tm", "fr_timeout", 0x10)
include_file "no/such/file.cfg"
route {
  $avp(x) := "a\x41\101\n$rU";
  $var(y) = (1 + 2) * ~$var(z) << 3 == -1;
  if (!is_method("INVITE|ACK") && ($(hdr(To)[-1]{nameaddr.uri}{uri.param,"lr"}) =~ "^sip:[0-9]+$" || [$var(y) & 4]))
    route(relay, 1, NULL, $(<request>ru{s.select,1,@}));
  else { switch ($rm) { case "BYE": exit; case 5: break; default: drop; } }
  while ($var(i) < 10) $var(i) += 1;
  for ($var(it) in $(avp(x)[*])) xlog("L_INFO", "one \" $$ $(var(it){s.substr,0,$var(n)}) "
    "two\n");
  if ($si == 10.0.0.0/8 or $si != [2001:db8::1]) async(t_relay(), relay, 5);
  t_on_failure("missed"); return(1, "x", $ru);
}
route[relay] { t_relay(,"udp:127.0.0.1"); assert($rc > 0, 'raw $text'); }
failure_route["missed"] { launch(t_relay(), relay); }
timer_route[tick, 30] { xdbg("äöü 😀 $(ru{re.subst,/a(.)/\1/g})"); }
event_route[E_X] { log(1, "x"); }
)cfg";

void type(std::string_view script) {
  Client client;
  client.open(kUri, "");
  for (std::size_t length = 0; length <= script.size(); ++length) {
    // A character is typed as a whole.
    if (length < script.size() && (static_cast<unsigned char>(script[length]) & 0xC0U) == 0x80U) continue;
    const std::string_view typed = script.substr(0, length);
    client.replace(kUri, typed);
    client.settle();
    const Place end = LineIndex(typed).place(length);
    client.offered(kUri, end);
    client.hover(kUri, end);
    client.places("textDocument/definition", Client::at(kUri, end));
    client.request("textDocument/documentSymbol", Client::at(kUri, end));
    client.request("textDocument/formatting", Client::at(kUri, end));
    if (::testing::Test::HasFailure()) FAIL() << typed;
  }
}

TEST(Prefixes, OfAScriptWithEverything) { type(kEverything); }
TEST(Prefixes, OfTheResidentialScript) { type(script::testing::kResidential); }
TEST(Prefixes, OfTheRedirectScript) { type(script::testing::kRedirect); }

TEST(Prefixes, OfTextsThatAreNoScripts) {
  type(R"cfg($(((({{{{$$$($var($avp($( )}}}})))""""''' /*/*/ route[ [ { loadmodule modparam(( include_file " \))cfg");
  type("\"$(ru{\n$(ru{\n\"\n'$(\n{{{\n}}}}\n)))\n,,,;;;\n==~!~<<>>\n");
}

}  // namespace
}  // namespace carillon::lsp
