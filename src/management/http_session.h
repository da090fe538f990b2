// SPDX-License-Identifier: Apache-2.0
// One HTTP connection: reads a request, has it answered, writes the answer, and again. Only http_*.cpp includes this.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "management/http_server.h"

namespace carillon::management {

class HttpSession;

// What the server's thread works on. Shared with the answers that are still out, so that one given after the server has
// gone finds a loop that ignores it.
struct HttpLoop : std::enable_shared_from_this<HttpLoop> {
  explicit HttpLoop(HttpServer::Settings from) : settings(std::move(from)) {}

  const HttpServer::Settings settings;
  std::string credentials;  // what an Authorization header must hold; empty: none is asked for
  std::map<std::string, HttpServer::Handler, std::greater<>> routes;  // longer prefixes before their beginnings
  boost::asio::io_context context{1};
  std::set<std::shared_ptr<HttpSession>> sessions;  // the open ones, which this keeps alive
};

// Lives in the loop's thread. Waiting operations hold a shared_ptr to it.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(HttpLoop& loop, boost::asio::ip::tcp::socket socket);

  void start() { read(); }
  // Ends it now.
  void close();
  // The answer to request number `request`; one that comes too late is ignored.
  void respond(std::uint64_t request, HttpResponse response);

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void read();
  void on_read(boost::system::error_code error);
  void hand_to_route();
  void write(HttpResponse response, bool keep_alive);
  void on_written(boost::system::error_code error);
  void linger();
  void end();
  [[nodiscard]] bool is_authorized() const;

  HttpLoop& loop_;
  boost::beast::tcp_stream stream_;
  boost::asio::steady_timer answer_timer_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  boost::beast::http::response<boost::beast::http::string_body> response_;
  std::string remote_;
  std::uint64_t request_ = 0;  // number of the request being served
  bool waiting_for_answer_ = false;
  std::array<char, 4096> discarded_{};
  std::size_t discarded_bytes_ = 0;
};

}  // namespace carillon::management
