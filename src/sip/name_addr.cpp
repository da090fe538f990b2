// SPDX-License-Identifier: Apache-2.0
// Parsing of name-addr / addr-spec.
#include "sip/name_addr.h"

#include <cstddef>

#include "base/strings.h"
#include "sip/character_class.h"
#include "sip/grammar.h"

namespace carillon::sip {
namespace {

// A scheme and a colon, and nothing that would end the URI.
bool looks_like_uri(std::string_view text) {
  if (text.empty()) return false;
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon >= text.size() - 1 || !base::is_alpha(text.front())) return false;
  if (!all_in(text.substr(0, colon), kSchemeChar)) return false;
  for (const char c : text.substr(colon + 1)) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '<' || c == '>' || c == '"') return false;
  }
  return true;
}

// Tokens and spaces in the grammar; other printable characters are let through for the peers that write names in
// UTF-8, with brackets or as a mail address, but no comma: it may separate list values (RFC 4475 section 3.1.2.15).
bool is_unquoted_display_name(std::string_view text) {
  for (const char c : text) {
    const bool control = static_cast<unsigned char>(c) < ' ' && !base::is_lws(c);
    if (control || c == ',' || c == '\\' || c == '>') return false;
  }
  return true;
}

base::Result<NameAddr> parse_params(NameAddr address, std::string_view rest) {
  rest = base::trim(rest);
  if (rest.empty()) return address;
  if (rest.front() != ';') return base::fail("text behind the address");
  address.params = Params(base::trim(rest.substr(1)));
  if (address.params.empty() || !address.params.well_formed()) return base::fail("bad parameter of an address");
  return address;
}

// From "<" on.
base::Result<NameAddr> parse_bracketed(NameAddr address, std::string_view rest) {
  const std::size_t close = rest.find('>');
  if (close == std::string_view::npos) return base::fail("address without a closing bracket");
  address.in_brackets = true;
  address.uri_text = rest.substr(1, close - 1);
  if (!looks_like_uri(address.uri_text)) return base::fail("no URI between the brackets");
  return parse_params(address, rest.substr(close + 1));
}

// Without brackets parameters belong to the header, and "?" and "," may not occur (section 20.10).
base::Result<NameAddr> parse_addr_spec(NameAddr address, std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && text[end] != ';' && !base::is_lws(text[end])) ++end;
  address.uri_text = text.substr(0, end);
  if (!looks_like_uri(address.uri_text) || address.uri_text.find_first_of("?,") != std::string_view::npos)
    return base::fail("bad address");
  return parse_params(address, text.substr(end));
}

}  // namespace

base::Result<NameAddr> NameAddr::parse(std::string_view text) {
  NameAddr address;
  text = base::trim(text);
  address.text = text;
  if (text.starts_with('"')) {
    const std::size_t end = quoted_string_end(text, 0);
    if (end == std::string_view::npos) return base::fail("display name with an open quote");
    address.display_name = text.substr(0, end);
    const std::string_view rest = base::trim(text.substr(end));
    if (!rest.starts_with('<')) return base::fail("display name without an address");
    return parse_bracketed(address, rest);
  }
  const std::size_t mark = text.find_first_of("<:;\"");
  if (mark == std::string_view::npos || (text[mark] != '<' && text[mark] != ':')) return base::fail("no address");
  if (text[mark] == ':') return parse_addr_spec(address, text);
  address.display_name = base::trim(text.substr(0, mark));
  if (!is_unquoted_display_name(address.display_name)) return base::fail("bad display name");
  return parse_bracketed(address, text.substr(mark));
}

}  // namespace carillon::sip
