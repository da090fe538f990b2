// SPDX-License-Identifier: Apache-2.0
// Parsing of Via values.
#include "sip/via.h"

#include <cstddef>

#include "base/strings.h"
#include "sip/character_class.h"
#include "sip/grammar.h"

namespace carillon::sip {
namespace {

// Takes a token and the white space around it off the front; empty when there is none.
std::string_view take_token(std::string_view& text) {
  while (!text.empty() && base::is_lws(text.front())) text.remove_prefix(1);
  std::size_t end = 0;
  while (end < text.size() && is_in(text[end], kToken)) ++end;
  const std::string_view token = text.substr(0, end);
  text.remove_prefix(end);
  while (!text.empty() && base::is_lws(text.front())) text.remove_prefix(1);
  return token;
}

bool take_slash(std::string_view& text) {
  if (!text.starts_with('/')) return false;
  text.remove_prefix(1);
  return true;
}

base::Result<> read_param(Via& via, const Param& param) {
  if (base::iequals(param.name, "branch")) {
    if (via.branch.data() != nullptr) return base::fail("two branch parameters in Via");
    via.branch = param.value;
  } else if (base::iequals(param.name, "rport")) {
    via.has_rport = true;
    via.rport_text = param.text;
    if (!param.value.empty()) {
      via.rport = base::parse_number<std::uint16_t>(param.value);
      if (!via.rport) return base::fail("bad rport in Via");
    }
  } else if (base::iequals(param.name, "received")) {
    via.received = param.value;
  } else if (base::iequals(param.name, "maddr")) {
    via.maddr = param.value;
  } else if (base::iequals(param.name, "ttl")) {
    via.ttl = base::parse_number<std::uint8_t>(param.value);
    if (!via.ttl) return base::fail("bad ttl in Via");
  } else if (base::iequals(param.name, "alias")) {
    via.alias = true;
  }
  return {};
}

}  // namespace

base::Result<Via> Via::parse(std::string_view text) {
  Via via;
  std::string_view rest = base::trim(text);
  via.text = rest;
  via.protocol = take_token(rest);
  if (via.protocol.empty() || !take_slash(rest)) return base::fail("bad protocol in Via");
  via.version = take_token(rest);
  if (via.version.empty() || !take_slash(rest)) return base::fail("bad protocol version in Via");
  const std::string_view before_transport = rest;
  via.transport = take_token(rest);
  const std::size_t taken = before_transport.size() - rest.size();
  if (via.transport.empty() || !base::is_lws(before_transport[taken - 1])) return base::fail("bad transport in Via");

  const std::size_t semicolon = rest.find(';');
  via.sent_by = base::trim(rest.substr(0, semicolon));
  const auto host_port = parse_host_port(via.sent_by);
  if (!host_port) return base::fail("bad sent-by in Via");
  via.host = host_port->host;
  via.port = host_port->port;
  if (semicolon == std::string_view::npos) return via;

  via.params = Params(base::trim(rest.substr(semicolon + 1)));
  if (via.params.empty() || !via.params.well_formed()) return base::fail("bad parameter in Via");
  for (const Param& param : via.params) {
    if (auto read = read_param(via, param); !read) return std::unexpected(std::move(read).error());
  }
  return via;
}

}  // namespace carillon::sip
