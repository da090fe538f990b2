// SPDX-License-Identifier: Apache-2.0
// An HTTP server of a test, on loopback, whose paths say how it is to behave:
//
//   /echo       the request as it came           /status/404   that status
//   /bytes/N    N bytes                          /empty        204
//   /redirect   302 to /echo                     /hang         never answers
//   /close      closes the connection            /garbage      no HTTP
//   /partial    a part of the body, and closes   /stall        a part of the body, and no more
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace carillon::testing {

class WebServer {
 public:
  // On ::1 or 127.0.0.1, at a free port. Aborts when there is none.
  explicit WebServer(bool ipv6 = false);
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  // "127.0.0.1:40123"
  [[nodiscard]] std::string address() const;
  [[nodiscard]] std::size_t connections() const { return connections_.load(); }

 private:
  void accept_all();
  void serve(int connection);
  // False when the connection is to be closed.
  bool answer(int connection, std::string_view request, std::string_view path);
  void wait_for_end(int connection);

  bool ipv6_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> connections_ = 0;
  std::mutex mutex_;
  std::list<int> open_;
  std::list<std::thread> servers_;
  std::thread acceptor_;
};

}  // namespace carillon::testing
