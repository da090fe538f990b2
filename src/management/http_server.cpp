// SPDX-License-Identifier: Apache-2.0
// The HTTP server's thread: accepts connections and lets sessions serve them.
#include "management/http_server.h"

#include <openssl/evp.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <memory>
#include <thread>
#include <utility>

#include "base/log.h"
#include "management/http_session.h"

namespace carillon::management {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// RFC 4648 section 4.
std::string base64(const std::string& text) {
  std::string result((text.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends it with a NUL
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(result.data()), reinterpret_cast<const unsigned char*>(text.data()),
                  static_cast<int>(text.size()));
  result.pop_back();
  return result;
}

}  // namespace

class HttpServer::Server {
 public:
  explicit Server(Settings settings) : loop_(std::make_shared<HttpLoop>(std::move(settings))) {
    const Settings& set = loop_->settings;
    if (!set.user.empty()) loop_->credentials = base64(set.user + ":" + set.password);
  }

  ~Server() { stop(); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  base::Result<> start() {
    const Settings& set = loop_->settings;
    error_code error;
    const auto address = asio::ip::make_address(set.ip, error);
    if (error) return base::fail("HTTP server: '" + set.ip + "' is not an IP address");
    const tcp::endpoint endpoint(address, set.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      error_code ignored;
      acceptor_.close(ignored);
      return base::fail("HTTP server: cannot listen on " + set.ip + " port " + std::to_string(set.port) + ": " +
                        error.message());
    }
    port_ = acceptor_.local_endpoint(error).port();
    accept();
    thread_ = std::thread([this] { run(); });
    return {};
  }

  void stop() {
    if (!thread_.joinable()) return;
    asio::post(loop_->context, [this] {
      error_code ignored;
      acceptor_.close(ignored);
      for (const auto& session : loop_->sessions) session->close();
      loop_->sessions.clear();
      loop_->context.stop();
    });
    thread_.join();
  }

  [[nodiscard]] HttpLoop& loop() { return *loop_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void run() {
    while (true) {
      try {
        loop_->context.run();
        return;
      } catch (const std::exception& error) {
        log::error("HTTP server: {}", error.what());  // out of memory, most likely: the session at fault is given up
      }
    }
  }

  void accept() {
    acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
      if (error) return accept_later();
      if (loop_->sessions.size() >= loop_->settings.max_connections) {
        refuse(socket);
      } else {
        auto session = std::make_shared<HttpSession>(*loop_, std::move(socket));
        loop_->sessions.insert(session);
        session->start();
      }
      accept();
    });
  }

  // Out of file descriptors: some will be closed meanwhile.
  void accept_later() {
    retry_.expires_after(std::chrono::milliseconds(100));
    retry_.async_wait([this](const error_code& error) {
      if (!error) accept();
    });
  }

  static void refuse(tcp::socket& socket) {
    constexpr std::string_view kAnswer =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(kAnswer.data(), kAnswer.size()), ignored);
  }

  std::shared_ptr<HttpLoop> loop_;
  tcp::acceptor acceptor_{loop_->context};
  asio::steady_timer retry_{loop_->context};
  std::uint16_t port_ = 0;
  std::thread thread_;
};

HttpServer::HttpServer(Settings settings) : server_(std::make_unique<Server>(std::move(settings))) {}

HttpServer::~HttpServer() = default;

void HttpServer::route(std::string prefix, Handler handler) {
  server_->loop().routes.insert_or_assign(std::move(prefix), std::move(handler));
}

std::vector<std::string> HttpServer::routes() const {
  std::vector<std::string> result;
  for (const auto& [prefix, handler] : server_->loop().routes) result.push_back(prefix);
  return result;
}

base::Result<> HttpServer::start() { return server_->start(); }

std::uint16_t HttpServer::port() const { return server_->port(); }

void HttpServer::stop() { server_->stop(); }

}  // namespace carillon::management
