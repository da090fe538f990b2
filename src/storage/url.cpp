// SPDX-License-Identifier: Apache-2.0
// Database URLs as OpenSIPS writes them.
#include "storage/url.h"

#include <algorithm>
#include <array>

#include "base/strings.h"

namespace carillon::storage {
namespace {

// Kinds whose text after "scheme://" is a path as it stands, never a host.
constexpr auto kFileSchemes = std::to_array<std::string_view>({"sqlite", "text", "berkeley", "flatstore"});

bool is_file_scheme(std::string_view scheme) { return std::ranges::find(kFileSchemes, scheme) != kFileSchemes.end(); }

int hex_digit(char c) {
  if (base::is_digit(c)) return c - '0';
  const char lower = base::to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// %XX escapes resolved; a % that begins none stands for itself, as passwords often hold one.
std::string unescape(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        result += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    result += text[i];
  }
  return result;
}

void parse_options(std::string_view text, Url& url) {
  while (!text.empty()) {
    std::string_view option = base::take_until(text, '&');
    const std::string_view name = base::take_until(option, '=');
    if (!name.empty()) url.options.emplace_back(unescape(name), unescape(option));
  }
}

base::Result<> parse_host(std::string_view text, Url& url) {
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return base::fail("database URL: the IPv6 address has no closing bracket");
    url.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!port.empty() && port.front() != ':') return base::fail("database URL: text behind the IPv6 address");
    if (!port.empty()) port.remove_prefix(1);
  } else {
    const std::size_t colon = text.find(':');
    url.host = unescape(text.substr(0, colon));
    if (colon != std::string_view::npos) port = text.substr(colon + 1);
  }
  if (port.empty()) return {};
  const auto number = base::parse_number<std::uint16_t>(port);
  if (!number || *number == 0) return base::fail("database URL: the port is not a number from 1 to 65535");
  url.port = *number;
  return {};
}

// Where "?name=value" begins behind "@host/name"; the end when nothing does. Passwords hold question marks, too.
std::size_t find_options(std::string_view text) {
  for (std::size_t i = text.find('?'); i != std::string_view::npos; i = text.find('?', i + 1)) {
    const std::size_t at = text.substr(0, i).find('@');
    if (at != std::string_view::npos && text.substr(at, i - at).contains('/') && text.substr(i).contains('=')) return i;
  }
  return text.size();
}

// [user[:password]@]host[:port]/name. The password ends at the last @ in front of the options, so that neither @ nor
// / in it ends it early.
base::Result<> parse_network(std::string_view text, Url& url) {
  const std::size_t at = text.substr(0, find_options(text)).rfind('@');
  if (at != std::string_view::npos) {
    std::string_view credentials = text.substr(0, at);
    url.user = unescape(base::take_until(credentials, ':'));
    url.password = unescape(credentials);
    text.remove_prefix(at + 1);
  }
  std::string_view path = text;
  const std::string_view host = base::take_until(path, '/');
  const std::size_t question = path.find('?');
  if (question != std::string_view::npos) parse_options(path.substr(question + 1), url);
  url.path = unescape(path.substr(0, question));
  return parse_host(host, url);
}

}  // namespace

base::Result<Url> Url::parse(std::string_view text) {
  text = base::trim(text);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    return base::fail("database URL: it must begin with a scheme, as in sqlite:///var/lib/carillon/carillon.sqlite");
  }
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' '; })) {
    return base::fail("database URL: it holds a control character");
  }
  Url url;
  url.scheme = base::to_lower(text.substr(0, colon));
  if (url.scheme.starts_with("db_")) url.scheme.erase(0, 3);
  if (url.scheme == "odbc") url.scheme = "unixodbc";
  if (url.scheme == "mariadb") url.scheme = "mysql";
  if (url.scheme == "postgresql") url.scheme = "postgres";
  const bool valid_scheme = !url.scheme.empty() && std::ranges::all_of(url.scheme, [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '_' || c == '+' || c == '-';
  });
  if (!valid_scheme) return base::fail("database URL: the scheme must be letters and digits");

  std::string_view rest = text.substr(colon + 1);
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    if (!is_file_scheme(url.scheme)) {
      if (auto parsed = parse_network(rest, url); !parsed) return std::unexpected(parsed.error());
      return url;
    }
  }
  const std::size_t question = rest.find('?');
  if (question != std::string_view::npos) parse_options(rest.substr(question + 1), url);
  url.path = rest.substr(0, question);
  if (url.path.empty()) return base::fail("database URL: the path is missing");
  return url;
}

std::string Url::display() const {
  std::string result = scheme + "://";
  if (!user.empty()) result += user + "@";
  result += host.contains(':') ? "[" + host + "]" : host;
  if (port != 0) result += ":" + std::to_string(port);
  // Without a host: by a socket, except for ODBC, whose names are no paths.
  if (!host.empty() || (!is_file_scheme(scheme) && scheme != "unixodbc")) result += "/";
  // A connection string of ODBC may hold a password anywhere but in the name that it usually begins with.
  if (scheme == "unixodbc" && path.contains('=')) {
    const std::string_view first = std::string_view(path).substr(0, path.find(';'));
    return result +
           (base::istarts_with(first, "dsn=") || base::istarts_with(first, "driver=") ? std::string(first) : "...");
  }
  return result + path;
}

}  // namespace carillon::storage
