// SPDX-License-Identifier: Apache-2.0
// The HTTP server over real sockets: what it serves, what it refuses, and that nobody can hold it up.
#include "management/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "base/strings.h"
#include "management/mi_over_http.h"

namespace carillon::management {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A connection to loopback that sends what it is told and reads what comes.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // False once the server has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  void post(std::string_view body, std::string_view headers = "Content-Type: application/json\r\n",
            std::string_view path = "/mi") {
    send("POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
  }

  // One answer, head and body; what came until the end when there is no whole one.
  std::string receive(bool to_head = false) {
    while (true) {
      const std::size_t head = buffer_.find("\r\n\r\n");
      if (head != std::string::npos) {
        const std::size_t size = head + 4 + (to_head ? 0 : body_size(head));
        if (buffer_.size() >= size) {
          std::string result = buffer_.substr(0, size);
          buffer_.erase(0, size);
          return result;
        }
      }
      if (!read_some()) return std::exchange(buffer_, {});
    }
  }

  // Everything until the server closes.
  std::string receive_to_end() {
    while (read_some()) {
    }
    return std::exchange(buffer_, {});
  }

 private:
  bool read_some() {
    char bytes[4096];
    const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
    if (size <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }

  [[nodiscard]] std::size_t body_size(std::size_t head_end) const {
    constexpr std::string_view kName = "Content-Length: ";
    const std::size_t at = buffer_.find(kName);
    if (at == std::string::npos || at > head_end) return 0;
    const std::size_t begin = at + kName.size();
    return base::parse_number<std::size_t>(std::string_view(buffer_).substr(begin, buffer_.find('\r', begin) - begin))
        .value_or(0);
  }

  int socket_;
  std::string buffer_;
};

// Answers with the request in angle brackets, unless that says otherwise.
class TestDispatcher final : public Dispatcher {
 public:
  base::Result<> dispatch(std::string request, Done done) override {
    if (request == "full") return base::fail("too many requests wait");
    if (request == "notification") {
      done("");
    } else if (request == "drop") {
      done = nullptr;
    } else if (request == "later") {
      std::thread([moved = std::move(done)]() mutable { moved("from another thread"); }).detach();
    } else if (request == "keep") {
      kept.set_value(std::move(done));
    } else {
      done("<" + request + ">");
    }
    return {};
  }
  std::promise<Done> kept;
};

class HttpServerTest : public ::testing::Test {
 protected:
  void start(HttpServer::Settings settings = {}) {
    settings.port = 0;
    server.emplace(std::move(settings));
    server->route("/mi", mi_over_http(dispatcher));
    server->route("/mi/deeper", [](const HttpRequest& request, HttpServer::Respond respond) {
      respond({.body = request.path + "|" + request.query + "|" + request.content_type});
    });
    auto started = server->start();
    ASSERT_TRUE(started) << started.error().message;
  }

  TestDispatcher dispatcher;
  std::optional<HttpServer> server;
};

TEST_F(HttpServerTest, AnswersAPost) {
  start();
  Client client(server->port());
  client.post("hello");
  EXPECT_THAT(client.receive(), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"),
                                      HasSubstr("Content-Type: application/json\r\n"), EndsWith("\r\n\r\n<hello>")));
}

TEST_F(HttpServerTest, KeepsTheConnectionAndServesPipelinedRequestsInOrder) {
  start();
  Client client(server->port());
  for (const std::string_view body : {"1", "later", "3"}) client.post(body);
  EXPECT_THAT(client.receive(), EndsWith("<1>"));
  EXPECT_THAT(client.receive(), EndsWith("from another thread"));
  EXPECT_THAT(client.receive(), EndsWith("<3>"));
  client.post("bye", "Content-Type: application/json\r\nConnection: close\r\n");
  EXPECT_THAT(client.receive_to_end(), AllOf(HasSubstr("Connection: close"), EndsWith("<bye>")));
}

TEST_F(HttpServerTest, AcceptsARequestInSmallPieces) {
  start();
  Client client(server->port());
  const std::string_view request =
      "POST /mi HTTP/1.1\r\nHost: x\r\nContent-Type: Application/JSON; charset=utf-8\r\nContent-Length: 3\r\n\r\nabc";
  for (const char c : request) ASSERT_TRUE(client.send({&c, 1}));
  EXPECT_THAT(client.receive(), EndsWith("<abc>"));
}

TEST_F(HttpServerTest, AcceptsChunkedBodies) {
  start();
  Client client(server->port());
  client.send(
      "POST /mi HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
  EXPECT_THAT(client.receive(), EndsWith("<abc>"));
}

TEST_F(HttpServerTest, RoutesByTheLongestPath) {
  start();
  EXPECT_THAT(server->routes(), ::testing::ElementsAre("/mi/deeper", "/mi"));
  Client client(server->port());
  client.send("GET /mi/deeper/still?a=1&b HTTP/1.1\r\nHost: x\r\nContent-Type: Text/Plain;x\r\n\r\n");
  EXPECT_THAT(client.receive(), EndsWith("\r\n\r\n/mi/deeper/still|a=1&b|text/plain"));
  for (const std::string_view path : {"/", "/other", "/min", "*", "/MI"}) {
    client.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 404 ")) << path;
  }
}

TEST_F(HttpServerTest, RefusesOtherMethodsTypesAndWebPages) {
  start();
  Client client(server->port());
  client.send("GET /mi HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.receive(), AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: POST\r\n")));
  client.send("HEAD /mi HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.receive(true), AllOf(StartsWith("HTTP/1.1 405 "), EndsWith("\r\n\r\n")));
  client.post("x", "Content-Type: text/plain\r\n");
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 415 "));
  client.post("x", "");
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 415 "));
  client.post("x", "Content-Type: application/json\r\nOrigin: http://evil.example\r\n");
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 403 "));
}

TEST_F(HttpServerTest, AnswersForADispatcherThatCannot) {
  start();
  Client client(server->port());
  client.post("full");
  EXPECT_THAT(client.receive(), AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: 1\r\n"),
                                      EndsWith("too many requests wait\n")));
  client.post("notification");
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 204 "));
  client.post("drop");
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 500 "));
}

TEST_F(HttpServerTest, AsksForThePassword) {
  start({.realm = "OpenSIPS MI", .user = "Aladdin", .password = "open sesame"});
  Client client(server->port());
  const std::string type = "Content-Type: application/json\r\n";
  for (const std::string_view wrong :
       {"", "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZg==\r\n", "Authorization: Basic\r\n",
        "Authorization: Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n",
        "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ\r\n"}) {
    client.post("x", type + std::string(wrong));
    EXPECT_THAT(client.receive(),
                AllOf(StartsWith("HTTP/1.1 401 "), HasSubstr("WWW-Authenticate: Basic realm=\"OpenSIPS MI\"")));
  }
  client.post("x", type + "Authorization: basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n");
  EXPECT_THAT(client.receive(), EndsWith("<x>"));
}

TEST_F(HttpServerTest, RefusesWhatIsTooLargeAndStillDeliversTheAnswer) {
  start({.max_header_bytes = 1024, .max_body_bytes = 10'000});
  Client fitting(server->port());
  fitting.post(std::string(10'000, 'x'));
  EXPECT_THAT(fitting.receive(), StartsWith("HTTP/1.1 200 "));

  Client large(server->port());
  large.post(std::string(20'000, 'x'));
  EXPECT_THAT(large.receive(), AllOf(StartsWith("HTTP/1.1 413 "), HasSubstr("Connection: close")));

  Client chunked(server->port());
  chunked.send("POST /mi HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 11; ++i) chunked.send("3e8\r\n" + std::string(1000, 'x') + "\r\n");
  EXPECT_THAT(chunked.receive(), StartsWith("HTTP/1.1 413 "));

  Client headers(server->port());
  headers.send("GET /mi HTTP/1.1\r\nX: " + std::string(2000, 'x') + "\r\n\r\n");
  EXPECT_THAT(headers.receive(), StartsWith("HTTP/1.1 431 "));
}

TEST_F(HttpServerTest, RefusesWhatIsNoHttp) {
  start();
  for (const std::string_view bytes :
       {"INVITE sip:a@b SIP/2.0\r\n\r\n", "\x16\x03\x01\x02", "GET / HTTP/1.1\r\n: x\r\n\r\n",
        "POST /mi HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST /mi HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST /mi HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        "POST /mi HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx", "GET / HTTP/9.9\r\n\r\n"}) {
    Client client(server->port());
    client.send(bytes);
    EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 4")) << bytes;
  }
  Client client(server->port());
  client.post("still there");
  EXPECT_THAT(client.receive(), EndsWith("<still there>"));
}

TEST_F(HttpServerTest, ClosesOnThoseWhoAreSlow) {
  start({.connection_timeout = std::chrono::milliseconds(50)});
  Client silent(server->port());
  Client halfway(server->port());
  halfway.send("POST /mi HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_EQ(silent.receive_to_end(), "");
  EXPECT_EQ(halfway.receive_to_end(), "");
}

TEST_F(HttpServerTest, AnswersWhenTheHandlerTakesTooLong) {
  start({.handler_timeout = std::chrono::milliseconds(20)});
  Client client(server->port());
  client.post("keep");
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 504 "));
  client.post("next");
  EXPECT_THAT(client.receive(), EndsWith("<next>"));
  dispatcher.kept.get_future().get()("too late");
  client.post("another");
  EXPECT_THAT(client.receive(), EndsWith("<another>")) << "the late answer is not taken for this one's";
}

TEST_F(HttpServerTest, BoundsTheNumberOfConnections) {
  start({.max_connections = 2});
  Client first(server->port());
  Client second(server->port());
  first.post("1");
  second.post("2");
  EXPECT_THAT(first.receive(), EndsWith("<1>"));
  EXPECT_THAT(second.receive(), EndsWith("<2>"));
  Client third(server->port());
  EXPECT_THAT(third.receive_to_end(), StartsWith("HTTP/1.1 503 "));
  first.post("again");
  EXPECT_THAT(first.receive(), EndsWith("<again>"));
}

TEST_F(HttpServerTest, StopsWhileConnectionsAndAnswersAreOut) {
  start();
  Client waiting(server->port());
  Client idle(server->port());
  waiting.post("keep");
  Dispatcher::Done kept = dispatcher.kept.get_future().get();
  server->stop();
  EXPECT_EQ(idle.receive_to_end(), "");
  EXPECT_EQ(waiting.receive_to_end(), "");
  server.reset();
  kept("for nobody");
}

TEST_F(HttpServerTest, NamesTheAddressItCannotServe) {
  start();
  HttpServer busy({.port = server->port()});
  EXPECT_THAT(busy.start().error().message,
              AllOf(HasSubstr("127.0.0.1 port " + std::to_string(server->port())), HasSubstr("in use")));
  HttpServer nonsense({.ip = "nonsense"});
  EXPECT_THAT(nonsense.start().error().message, HasSubstr("'nonsense' is not an IP address"));
}

}  // namespace
}  // namespace carillon::management
