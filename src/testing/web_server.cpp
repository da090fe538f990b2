// SPDX-License-Identifier: Apache-2.0
// See web_server.h.
#include "testing/web_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/assert.h"
#include "base/strings.h"

namespace carillon::testing {
namespace {

bool send_all(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string response(std::string_view status, std::string_view body, std::string_view headers = {}) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Type: text/plain\r\n{}Content-Length: {}\r\n\r\n{}", status, headers,
                     body.size(), body);
}

std::size_t body_size(std::string_view head) {
  while (!head.empty()) {
    std::string_view line = base::take_until(head, '\n');
    const std::string_view name = base::take_until(line, ':');
    if (base::iequals(name, "Content-Length")) return base::parse_number<std::size_t>(base::trim(line)).value_or(0);
  }
  return 0;
}

// The number behind the last slash.
std::size_t number_of(std::string_view path) {
  return base::parse_number<std::size_t>(path.substr(path.rfind('/') + 1)).value_or(0);
}

}  // namespace

WebServer::WebServer(bool ipv6) : ipv6_(ipv6) {
  listener_ = ::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_storage address{};
  socklen_t size = ipv6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  address.ss_family = ipv6 ? AF_INET6 : AF_INET;
  if (ipv6) {
    reinterpret_cast<sockaddr_in6&>(address).sin6_addr = in6addr_loopback;
  } else {
    reinterpret_cast<sockaddr_in&>(address).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }
  auto* const bound = reinterpret_cast<sockaddr*>(&address);
  CARILLON_ASSERT(listener_ >= 0 && ::bind(listener_, bound, size) == 0 && ::listen(listener_, 1024) == 0 &&
                  ::getsockname(listener_, bound, &size) == 0);
  port_ = ntohs(ipv6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                     : reinterpret_cast<sockaddr_in&>(address).sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

WebServer::~WebServer() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::scoped_lock lock(mutex_);
    for (const int connection : open_) ::shutdown(connection, SHUT_RDWR);
  }
  for (std::thread& server : servers_) server.join();
  ::close(listener_);
}

std::string WebServer::address() const { return fmt::format("{}:{}", ipv6_ ? "[::1]" : "127.0.0.1", port_); }

void WebServer::accept_all() {
  while (true) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    ++connections_;
    {
      const std::scoped_lock lock(mutex_);
      open_.push_back(connection);
    }
    servers_.emplace_back([this, connection] { serve(connection); });
  }
}

void WebServer::serve(int connection) {
  std::string received;
  bool goes_on = true;
  while (goes_on) {
    const std::size_t end = received.find("\r\n\r\n");
    const std::size_t size =
        end == std::string::npos ? std::string::npos : end + 4 + body_size(std::string_view(received).substr(0, end));
    if (received.size() >= size) {
      const std::string request = received.substr(0, size);
      received.erase(0, size);
      std::string_view line = std::string_view(request).substr(0, request.find('\r'));
      static_cast<void>(base::take_until(line, ' '));
      goes_on = answer(connection, request, base::take_until(line, ' '));
      continue;
    }
    std::array<char, 16384> buffer;
    const ssize_t count = ::recv(connection, buffer.data(), buffer.size(), 0);
    if (count <= 0) break;
    received.append(buffer.data(), static_cast<std::size_t>(count));
  }
  const std::scoped_lock lock(mutex_);
  open_.remove(connection);
  ::close(connection);
}

bool WebServer::answer(int connection, std::string_view request, std::string_view path) {
  if (path.starts_with("/status/")) {
    return send_all(connection, response(fmt::format("{} Whatever", number_of(path)), "as told"));
  }
  if (path.starts_with("/bytes/")) return send_all(connection, response("200 OK", std::string(number_of(path), 'x')));
  if (path == "/empty") return send_all(connection, "HTTP/1.1 204 No Content\r\n\r\n");
  if (path == "/redirect") return send_all(connection, response("302 Found", "moved", "Location: /echo\r\n"));
  if (path == "/garbage") return send_all(connection, "SIP/2.0 200 OK\r\n\r\n") && false;
  if (path == "/close") return false;
  if (path == "/partial" || path == "/stall") {
    send_all(connection, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nhalf");
  }
  if (path == "/hang" || path == "/stall") wait_for_end(connection);
  if (path == "/partial" || path == "/hang" || path == "/stall") return false;
  return send_all(connection, response("200 OK", request));
}

// Until the other side, or the test, has had enough.
void WebServer::wait_for_end(int connection) {
  char byte = 0;
  while (::recv(connection, &byte, 1, 0) > 0) {
  }
}

}  // namespace carillon::testing
