// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 for management: one thread of its own, routes by path, bounded in every direction. Nothing of SIP passes it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace carillon::management {

struct HttpRequest {
  std::string method;        // "POST"
  std::string path;          // "/mi", without the query, not unescaped
  std::string query;         // behind the question mark
  std::string content_type;  // without its parameters, in lower case
  std::string origin;        // what a browser says it comes from; empty from other programs
  std::string remote;        // "127.0.0.1:40312"
  std::string body;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};  // further ones: {"Allow", "POST"}
};

class HttpServer {
 public:
  struct Settings {
    std::string ip = "127.0.0.1";
    std::uint16_t port = 8888;          // 0: a free one, see port()
    std::size_t max_connections = 256;  // further ones are answered 503 and closed
    std::size_t max_header_bytes = 8 * 1024;
    std::size_t max_body_bytes = 1024 * 1024;
    // For a request to come and be read whole, and again for its answer to be written.
    std::chrono::milliseconds connection_timeout{30'000};
    std::chrono::milliseconds handler_timeout{60'000};  // until a handler answers; then 504
    // Basic authentication (RFC 7617) for all routes when a user name is given.
    std::string realm = "Carillon";
    std::string user = {};
    std::string password = {};
  };

  // Called once, from any thread, also after the server has gone. A response that is never given: 504 when the time is
  // over, 500 when Respond is destroyed.
  using Respond = std::move_only_function<void(HttpResponse)>;
  // Called in the server's thread: must not block.
  using Handler = std::function<void(HttpRequest, Respond)>;

  explicit HttpServer(Settings settings);
  // Ends as stop() does.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Before start(). `prefix` is "/" or a path ("/mi"): it serves itself and what is below it; the longest one wins.
  void route(std::string prefix, Handler handler);
  [[nodiscard]] std::vector<std::string> routes() const;

  // Binds and serves. The error names the address.
  [[nodiscard]] base::Result<> start();
  // The port that is served, after start().
  [[nodiscard]] std::uint16_t port() const;
  // Closes all connections and joins the thread. Not from a handler.
  void stop();

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace carillon::management
