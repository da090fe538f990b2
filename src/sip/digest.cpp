// SPDX-License-Identifier: Apache-2.0
// Parsing of digest challenges and credentials.
#include "sip/digest.h"

#include <array>
#include <cstddef>

#include "base/strings.h"
#include "sip/grammar.h"

namespace carillon::sip {
namespace {

struct Field {
  std::string_view name;
  std::string_view DigestFields::* member;
};

constexpr std::array<Field, 13> kFields = {{
    {"username", &DigestFields::username},
    {"realm", &DigestFields::realm},
    {"nonce", &DigestFields::nonce},
    {"uri", &DigestFields::uri},
    {"response", &DigestFields::response},
    {"algorithm", &DigestFields::algorithm},
    {"cnonce", &DigestFields::cnonce},
    {"opaque", &DigestFields::opaque},
    {"qop", &DigestFields::qop},
    {"nc", &DigestFields::nonce_count},
    {"stale", &DigestFields::stale},
    {"username*", &DigestFields::username_star},
    {"userhash", &DigestFields::userhash},
}};

std::string_view without_quotes(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

// Some end the list with a comma; an element without anything in it is to be passed over (RFC 9110 section 5.6.1.2).
std::string_view without_last_comma(std::string_view list) {
  if (list.ends_with(',')) list = base::trim(list.substr(0, list.size() - 1));
  return list;
}

}  // namespace

bool DigestFields::is_digest() const { return base::iequals(scheme, "Digest"); }

base::Result<DigestFields> DigestFields::parse(std::string_view value) {
  DigestFields digest;
  value = base::trim(value);
  std::size_t end = 0;
  while (end < value.size() && is_token_char(value[end])) ++end;
  digest.scheme = value.substr(0, end);
  if (digest.scheme.empty() || end == value.size() || !base::is_lws(value[end]))
    return base::fail("no authentication scheme");
  digest.fields = Params(without_last_comma(base::trim(value.substr(end))), ',');
  if (!digest.is_digest()) return digest;
  if (!digest.fields.well_formed()) return base::fail("bad digest field");
  for (const Param& param : digest.fields) {
    for (const Field& field : kFields) {
      if (!base::iequals(param.name, field.name)) continue;
      std::string_view& member = digest.*field.member;
      // Two values of one field could be read differently by two checks.
      if (member.data() != nullptr) return base::fail("digest field given twice");
      member = without_quotes(param.value);
    }
  }
  return digest;
}

}  // namespace carillon::sip
