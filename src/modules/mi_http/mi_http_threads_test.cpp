// SPDX-License-Identifier: Apache-2.0
// Commands over a real HTTP connection to a server whose script loads httpd and mi_http; the rest of it is simulated.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <string>
#include <vector>

#include "base/strings.h"
#include "testing/scenario/log_capture.h"
#include "testing/scenario/world.h"

namespace carillon::mi_http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::World;

// One request on a connection of its own; everything that came back.
std::string exchange(std::uint16_t port, std::string_view request) {
  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (::connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      ::send(client, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
    char bytes[4096];
    for (ssize_t size = 0; (size = ::recv(client, bytes, sizeof bytes, 0)) > 0;) {
      answer.append(bytes, static_cast<std::size_t>(size));
    }
  }
  ::close(client);
  return answer;
}

std::string post(std::string_view path, std::string_view body, std::string_view more_headers = {}) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
         "Content-Type: application/json\r\n" + std::string(more_headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

class MiHttpTest : public ::testing::Test {
 protected:
  base::Result<> start(std::vector<World::Setup::Parameter> parameters = {},
                       std::vector<std::string> modules = {"httpd", "mi_http"}) {
    World::Setup setup;
    setup.path = "mi_http_threads_test.cpp";
    setup.script = "route { }";
    setup.modules = std::move(modules);
    setup.parameters = std::move(parameters);
    if (std::ranges::find(setup.modules, "httpd") != setup.modules.end()) {
      setup.parameters.push_back({"httpd", "port", "0"});
    }
    return world_.start(setup);
  }

  [[nodiscard]] std::uint16_t port() const {
    constexpr std::string_view kBefore = "HTTP server: listening on 127.0.0.1 port ";
    for (const std::string& line : log_.lines()) {
      const std::size_t at = line.find(kBefore);
      if (at != std::string::npos) return base::parse_number<std::uint16_t>(line.substr(at + kBefore.size())).value();
    }
    return 0;
  }

  // The server works while the client waits.
  std::string ask(const std::string& request) {
    auto answer = std::async(std::launch::async, exchange, port(), request);
    while (answer.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) world_.advance({});
    return answer.get();
  }

  testing::LogCapture log_;
  World world_;
};

TEST_F(MiHttpTest, RunsACommandInAShardAndAnswers) {
  ASSERT_TRUE(start());
  const std::string answer = ask(post("/mi", R"({"jsonrpc":"2.0","method":"httpd_list_root_path","id":5})"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, EndsWith(R"({"jsonrpc":"2.0","result":[{"http_root":"/mi","module":"mi_http"}],"id":5})"));
}

TEST_F(MiHttpTest, RefusesWhatIsNoCommand) {
  ASSERT_TRUE(start());
  EXPECT_THAT(ask("GET /mi HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(ask(post("/elsewhere", "{}")), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(ask(post("/mi", "\x01{{")), HasSubstr("-32700"));
  EXPECT_THAT(ask(post("/mi", R"({"jsonrpc":"2.0","method":"no_such","id":1})")), HasSubstr("-32601"));
}

TEST_F(MiHttpTest, ServesAnotherRootForPeopleToRead) {
  ASSERT_TRUE(start({{"mi_http", "root", R"("/rpc/")"}, {"mi_http", "pretty_printing", "1"}}));
  const std::string answer = ask(post("/rpc", R"({"jsonrpc":"2.0","method":"version","id":1})"));
  EXPECT_THAT(answer, HasSubstr("{\n    \"jsonrpc\": \"2.0\",\n    \"result\": {\n        \"Server\""));
}

TEST_F(MiHttpTest, ServesAllPathsWithAnEmptyRoot) {
  ASSERT_TRUE(start({{"mi_http", "root", R"("")"}}));
  EXPECT_THAT(ask(post("/", R"({"jsonrpc":"2.0","method":"version","id":1})")), StartsWith("HTTP/1.1 200"));
}

TEST_F(MiHttpTest, AsksForThePassword) {
  ASSERT_TRUE(start({{"httpd", "auth_username", R"("admin")"}, {"httpd", "auth_password", R"("secret")"}}));
  const std::string command = R"({"jsonrpc":"2.0","method":"version","id":1})";
  const std::string refused = ask(post("/mi", command));
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(refused, HasSubstr("OpenSIPS MI"));
  // admin:secret
  EXPECT_THAT(ask(post("/mi", command, "Authorization: Basic YWRtaW46c2VjcmV0\r\n")), StartsWith("HTTP/1.1 200"));
}

TEST_F(MiHttpTest, BoundsTheBody) {
  ASSERT_TRUE(start({{"httpd", "max_body_size", "100"}}));
  EXPECT_THAT(ask(post("/mi", std::string(101, ' '))), StartsWith("HTTP/1.1 413"));
}

TEST_F(MiHttpTest, NeedsTheModuleHttpd) {
  const auto started = start({}, {"mi_http"});
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("mi_http needs module 'httpd'"));
}

TEST_F(MiHttpTest, SaysWhatKeepsItFromStarting) {
  const auto started = start({{"httpd", "ip", R"("nowhere")"}});
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("httpd: HTTP server: 'nowhere' is not an IP address"));
}

TEST_F(MiHttpTest, TakesNoPasswordWithoutAName) {
  const auto started = start({{"httpd", "auth_password", R"("secret")"}});
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("auth_username and auth_password go together"));
}

TEST_F(MiHttpTest, SaysThatThereIsNoTlsYet) {
  const auto started = start({{"httpd", "tls_cert_file", R"("/tmp/cert.pem")"}});
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("HTTPS is not there yet"));
}

}  // namespace
}  // namespace carillon::mi_http
