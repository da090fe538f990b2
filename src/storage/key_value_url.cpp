// SPDX-License-Identifier: Apache-2.0
// See key_value_url.h.
#include "storage/key_value_url.h"

#include <algorithm>

#include "base/strings.h"

namespace carillon::storage {
namespace {

constexpr std::size_t kMaxHosts = 64;

base::Result<KeyValueUrl::Host> parse_host(std::string_view text) {
  KeyValueUrl::Host host;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return base::fail("cachedb URL: an IPv6 address has no closing bracket");
    host.name = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!port.empty() && port.front() != ':') return base::fail("cachedb URL: text behind an IPv6 address");
    if (!port.empty()) port.remove_prefix(1);
  } else {
    port = text;
    host.name = base::take_until(port, ':');
  }
  if (host.name.empty()) return base::fail("cachedb URL: a host is missing");
  if (port.empty()) return host;
  const auto number = base::parse_number<std::uint16_t>(port);
  if (!number || *number == 0) return base::fail("cachedb URL: a port is not a number from 1 to 65535");
  host.port = *number;
  return host;
}

}  // namespace

base::Result<KeyValueUrl> KeyValueUrl::parse(std::string_view text) {
  text = base::trim(text);
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' '; })) {
    return base::fail("cachedb URL: it holds a control character");
  }
  const std::size_t slashes = text.find("://");
  if (slashes == std::string_view::npos) {
    return base::fail("cachedb URL: it must begin as redis:group://host/ or local:group:///name do");
  }
  KeyValueUrl url;
  std::string_view head = text.substr(0, slashes);
  url.scheme = base::to_lower(base::take_until(head, ':'));
  if (url.scheme.starts_with("cachedb_")) url.scheme.erase(0, 8);
  url.group = head;
  if (url.scheme.empty()) return base::fail("cachedb URL: the scheme is missing");

  std::string_view rest = text.substr(slashes + 3);
  // The password reaches to the last @, so that OpenSIPS's unescaped ones are read as they are meant.
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    std::string_view credentials = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    const bool has_user = credentials.contains(':');
    if (has_user) url.user = base::take_until(credentials, ':');
    url.password = credentials;
  }
  std::string_view options = rest;
  std::string_view hosts = base::take_until(options, '?');
  while (!options.empty()) {
    std::string_view option = base::take_until(options, '&');
    const std::string_view name = base::take_until(option, '=');
    if (!name.empty()) url.options.emplace_back(name, option);
  }
  std::string_view path = hosts;
  hosts = base::take_until(path, '/');
  url.path = path;
  while (!hosts.empty()) {
    auto host = parse_host(base::trim(base::take_until(hosts, ',')));
    if (!host) return std::unexpected(std::move(host.error()));
    if (url.hosts.size() == kMaxHosts) return base::fail("cachedb URL: too many hosts");
    url.hosts.push_back(std::move(*host));
  }
  return url;
}

std::string KeyValueUrl::display() const {
  std::string result = scheme + (group.empty() ? "" : ":" + group) + "://";
  bool first = true;
  for (const Host& host : hosts) {
    if (!first) result += ',';
    first = false;
    result += host.name.contains(':') ? "[" + host.name + "]" : host.name;
    if (host.port != 0) result += ":" + std::to_string(host.port);
  }
  return result + "/" + path;
}

}  // namespace carillon::storage
