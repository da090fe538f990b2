// SPDX-License-Identifier: Apache-2.0
// Parsing and comparison of URIs.
#include "sip/uri.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/strings.h"
#include "sip/character_class.h"
#include "sip/grammar.h"

namespace carillon::sip {
namespace {

Uri::Scheme parse_scheme(std::string_view text) {
  if (base::iequals(text, "sip")) return Uri::Scheme::Sip;
  if (base::iequals(text, "sips")) return Uri::Scheme::Sips;
  if (base::iequals(text, "tel")) return Uri::Scheme::Tel;
  return Uri::Scheme::Other;
}

// What phones put into the user part without the escapes that section 25.1 asks for: "#" of feature codes, names in
// UTF-8. Nothing that delimits a URI in a message.
bool all_in_user(std::string_view text) {
  if (all_in_or_escaped(text, kUserChar)) return true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool tolerated = static_cast<unsigned char>(c) >= 0x80 || std::string_view("#^`{|}[]").contains(c);
    if (tolerated || is_in(c, kUserChar)) continue;
    if (c != '%' || !all_in_or_escaped(text.substr(i, 3), 0)) return false;
    i += 2;
  }
  return true;
}

// userinfo = user [ ":" password ]
bool parse_userinfo(Uri& uri, std::string_view text) {
  const std::size_t colon = text.find(':');
  uri.has_user = true;
  uri.user = text.substr(0, colon);
  if (colon != std::string_view::npos) uri.password = text.substr(colon + 1);
  return !uri.user.empty() && all_in_user(uri.user) && all_in_or_escaped(uri.password, kPasswordChar);
}

// Comparing URIs takes every parameter of one to every parameter of the other.
constexpr int kMaxParams = 64;

bool valid_params(std::string_view text) {
  for (int count = 0; count < kMaxParams; ++count) {
    const std::size_t semicolon = text.find(';');
    const std::string_view param = text.substr(0, semicolon);
    const std::size_t equals = param.find('=');
    const std::string_view name = param.substr(0, equals);
    if (name.empty() || !all_in_or_escaped(name, kParamChar)) return false;
    if (equals != std::string_view::npos && !all_in_or_escaped(param.substr(equals + 1), kParamChar)) return false;
    if (semicolon == std::string_view::npos) return true;
    text.remove_prefix(semicolon + 1);
  }
  return false;
}

// Behind "sip:": [ userinfo "@" ] hostport *( ";" parameter ) [ "?" headers ]
base::Result<Uri> parse_sip(Uri uri, std::string_view rest) {
  // An "@" may stand nowhere else without being escaped, so the first one ends the userinfo.
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    if (!parse_userinfo(uri, rest.substr(0, at))) return base::fail("bad user part in URI");
    rest.remove_prefix(at + 1);
  }
  if (const std::size_t question = rest.find('?'); question != std::string_view::npos) {
    uri.headers = Params(rest.substr(question + 1), '&');
    if (uri.headers.empty() || !all_in_or_escaped(uri.headers.text(), kHeaderChar) ||
        std::ranges::count(uri.headers.text(), '&') >= kMaxParams)
      return base::fail("bad headers in URI");
    rest = rest.substr(0, question);
  }
  if (const std::size_t semicolon = rest.find(';'); semicolon != std::string_view::npos) {
    uri.params = Params(rest.substr(semicolon + 1));
    if (!valid_params(uri.params.text())) return base::fail("bad parameter in URI");
    rest = rest.substr(0, semicolon);
  }
  const auto host_port = parse_host_port(rest);
  if (!host_port || base::trim(rest) != rest) return base::fail("bad host or port in URI");
  uri.host = host_port->host;
  uri.port = host_port->port;
  return uri;
}

// Behind "tel:": digits and visual separators, "*" and "#", then parameters (RFC 3966 section 3).
base::Result<Uri> parse_tel(Uri uri, std::string_view rest) {
  if (const std::size_t semicolon = rest.find(';'); semicolon != std::string_view::npos) {
    uri.params = Params(rest.substr(semicolon + 1));
    if (!valid_params(uri.params.text())) return base::fail("bad parameter in tel URI");
    rest = rest.substr(0, semicolon);
  }
  uri.user = rest;
  uri.has_user = true;
  const bool global = rest.starts_with('+');
  if (global) rest.remove_prefix(1);
  bool digit = false;
  for (const char c : rest) {
    digit = digit || is_in(c, kHexDigit) || c == '*' || c == '#';
    if (!is_in(c, kHexDigit) && std::string_view("*#-.()").find(c) == std::string_view::npos)
      return base::fail("bad number in tel URI");
  }
  if (!digit) return base::fail("no number in tel URI");
  return uri;
}

// Equality in which an escape and the byte it stands for are the same, except for reserved bytes, whose escape says
// something else than the byte itself (section 19.1.4: "characters other than those in the reserved set").
bool equal_escaped(std::string_view a, std::string_view b, bool ignore_case) {
  const auto take = [](std::string_view& text) -> unsigned {
    constexpr unsigned kEscapedReserved = 256;
    if (text.front() != '%' || text.size() < 3) {
      const auto byte = static_cast<unsigned char>(text.front());
      text.remove_prefix(1);
      return byte;
    }
    const std::string byte = unescape(text.substr(0, 3));
    text.remove_prefix(byte.size() == 1 ? 3 : 1);
    const bool reserved = std::string_view(";/?:@&=+$,").find(byte.front()) != std::string_view::npos;
    return static_cast<unsigned char>(byte.front()) + (reserved ? kEscapedReserved : 0U);
  };
  const auto fold = [ignore_case](unsigned c) {
    return ignore_case && c < 128 ? static_cast<unsigned char>(base::to_lower(static_cast<char>(c))) : c;
  };
  while (!a.empty() && !b.empty()) {
    if (fold(take(a)) != fold(take(b))) return false;
  }
  return a.empty() && b.empty();
}

// The first parameter whose name is `name` once its escapes are resolved.
std::optional<std::string_view> find_param(const Params& params, std::string_view name) {
  if (!params.text().contains('%') && !name.contains('%')) return params.find(name);
  for (const Param& param : params) {
    if (equal_escaped(param.name, name, true)) return param.value;
  }
  return std::nullopt;
}

// Of two parameters with one name the first holds.
bool holds(const Params& params, const Param& param) {
  return find_param(params, param.name)->data() == param.value.data();
}

// user, ttl, method, maddr and transport never match their absence; any other parameter only counts when both have it.
bool equivalent_params(const Uri& a, const Uri& b) {
  constexpr std::array<std::string_view, 5> kSignificant = {"user", "ttl", "method", "maddr", "transport"};
  for (const std::string_view name : kSignificant) {
    if (find_param(a.params, name).has_value() != find_param(b.params, name).has_value()) return false;
  }
  for (const Param& param : a.params) {
    const auto other = find_param(b.params, param.name);
    if (!holds(a.params, param)) continue;
    if (other && !equal_escaped(param.value, *other, true)) return false;
  }
  return true;
}

// Every header of `a` is in `b`, as often and with the same value; order doesn't count.
bool headers_within(const Uri& a, const Uri& b) {
  for (const Param& header : a.headers) {
    std::size_t here = 0;
    std::size_t there = 0;
    const auto same = [&header](const Param& other) {
      return base::iequals(other.name, header.name) && equal_escaped(other.value, header.value, false);
    };
    for (const Param& other : a.headers) here += same(other) ? 1U : 0U;
    for (const Param& other : b.headers) there += same(other) ? 1U : 0U;
    if (here != there) return false;
  }
  return true;
}

std::string without_visual_separators(std::string_view number) {
  std::string out;
  for (const char c : number) {
    if (std::string_view("-.()").find(c) == std::string_view::npos) out += base::to_lower(c);
  }
  return out;
}

// RFC 3966 section 4: numbers without visual separators, and the same parameters in any order.
bool equivalent_tel(const Uri& a, const Uri& b) {
  const auto within = [](const Params& inner, const Params& outer) {
    for (const Param& param : inner) {
      if (!holds(inner, param)) continue;
      const auto other = outer.find(param.name);
      if (!other || !base::iequals(param.value, *other)) return false;
    }
    return true;
  };
  return without_visual_separators(a.user) == without_visual_separators(b.user) && within(a.params, b.params) &&
         within(b.params, a.params);
}

}  // namespace

base::Result<Uri> Uri::parse(std::string_view text) {
  Uri uri;
  uri.text = text;
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos) return base::fail("URI without a scheme");
  uri.scheme_text = text.substr(0, colon);
  if (!base::is_alpha(text.front()) || !all_in(uri.scheme_text, kSchemeChar)) return base::fail("bad scheme in URI");
  uri.scheme = parse_scheme(uri.scheme_text);
  const std::string_view rest = text.substr(colon + 1);
  if (uri.is_sip()) return parse_sip(uri, rest);
  if (uri.is_tel()) return parse_tel(uri, rest);
  for (const char c : rest) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '<' || c == '>' || c == '"')
      return base::fail("bad character in URI");
  }
  uri.user = rest;
  return uri;
}

std::optional<std::string_view> Uri::param(std::string_view name) const { return find_param(params, name); }

std::uint16_t Uri::port_or_default() const {
  if (port) return *port;
  return scheme == Scheme::Sips || base::iequals(transport(), "tls") ? 5061 : 5060;
}

bool equivalent(const Uri& a, const Uri& b) {
  if (a.scheme != b.scheme) return false;
  if (a.scheme == Uri::Scheme::Other) return a.text == b.text;
  if (a.is_tel()) return equivalent_tel(a, b);
  return a.has_user == b.has_user && equal_escaped(a.user, b.user, false) &&
         equal_escaped(a.password, b.password, false) && base::iequals(a.host, b.host) && a.port == b.port &&
         equivalent_params(a, b) && headers_within(a, b) && headers_within(b, a);
}

std::string canonical_aor(const Uri& uri) {
  if (uri.is_tel()) return "tel:" + without_visual_separators(uri.user);
  if (!uri.is_sip()) return std::string(uri.text);
  std::string out = base::to_lower(uri.scheme_text) + ":";
  if (uri.has_user) out += escape_user(unescape(uri.user)) + "@";
  out += base::to_lower(uri.host);
  if (uri.port) out += ":" + std::to_string(*uri.port);
  return out;
}

}  // namespace carillon::sip
