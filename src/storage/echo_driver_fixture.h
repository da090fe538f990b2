// SPDX-License-Identifier: Apache-2.0
// A database that answers every statement with one row, after a moment on connections of event loops.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "storage/driver.h"
#include "storage/event_session_fixture.h"

namespace carillon::storage {

// The server, a thread a connection. Outlives the connections.
class EchoServer {
 public:
  std::unique_ptr<EventSession> connect() {
    const std::scoped_lock lock(mutex_);
    Wire& wire = wires_.emplace_back();
    auto session = std::make_unique<FakeSession>(wire);
    threads_.emplace_back([socket = std::exchange(wire.server, -1)] {
      std::array<char, 1000> bytes{};
      while (true) {
        const ssize_t length = ::read(socket, bytes.data(), 1);  // statements are a letter
        if (length <= 0 || ::send(socket, "rd", 2, MSG_NOSIGNAL) != 2) break;
      }
      ::close(socket);
    });
    return session;
  }

 private:
  std::mutex mutex_;
  std::list<Wire> wires_;
  std::vector<std::jthread> threads_;
};

class EchoConnection final : public Connection {
 public:
  base::Result<> select(const Select&, const RowFunction& on_row) override { return answer(on_row); }
  base::Result<> raw(const RawStatement&, const RowFunction& on_row) override { return answer(on_row); }
  base::Result<std::uint64_t> write(std::span<const Write>) override { return 0; }
  base::Result<> create_table(const TableSpec&) override { return {}; }
  base::Result<> drop_table(std::string_view) override { return {}; }
  base::Result<bool> has_table(std::string_view) override { return true; }

 private:
  static base::Result<> answer(const RowFunction& on_row) {
    TextRow row({{.name = "text"}});
    row.set(0, "r");
    on_row(row);
    return {};
  }
};

// Connections fail now and then.
class EchoDriver final : public Driver {
 public:
  explicit EchoDriver(EchoServer& server) : server_(server) {}

  [[nodiscard]] std::string_view scheme() const override { return "echo"; }
  [[nodiscard]] std::size_t connections() const override { return 4; }
  base::Result<std::unique_ptr<Connection>> connect(const Url&) override { return std::make_unique<EchoConnection>(); }
  [[nodiscard]] bool has_event_connections() const override { return true; }
  base::Result<std::unique_ptr<EventConnection>> connect_for_events(const Url&) override {
    if (opened_++ % 3 == 1) return base::fail("full", static_cast<int>(Fault::Unavailable));
    return std::make_unique<EventConnection>(server_.connect(), "echo", SqlSettings{});
  }
  base::Result<> create_database(const Url&) override { return {}; }

 private:
  EchoServer& server_;
  std::atomic<int> opened_ = 0;
};

}  // namespace carillon::storage
