// SPDX-License-Identifier: Apache-2.0
// The messages of tests/torture against the whole server, as one datagram and on a TCP connection: a registrar and
// proxy answers, registers, forwards or drops each as the RFC says, and what it forwards has not changed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "sip/torture_fixture.h"
#include "testing/peer.h"
#include "testing/scenario/phone.h"
#include "testing/scenario/text_message.h"
#include "testing/scenario/wire_check.h"
#include "testing/scenario/world.h"

namespace carillon::testing {
namespace {

using sip::TortureCase;

constexpr const char* kScript = R"(
route {
  if (is_method("REGISTER")) {
    save("location");
    exit;
  }
  if ($ru =~ "^sips?:") $du = "sip:10.0.0.12:5060";
  t_relay();
})";

base::Endpoint endpoint(const std::string& text) { return *base::Endpoint::parse(text); }

// The header lines of a head with their folds.
std::vector<std::string> header_lines(std::string_view bytes) {
  std::vector<std::string> lines;
  bytes = bytes.substr(0, bytes.find("\r\n\r\n") + 2);
  while (!bytes.empty()) {
    std::size_t end = bytes.find("\r\n") + 2;
    while (end < bytes.size() && (bytes[end] == ' ' || bytes[end] == '\t')) end = bytes.find("\r\n", end) + 2;
    lines.emplace_back(bytes.substr(0, end));
    bytes.remove_prefix(end);
  }
  lines.erase(lines.begin());
  return lines;
}

std::string name_of(const std::string& line) { return std::string(base::trim(line.substr(0, line.find(':')))); }

// What a proxy may not change: all lines but Max-Forwards and, where it was missing, Content-Length.
std::vector<std::string> kept_lines(std::vector<std::string> lines, bool had_length) {
  std::erase_if(lines, [&](const std::string& line) {
    return is_same_header(name_of(line), "Max-Forwards") ||
           (!had_length && is_same_header(name_of(line), "Content-Length"));
  });
  return lines;
}

// The Via of the previous hop without what its receiver adds to it (RFC 3261 section 18.2.1, RFC 3581 section 4).
std::string without_stamp(const std::string& via) {
  return std::regex_replace(std::regex_replace(via, std::regex(";received=[^;\r]*"), ""), std::regex("rport=5060"),
                            "rport");
}

void expect_untouched(const std::string& sent, const std::string& forwarded) {
  const bool had_length = TextMessage::parse(sent)->has("Content-Length");
  std::vector<std::string> before = kept_lines(header_lines(sent), had_length);
  std::vector<std::string> after = kept_lines(header_lines(forwarded), had_length);
  ASSERT_FALSE(after.empty());
  EXPECT_TRUE(after.front().starts_with("Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK")) << after.front();
  after.erase(after.begin());
  const auto is_via = [](const std::string& line) { return is_same_header(name_of(line), "Via"); };
  for (auto* const lines : {&before, &after}) {
    const auto top = std::ranges::find_if(*lines, is_via);
    ASSERT_NE(top, lines->end());
    *top = without_stamp(*top);
  }
  EXPECT_EQ(before, after);
  EXPECT_EQ(sent.substr(0, sent.find("\r\n")), forwarded.substr(0, forwarded.find("\r\n")));
  const std::string body = TextMessage::parse(forwarded)->body();
  EXPECT_EQ(sent.substr(sent.find("\r\n\r\n") + 4, body.size()), body);
}

// As a user agent answers what reached it.
std::string answer_to(const std::string& request) {
  const TextMessage message = *TextMessage::parse(request);
  TextMessage response(message.method() == "INVITE" ? "SIP/2.0 486 Busy Here" : "SIP/2.0 202 Accepted");
  for (const TextMessage::Header& header : message.headers()) {
    for (const char* copied : {"Via", "From", "To", "Call-ID", "CSeq"}) {
      if (is_same_header(header.name, copied)) response.add(copied, header.value);
    }
  }
  return response.write();
}

class TortureServer {
 public:
  TortureServer() {
    World::Setup setup;
    setup.path = "torture";
    setup.script = kScript;
    const auto started = world_.start(setup);
    EXPECT_TRUE(started.has_value()) << started.error().message;
    // Answers go to the port of the topmost Via.
    for (const char* port : {"5060", "5050", "6050", "19823"}) {
      alice_.push_back(std::make_unique<DatagramPeer>(world_.network(), endpoint(fmt::format("10.0.0.11:{}", port))));
    }
    bob_ = std::make_unique<DatagramPeer>(world_.network(), endpoint("10.0.0.12:5060"));
  }

  void send_datagram(const std::string& bytes) {
    alice_.front()->send(endpoint("10.0.0.1:5060"), bytes);
    settle();
  }
  void send_stream(const std::string& bytes) {
    stream_ =
        StreamPeer::connect(world_.network(), {.remote = endpoint("10.0.0.1:5060"), .local = endpoint("10.0.0.11:0")});
    EXPECT_TRUE(stream_->send(bytes));
    settle();
  }

  // What the callee received.
  [[nodiscard]] const std::vector<std::string>& forwarded() const { return forwarded_; }
  [[nodiscard]] const std::vector<std::string>& answers() const { return answers_; }
  void answer_by_callee() {
    answers_.clear();
    bob_->send(endpoint("10.0.0.1:5060"), answer_to(forwarded_.front()));
    settle();
  }

  // "answered 400 Bad Via header", "registered 2", "forwarded", "dropped"; several with ", " in between, and "closed"
  // for a connection that is closed.
  [[nodiscard]] std::string outcome() {
    std::vector<std::string> all;
    for (const std::string& bytes : answers_) {
      EXPECT_EQ(wire_fault(bytes).value_or(""), "") << bytes;
      const TextMessage message = *TextMessage::parse(bytes);
      if (message.method() == "REGISTER" && message.status() == 200) {
        all.push_back(fmt::format("registered {}", message.values("Contact").size()));
      } else {
        const bool has_unsupported = message.has("Unsupported");
        all.push_back(fmt::format("answered {} {}{}", message.status(), message.reason(),
                                  has_unsupported ? fmt::format(" [{}]", message.value("Unsupported")) : ""));
      }
    }
    for (const std::string& bytes : forwarded_) {
      EXPECT_EQ(wire_fault(bytes).value_or(""), "") << bytes;
      all.emplace_back("forwarded");
    }
    if (all.empty()) all.emplace_back("dropped");
    if (stream_ && (stream_->seen().ended || stream_->seen().closed)) all.emplace_back("closed");
    return fmt::format("{}", fmt::join(all, ", "));
  }

 private:
  void settle() {
    world_.advance(base::Duration::zero());
    for (const auto& peer : alice_) {
      while (auto datagram = peer->take()) add_answer(std::move(datagram->bytes));
    }
    if (stream_) unread_ += stream_->take();
    while (const std::size_t length = message_length(unread_)) {
      add_answer(unread_.substr(0, length));
      unread_.erase(0, length);
    }
    while (auto datagram = bob_->take()) {
      if (!datagram->bytes.starts_with("ACK ")) forwarded_.push_back(std::move(datagram->bytes));
    }
  }
  void add_answer(std::string bytes) {
    if (!bytes.starts_with("SIP/2.0 100 ")) answers_.push_back(std::move(bytes));
  }

  World world_;
  std::vector<std::unique_ptr<DatagramPeer>> alice_;
  std::unique_ptr<DatagramPeer> bob_;
  std::unique_ptr<StreamPeer> stream_;
  std::string unread_;
  std::vector<std::string> answers_;
  std::vector<std::string> forwarded_;
};

std::string expected_outcome(const TortureCase& torture) {
  if (const std::string own = torture.value("server"); !own.empty()) return own;
  std::string verdict = torture.value("verdict");
  if (verdict.starts_with("bad ")) return "answered " + verdict.substr(4);
  return verdict.starts_with("drop") || torture.message.starts_with("SIP/2.0") ? "dropped" : "forwarded";
}

class TortureOfServer : public ::testing::TestWithParam<TortureCase> {};

TEST_P(TortureOfServer, InADatagram) {
  const TortureCase& torture = GetParam();
  TortureServer server;
  server.send_datagram(torture.message);
  const std::string expected = expected_outcome(torture);
  ASSERT_EQ(server.outcome(), expected);
  if (expected != "forwarded") return;
  expect_untouched(torture.message, server.forwarded().front());
  server.answer_by_callee();
  ASSERT_EQ(server.answers().size(), 1U);
  const TextMessage answer = *TextMessage::parse(server.answers().front());
  const TextMessage request = *TextMessage::parse(torture.message);
  EXPECT_EQ(answer.status(), request.method() == "INVITE" ? 486 : 202);
  EXPECT_EQ(answer.values("Via").size(), request.values("Via").size());
}

TEST_P(TortureOfServer, OnAConnection) {
  const TortureCase& torture = GetParam();
  TortureServer server;
  server.send_stream(torture.message);
  const std::string own = torture.value("stream");
  EXPECT_EQ(server.outcome(), own.empty() ? expected_outcome(torture) : own);
}

INSTANTIATE_TEST_SUITE_P(Rfc, TortureOfServer, ::testing::ValuesIn(sip::read_torture_cases()),
                         [](const auto& case_info) { return sip::torture_name(case_info.param.name); });

}  // namespace
}  // namespace carillon::testing
