// SPDX-License-Identifier: Apache-2.0
// Quoting, escaping and hosts: the grammar that several headers share.
#include "sip/grammar.h"

#include "base/strings.h"
#include "sip/character_class.h"

namespace carillon::sip {
namespace {

bool is_ipv6_reference(std::string_view text) {
  if (text.size() < 4 || text.front() != '[' || text.back() != ']') return false;
  bool colon = false;
  for (const char c : text.substr(1, text.size() - 2)) {
    // Three colons in a row are accepted too: an error of RFC 3261's grammar makes peers write them (RFC 5118 4.10).
    if (!is_in(c, kHexDigit) && c != ':' && c != '.') return false;
    colon = colon || c == ':';
  }
  return colon;
}

unsigned hex_value(char c) { return static_cast<unsigned>(base::is_digit(c) ? c - '0' : base::to_lower(c) - 'a' + 10); }

std::string escape(std::string_view text, unsigned allowed) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_in(c, allowed)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15U];
  }
  return out;
}

}  // namespace

bool is_token_char(char c) { return is_in(c, kToken); }

bool is_token(std::string_view text) { return !text.empty() && all_in(text, kToken); }

bool is_host(std::string_view text) {
  if (text.empty()) return false;
  if (text.front() == '[') return is_ipv6_reference(text);
  return all_in(text, kHostChar);
}

std::optional<HostPort> parse_host_port(std::string_view text) {
  HostPort result;
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return std::nullopt;
  const std::size_t colon = text.find(':', bracket);
  result.host = base::trim(text.substr(0, colon));
  if (!is_host(result.host)) return std::nullopt;
  if (colon != std::string_view::npos) {
    result.port = base::parse_number<std::uint16_t>(base::trim(text.substr(colon + 1)));
    if (result.port.value_or(0) == 0) return std::nullopt;
  }
  return result;
}

std::size_t quoted_string_end(std::string_view text, std::size_t at) {
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

std::string unquote(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  text = text.substr(1, text.size() - 2);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

std::string unfold(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '\r' && value[i] != '\n') {
      out += value[i];
      continue;
    }
    while (!out.empty() && base::is_lws(out.back())) out.pop_back();
    while (i + 1 < value.size() && base::is_lws(value[i + 1])) ++i;
    out += ' ';
  }
  return out;
}

std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && text.size() - i > 2 && is_in(text[i + 1], kHexDigit) && is_in(text[i + 2], kHexDigit)) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string escape_user(std::string_view text) { return escape(text, kUserChar); }

std::string escape_param(std::string_view text) { return escape(text, kParamChar); }

bool has_sound_bytes(std::string_view line) {
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == '\\' && quoted && i + 1 < line.size() && line[i + 1] != '\r' && line[i + 1] != '\n') {
      ++i;
    } else if (line[i] == '\0' || (line[i] == '\r' && (i + 1 == line.size() || line[i + 1] != '\n'))) {
      return false;
    }
  }
  return true;
}

bool is_safe_header_value(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\0') return false;
    if (c == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) return false;
    if (c == '\n' && (i + 1 == text.size() || (text[i + 1] != ' ' && text[i + 1] != '\t'))) return false;
  }
  return true;
}

}  // namespace carillon::sip
