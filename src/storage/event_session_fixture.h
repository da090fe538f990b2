// SPDX-License-Identifier: Apache-2.0
// A connection of an event loop to a server that a test plays.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "storage/event_connection.h"
#include "storage/sql_dialects.h"
#include "storage/text_row.h"

namespace carillon::storage {

// One connection to a server that the test plays: it is sent the last word of what is asked, and answers in letters, r
// for a row, d for the end of them and x for an error.
struct Wire {
  int server = -1;
  bool gone = false;  // the connection was destroyed

  [[nodiscard]] std::string asked() const {
    std::array<char, 1000> bytes{};
    const ssize_t length = ::recv(server, bytes.data(), bytes.size(), MSG_DONTWAIT);
    return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
  }
  void answer(std::string_view letters) const {
    EXPECT_EQ(::send(server, letters.data(), letters.size(), MSG_NOSIGNAL), static_cast<ssize_t>(letters.size()));
  }
  void hang_up() { ::close(std::exchange(server, -1)); }
};

class FakeSession final : public EventSession {
 public:
  explicit FakeSession(Wire& wire) : wire_(wire) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    socket_ = ends[0];
    wire_.server = ends[1];
  }
  ~FakeSession() override {
    ::close(socket_);
    wire_.gone = true;
  }

  [[nodiscard]] const sql::Dialect& dialect() const override { return sql::mariadb_dialect(); }
  [[nodiscard]] int socket() const override { return socket_; }
  [[nodiscard]] SocketWait& wait() override { return wait_; }
  [[nodiscard]] bool in_transaction() override { return false; }
  [[nodiscard]] bool lost() const override { return lost_; }
  [[nodiscard]] bool unanswered() const override { return lost_; }
  [[nodiscard]] bool alive() override {
    char letter = 0;
    return ::recv(socket_, &letter, 1, MSG_PEEK | MSG_DONTWAIT) < 0;
  }

  base::Task<base::Result<std::uint64_t>> statement(const Session::Request& request,
                                                    const RowFunction& on_row) override {
    const std::string text(request.text.substr(request.text.rfind(' ') + 1));
    if (::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) < 0) co_return lose(Fault::Unavailable);
    TextRow row({{.name = "text"}});
    row.set(0, text);
    while (true) {
      char letter = 0;
      const ssize_t length = ::recv(socket_, &letter, 1, MSG_DONTWAIT);
      if (length == 0) co_return lose(Fault::Unavailable);
      if (length > 0 && letter == 'd') co_return std::uint64_t{0};
      if (length > 0 && letter == 'x') co_return base::fail("it is wrong", static_cast<int>(Fault::Other));
      if (length > 0) {
        on_row(row);
        continue;
      }
      const net::Readiness ready = co_await wait_.until(socket_, kReadable, kLimit);
      if (!ready.readable) co_return lose(Fault::Busy);
    }
  }

 private:
  std::unexpected<base::Error> lose(Fault fault) {
    lost_ = true;
    return base::fail(fault == Fault::Busy ? "no answer" : "lost", static_cast<int>(fault));
  }

  static constexpr std::chrono::seconds kLimit{10};
  static constexpr net::Readiness kReadable{.readable = true};

  Wire& wire_;
  SocketWait wait_{SocketWait::By::Events};
  int socket_ = -1;
  bool lost_ = false;
};

}  // namespace carillon::storage
