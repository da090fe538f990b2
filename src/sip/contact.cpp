// SPDX-License-Identifier: Apache-2.0
// Parsing of Contact values.
#include "sip/contact.h"

#include "base/strings.h"

namespace carillon::sip {
namespace {

constexpr std::uint32_t kDefaultExpires = 3600;

std::string_view without_quotes(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

std::string_view without_brackets(std::string_view text) {
  if (text.size() >= 2 && text.front() == '<' && text.back() == '>') return text.substr(1, text.size() - 2);
  return text;
}

base::Result<> read_param(Contact& contact, const Param& param) {
  if (base::iequals(param.name, "q")) {
    contact.q = parse_qvalue(param.value);
    if (!contact.q) return base::fail("bad q value");
  } else if (base::iequals(param.name, "expires")) {
    contact.expires = parse_expires(without_quotes(param.value));
  } else if (base::iequals(param.name, "reg-id")) {
    contact.reg_id = base::parse_number<std::uint32_t>(param.value);
    if (contact.reg_id.value_or(0) == 0) return base::fail("bad reg-id");
  } else if (base::iequals(param.name, "+sip.instance")) {
    contact.instance = without_brackets(without_quotes(param.value));
  } else if (base::iequals(param.name, "methods")) {
    contact.methods = without_quotes(param.value);
  } else if (base::iequals(param.name, "received")) {
    contact.received = without_quotes(param.value);
  }
  return {};
}

}  // namespace

base::Result<Contact> Contact::parse(std::string_view text) {
  Contact contact;
  if (base::trim(text) == "*") {
    contact.star = true;
    return contact;
  }
  auto address = NameAddr::parse(text);
  if (!address) return std::unexpected(std::move(address).error());
  contact.address = *address;
  for (const Param& param : contact.address.params) {
    if (auto read = read_param(contact, param); !read) return std::unexpected(std::move(read).error());
  }
  return contact;
}

std::optional<std::uint16_t> parse_qvalue(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text.front() != '0' && text.front() != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  unsigned value = text.front() == '1' ? 1000 : 0;
  unsigned unit = 100;
  for (const char c : text.substr(text.size() > 1 ? 2 : 1)) {
    if (!base::is_digit(c)) return std::nullopt;
    value += static_cast<unsigned>(c - '0') * unit;
    unit /= 10;
  }
  if (value > 1000) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

std::string format_qvalue(std::uint16_t thousandths) {
  if (thousandths >= 1000) return "1";
  if (thousandths == 0) return "0";
  std::string digits = std::to_string(1000U + thousandths);  // keeps leading zeros
  digits.replace(0, 1, "0.");
  while (digits.ends_with('0')) digits.pop_back();
  return digits;
}

std::uint32_t parse_expires(std::string_view text) {
  return base::parse_number<std::uint32_t>(base::trim(text)).value_or(kDefaultExpires);
}

}  // namespace carillon::sip
