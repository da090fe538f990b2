// SPDX-License-Identifier: Apache-2.0
// Transfers from servers that answer, and from those that don't.
#include "modules/rest_client/transfers.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <vector>

#include "testing/web_server.h"

namespace carillon::rest_client {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using testing::WebServer;

class TransfersTest : public ::testing::Test {
 protected:
  void start(Settings settings = {}) {
    transfers_.emplace(std::move(settings), pool_, statistics_);
    ASSERT_TRUE(transfers_->start());
  }
  std::future<Answer> begin(Request request) {
    auto promise = std::make_shared<std::promise<Answer>>();
    auto future = promise->get_future();
    const auto begun = transfers_->begin(std::move(request), [promise](Answer answer) { promise->set_value(answer); });
    EXPECT_TRUE(begun);
    return future;
  }
  std::future<Answer> begin(const std::string& path) {
    return begin(Request{.url = "http://" + server_.address() + path});
  }
  Answer get(const std::string& path) { return begin(path).get(); }
  Answer send(Request request, const std::string& path = "/echo") {
    request.url = "http://" + server_.address() + path;
    return begin(std::move(request)).get();
  }

  WebServer server_;
  storage::Pool pool_{{.threads = 1}};
  Statistics statistics_;
  std::optional<Transfers> transfers_;
};

// A port of loopback where nobody answers a SYN: its backlog is full.
class Deaf {
 public:
  Deaf() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const bound = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_, bound, size), 0);
    EXPECT_EQ(::listen(listener_, 0), 0);
    EXPECT_EQ(::getsockname(listener_, bound, &size), 0);
    port_ = ntohs(address.sin_port);
    for (int i = 0; i < 4; ++i) {
      others_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      static_cast<void>(::connect(others_.back(), bound, size));
    }
  }
  ~Deaf() {
    for (const int other : others_) ::close(other);
    ::close(listener_);
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

 private:
  int listener_;
  std::uint16_t port_ = 0;
  std::vector<int> others_;
};

TEST_F(TransfersTest, GivesBodyTypeAndStatus) {
  start();
  const Answer answer = get("/echo");
  EXPECT_EQ(answer.outcome, Outcome::Done);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "text/plain");
  EXPECT_THAT(answer.body, StartsWith("GET /echo HTTP/1.1\r\n"));
}

TEST_F(TransfersTest, TakesAnErrorStatusForAnAnswer) {
  start();
  const Answer answer = get("/status/503");
  EXPECT_EQ(answer.outcome, Outcome::Done);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "as told");
  EXPECT_EQ(get("/empty").status, 204);
  EXPECT_EQ(get("/empty").body, "");
}

TEST_F(TransfersTest, PostsAndPutsBodiesOfBytes) {
  start();
  const std::string body("a=1&b=\0\xff", 8);
  const Answer posted = send({.method = Method::Post, .body = body});
  EXPECT_THAT(posted.body, AllOf(StartsWith("POST "), HasSubstr("Content-Type: application/x-www-form-urlencoded"),
                                 HasSubstr("Content-Length: 8"), HasSubstr("\r\n\r\n" + body)));
  const Answer put = send({.method = Method::Put, .body = "{}", .content_type = "application/json"});
  EXPECT_THAT(put.body, AllOf(StartsWith("PUT "), HasSubstr("Content-Type: application/json\r\n"),
                              Not(HasSubstr("urlencoded")), HasSubstr("\r\n\r\n{}")));
  EXPECT_THAT(send({.method = Method::Post}).body, HasSubstr("Content-Length: 0\r\n"));
}

TEST_F(TransfersTest, SendsHeadersOfOneRequestOnly) {
  start();
  EXPECT_THAT(send({.headers = {"Authorization: Bearer x", "X-A: 1"}}).body,
              AllOf(HasSubstr("Authorization: Bearer x\r\n"), HasSubstr("X-A: 1\r\n")));
  EXPECT_THAT(get("/echo").body, Not(HasSubstr("Bearer")));
}

TEST_F(TransfersTest, UsesConnectionsAgain) {
  start();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get("/echo").outcome, Outcome::Done);
  EXPECT_EQ(server_.connections(), 1U);
}

TEST_F(TransfersTest, DoesNotFollowRedirects) {
  start();
  const Answer answer = get("/redirect");
  EXPECT_EQ(answer.status, 302);
  EXPECT_EQ(answer.body, "moved");
}

TEST_F(TransfersTest, SpeaksHttpOnly) {
  start();
  for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x", "no url", ""}) {
    const Answer answer = begin(Request{.url = url}).get();
    EXPECT_EQ(answer.outcome, Outcome::Failed) << url;
    EXPECT_EQ(answer.status, 0);
    EXPECT_EQ(answer.body, "");
  }
}

TEST_F(TransfersTest, TellsARefusedConnection) {
  start();
  std::string url;
  {
    const WebServer gone;
    url = "http://" + gone.address() + "/echo";
  }
  EXPECT_EQ(begin(Request{.url = url}).get().outcome, Outcome::Refused);
}

TEST_F(TransfersTest, TellsAConnectionThatTakesTooLong) {
  start({.connect_limit = 100ms});
  const Deaf deaf;
  EXPECT_EQ(begin(Request{.url = deaf.url()}).get().outcome, Outcome::ConnectTimeout);
}

TEST_F(TransfersTest, TellsAServerThatNeverAnswers) {
  start({.limit = 100ms});
  const Answer answer = get("/hang");
  EXPECT_EQ(answer.outcome, Outcome::TransferTimeout);
  EXPECT_EQ(answer.status, 0);
}

TEST_F(TransfersTest, KeepsWhatCameBeforeTheTimeWasOver) {
  start({.limit = 200ms});
  const Answer answer = get("/stall");
  EXPECT_EQ(answer.outcome, Outcome::TransferTimeout);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "half");
}

TEST_F(TransfersTest, TakesTheShorterOfTheLimits) {
  start({.limit = 100s});
  EXPECT_EQ(begin(Request{.url = "http://" + server_.address() + "/hang", .limit = 50ms}).get().outcome,
            Outcome::TransferTimeout);
}

TEST_F(TransfersTest, FailsWhenAResponseIsCutOrNone) {
  start();
  EXPECT_EQ(get("/partial").outcome, Outcome::Failed);
  EXPECT_EQ(get("/partial").status, 200);
  EXPECT_EQ(get("/close").outcome, Outcome::Failed);
  EXPECT_EQ(get("/close").status, 0);
  EXPECT_EQ(get("/garbage").outcome, Outcome::Failed);
}

TEST_F(TransfersTest, BoundsTheSizeOfAResponse) {
  start({.max_body = 1000});
  EXPECT_EQ(get("/bytes/1000").body.size(), 1000U);
  const Answer answer = get("/bytes/10000000");
  EXPECT_EQ(answer.outcome, Outcome::Failed);
  EXPECT_EQ(answer.status, 200);
}

TEST_F(TransfersTest, LetsTheOthersWaitForTheirTurn) {
  start({.limit = 300ms, .at_once = {.under_way = 2, .queued = 10}});
  auto first = begin("/hang");
  auto second = begin("/hang");
  auto third = begin("/echo");  // has its turn when those are over, and then no time
  EXPECT_EQ(first.get().outcome, Outcome::TransferTimeout);
  EXPECT_EQ(second.get().outcome, Outcome::TransferTimeout);
  EXPECT_EQ(third.get().outcome, Outcome::ConnectTimeout);
  EXPECT_EQ(get("/echo").outcome, Outcome::Done);
}

TEST_F(TransfersTest, RefusesWhatWouldBeTooMany) {
  start({.limit = 500ms, .at_once = {.under_way = 1, .queued = 1}});
  auto first = begin("/hang");
  int refused = 0;
  for (int i = 0; i < 5; ++i) {
    if (!transfers_->begin(Request{.url = "http://" + server_.address() + "/echo"}, [](const Answer&) {})) ++refused;
  }
  EXPECT_GE(refused, 3);
  EXPECT_EQ(statistics_.refused.value(), static_cast<std::uint64_t>(refused));
  EXPECT_EQ(first.get().outcome, Outcome::TransferTimeout);
}

TEST_F(TransfersTest, CarriesHundredsAtOnce) {
  start({.limit = 10s, .at_once = {.under_way = 300, .queued = 1000}});
  std::vector<std::future<Answer>> futures;
  futures.reserve(600);
  for (int i = 0; i < 300; ++i) futures.push_back(begin("/stall"));
  const auto begin_time = std::chrono::steady_clock::now();
  while (server_.connections() < 300 && std::chrono::steady_clock::now() - begin_time < 9s) {
    std::this_thread::yield();
  }
  EXPECT_EQ(server_.connections(), 300U);
  transfers_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin_time, 9s);
}

TEST_F(TransfersTest, LetsOneConnectAtATime) {
  start({.connect_limit = 300ms, .no_concurrent_connects = true});
  const Deaf deaf;
  auto first = begin(Request{.url = deaf.url()});
  EXPECT_EQ(begin(Request{.url = deaf.url()}).get().outcome, Outcome::AlreadyConnecting);
  EXPECT_EQ(first.get().outcome, Outcome::ConnectTimeout);
  // Once it is connected the next may begin, and what waits for a response is no longer connecting.
  EXPECT_EQ(get("/echo").outcome, Outcome::Done);
  EXPECT_EQ(get("/echo").outcome, Outcome::Done);
}

TEST_F(TransfersTest, ReachesIpv6) {
  const WebServer six(true);
  start();
  EXPECT_EQ(begin(Request{.url = "http://" + six.address() + "/echo"}).get().status, 200);
}

TEST_F(TransfersTest, AsksBeforeItSendsMuch) {
  start({.expect_100 = true});
  EXPECT_THAT(send({.method = Method::Post, .body = std::string(1025, 'x')}).body, HasSubstr("Expect: 100-continue"));
  EXPECT_THAT(send({.method = Method::Post, .body = std::string(1024, 'x')}).body, Not(HasSubstr("Expect:")));
}

TEST_F(TransfersTest, AsksNobodyByItself) {
  start();
  EXPECT_THAT(send({.method = Method::Post, .body = std::string(2'000'000, 'x')}).body, Not(HasSubstr("Expect:")));
}

TEST_F(TransfersTest, StopsAtOnceAndTellsNobody) {
  start();
  bool told = false;
  ASSERT_TRUE(transfers_->begin(Request{.url = "http://" + server_.address() + "/hang"},
                                [&told](const Answer&) { told = true; }));
  const auto begin_time = std::chrono::steady_clock::now();
  transfers_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin_time, 5s);
  EXPECT_FALSE(told);
  EXPECT_FALSE(transfers_->begin(Request{.url = "http://127.0.0.1/"}, [](const Answer&) {}));
}

TEST_F(TransfersTest, WithoutAThreadWorksWhereThePoolIsRun) {
  storage::Pool none({.threads = 0});
  Transfers transfers({}, none, statistics_);
  ASSERT_TRUE(transfers.start());
  std::optional<Answer> answer;
  ASSERT_TRUE(transfers.begin(Request{.url = "http://" + server_.address() + "/echo"},
                              [&answer](Answer got) { answer = std::move(got); }));
  EXPECT_FALSE(answer);
  EXPECT_TRUE(none.run_pending());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
}

}  // namespace
}  // namespace carillon::rest_client
