// SPDX-License-Identifier: Apache-2.0
// One HTTP connection, step by step.
#include "management/http_session.h"

#include <openssl/crypto.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "base/strings.h"

namespace carillon::management {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

// The way back from a handler: once, from any thread.
class Answer {
 public:
  Answer(std::shared_ptr<HttpLoop> loop, std::weak_ptr<HttpSession> session, std::uint64_t request)
      : loop_(std::move(loop)), session_(std::move(session)), request_(request) {}
  ~Answer() {
    if (!given_) give({.status = 500, .body = "the request was dropped\n"});
  }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  void give(HttpResponse response) {
    given_ = true;
    asio::post(loop_->context, [session = session_, request = request_, response = std::move(response)]() mutable {
      if (const auto alive = session.lock()) alive->respond(request, std::move(response));
    });
  }

 private:
  std::shared_ptr<HttpLoop> loop_;  // outlives the server: its context takes the post and forgets it
  std::weak_ptr<HttpSession> session_;
  std::uint64_t request_;
  bool given_ = false;
};

// What a request that can't be read is answered; 0: nothing, the connection just ends.
unsigned status_of(const error_code& error) {
  if (error == http::error::body_limit) return 413;
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::end_of_stream || error == http::error::partial_message) return 0;
  return error.category() == http::make_error_code(http::error::bad_method).category() ? 400 : 0;
}

bool serves(std::string_view prefix, std::string_view path) {
  if (prefix == "/") return true;
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

}  // namespace

HttpSession::HttpSession(HttpLoop& loop, asio::ip::tcp::socket socket)
    : loop_(loop),
      stream_(std::move(socket)),
      answer_timer_(loop.context),
      buffer_(loop.settings.max_header_bytes + loop.settings.max_body_bytes) {
  error_code error;
  const auto remote = stream_.socket().remote_endpoint(error);
  if (!error) {
    const std::string address = remote.address().to_string(error);
    remote_ = (remote.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(remote.port());
  }
}

void HttpSession::read() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(loop_.settings.max_header_bytes));
  parser_->body_limit(loop_.settings.max_body_bytes);
  stream_.expires_after(loop_.settings.connection_timeout);
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](const error_code& error, std::size_t) { self->on_read(error); });
}

void HttpSession::on_read(error_code error) {
  stream_.expires_never();
  if (error) {
    const unsigned status = status_of(error);
    if (status == 0) return end();
    return write({.status = status, .body = error.message() + "\n"}, false);
  }
  if (!is_authorized()) {
    HttpResponse refusal{.status = 401, .body = "authentication required\n"};
    refusal.headers.emplace_back("WWW-Authenticate", "Basic realm=\"" + loop_.settings.realm + "\", charset=\"UTF-8\"");
    return write(std::move(refusal), parser_->get().keep_alive());
  }
  hand_to_route();
}

bool HttpSession::is_authorized() const {
  if (loop_.credentials.empty()) return true;
  constexpr std::string_view kScheme = "Basic ";
  const std::string_view header = view(parser_->get()[http::field::authorization]);
  if (!base::istarts_with(header, kScheme)) return false;
  const std::string_view given = base::trim(header.substr(kScheme.size()));
  // Takes as long whatever is wrong, so that nothing can be guessed piece by piece.
  return given.size() == loop_.credentials.size() &&
         CRYPTO_memcmp(given.data(), loop_.credentials.data(), given.size()) == 0;
}

void HttpSession::hand_to_route() {
  auto& message = parser_->get();
  const std::string target(view(message.target()));
  std::string_view query = target;
  const std::string_view path = base::take_until(query, '?');
  for (const auto& [prefix, handler] : loop_.routes) {
    if (!serves(prefix, path)) continue;
    std::string_view content_type = view(message[http::field::content_type]);
    HttpRequest request{.method = std::string(view(message.method_string())),
                        .path = std::string(path),
                        .query = std::string(query),
                        .content_type = base::to_lower(base::trim(base::take_until(content_type, ';'))),
                        .origin = std::string(view(message[http::field::origin])),
                        .remote = remote_,
                        .body = std::move(message.body())};
    waiting_for_answer_ = true;
    ++request_;
    answer_timer_.expires_after(loop_.settings.handler_timeout);
    answer_timer_.async_wait([weak = weak_from_this(), number = request_](const error_code& error) {
      const auto self = weak.lock();
      if (self && !error) self->respond(number, {.status = 504, .body = "no answer in time\n"});
    });
    auto answer = std::make_unique<Answer>(loop_.shared_from_this(), weak_from_this(), request_);
    return handler(std::move(request),
                   [answer = std::move(answer)](HttpResponse given) mutable { answer->give(std::move(given)); });
  }
  write({.status = 404, .body = "nothing is served here\n"}, message.keep_alive());
}

void HttpSession::respond(std::uint64_t request, HttpResponse response) {
  if (!waiting_for_answer_ || request != request_) return;
  waiting_for_answer_ = false;
  answer_timer_.cancel();
  write(std::move(response), parser_->get().keep_alive());
}

void HttpSession::write(HttpResponse response, bool keep_alive) {
  response_ = {};
  response_.version(11);
  response_.result(response.status);
  response_.set(http::field::server, "Carillon");
  if (!response.body.empty()) response_.set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) response_.set(name, value);
  response_.keep_alive(keep_alive);
  response_.body() = std::move(response.body);
  response_.prepare_payload();
  if (parser_->get().method() == http::verb::head) response_.body().clear();  // its length stays in the header
  stream_.expires_after(loop_.settings.connection_timeout);
  http::async_write(stream_, response_,
                    [self = shared_from_this()](const error_code& error, std::size_t) { self->on_written(error); });
}

void HttpSession::on_written(error_code error) {
  if (error) return end();
  if (response_.keep_alive()) return read();
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
  linger();
}

// Closing with bytes unread would reset the connection and lose the answer on its way, so what still comes (the rest of
// a body that was refused) is read and dropped, within the usual time and size.
void HttpSession::linger() {
  stream_.async_read_some(asio::buffer(discarded_),
                          [self = shared_from_this()](const error_code& error, std::size_t size) {
                            self->discarded_bytes_ += size;
                            const bool enough = self->discarded_bytes_ > self->loop_.settings.max_body_bytes;
                            if (error || enough) return self->end();
                            self->linger();
                          });
}

void HttpSession::close() {
  error_code ignored;
  answer_timer_.cancel();
  stream_.socket().close(ignored);
}

void HttpSession::end() {
  close();
  loop_.sessions.erase(shared_from_this());
}

}  // namespace carillon::management
