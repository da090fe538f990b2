// SPDX-License-Identifier: Apache-2.0
#include "transport/connection.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace carillon::transport {
namespace {

// Writes down what it is told.
class Owner final : public ConnectionOwner {
 public:
  [[nodiscard]] base::TimePoint now() const override { return {}; }
  void on_connected(Connection&) override {}
  void on_piece(Connection&, const StreamFramer::Piece& piece) override {
    if (piece.kind == StreamFramer::Kind::Message) told.emplace_back("message");
  }
  void on_pings(Connection&, std::size_t count) override { told.push_back(std::to_string(count) + " pings"); }
  void on_incomplete(Connection&) override {}
  void on_closed(Connection&, const base::Error&) override {}

  std::vector<std::string> told;
};

class SilentStream final : public net::Stream {
 public:
  void start(std::shared_ptr<net::StreamHandler>) override {}
  [[nodiscard]] base::Result<> write(std::span<const char>) override { return {}; }
  void shutdown_write() override {}
  void close() override {}
  void abort() override {}
  void pause_reading(bool) override {}
  [[nodiscard]] const base::Endpoint& remote() const override { return endpoint_; }
  [[nodiscard]] const base::Endpoint& local() const override { return endpoint_; }
  [[nodiscard]] unsigned worker() const override { return 0; }
  [[nodiscard]] std::size_t queued() const override { return 0; }

 private:
  base::Endpoint endpoint_;
};

std::vector<std::string> told_of(std::string bytes) {
  Owner owner;
  const Limits limits;
  SilentStream stream;
  Connection connection(owner, limits, Flow{}, Connection::Origin::Accepted);
  connection.on_bytes(stream, bytes);
  return owner.told;
}

const std::string kMessage = "OPTIONS sip:example.org SIP/2.0\r\nContent-Length: 0\r\n\r\n";

// Danger 6: a flood of pings costs one write a read, not one a ping.
TEST(ConnectionTest, PingsThatComeTogetherAreToldTogether) {
  std::string flood;
  for (int i = 0; i < 5000; ++i) flood += i % 2 == 0 ? "\r\n\r\n" : "\n\r\n\r\n";
  EXPECT_EQ(told_of(flood), (std::vector<std::string>{"5000 pings"}));
}

TEST(ConnectionTest, PingsAreToldOfInTheirPlace) {
  EXPECT_EQ(told_of("\r\n\r\n\r\n\r\n" + kMessage + "\r\n\r\n"),
            (std::vector<std::string>{"2 pings", "message", "1 pings"}));
}

}  // namespace
}  // namespace carillon::transport
