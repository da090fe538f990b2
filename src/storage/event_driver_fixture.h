// SPDX-License-Identifier: Apache-2.0
// A driver whose reads go by its event connections, so that the suites of drivers test those, too: the test's thread is
// the event loop.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "storage/driver.h"
#include "storage/event_connection.h"

namespace carillon::storage {

// Goes on with what `connection` does until it is done.
inline base::Result<> poll_through(EventConnection& connection, base::Task<base::Result<>> task) {
  std::optional<base::Result<>> result;
  base::start(std::move(task), [&result](base::Result<> got) { result = std::move(got); });
  while (!result) {
    SocketWait& wait = connection.wait();
    wait.resume(SocketWait::poll(connection.socket(), wait.wanted(), wait.limit()));
  }
  return std::move(*result);
}

class ByEvents final : public Driver {
 public:
  explicit ByEvents(std::unique_ptr<Driver> real) : real_(std::move(real)) {}

  [[nodiscard]] std::string_view scheme() const override { return real_->scheme(); }
  [[nodiscard]] std::size_t connections() const override { return real_->connections(); }
  [[nodiscard]] unsigned tries() const override { return real_->tries(); }
  [[nodiscard]] base::Result<> create_database(const Url& url) override { return real_->create_database(url); }
  [[nodiscard]] base::Result<> drop_database(const Url& url) override { return real_->drop_database(url); }
  [[nodiscard]] base::Result<std::unique_ptr<Connection>> connect(const Url& url) override {
    auto usual = real_->connect(url);
    if (!usual) return usual;
    auto events = real_->connect_for_events(url);
    if (!events) return std::unexpected(std::move(events.error()));
    return std::make_unique<Both>(std::move(*usual), std::move(*events));
  }

 private:
  class Both final : public Connection {
   public:
    Both(std::unique_ptr<Connection> usual, std::unique_ptr<EventConnection> events)
        : usual_(std::move(usual)), events_(std::move(events)) {}

    [[nodiscard]] bool alive() override { return usual_->alive() && events_->alive(); }
    [[nodiscard]] base::Result<> select(const Select& select, const RowFunction& on_row) override {
      return poll_through(*events_, events_->select(select, on_row));
    }
    [[nodiscard]] base::Result<> raw(const RawStatement& statement, const RowFunction& on_row) override {
      return poll_through(*events_, events_->raw(statement, on_row));
    }
    [[nodiscard]] base::Result<std::uint64_t> write(std::span<const Write> writes) override {
      return usual_->write(writes);
    }
    [[nodiscard]] base::Result<> create_table(const TableSpec& table) override { return usual_->create_table(table); }
    [[nodiscard]] base::Result<> drop_table(std::string_view name) override { return usual_->drop_table(name); }
    [[nodiscard]] base::Result<bool> has_table(std::string_view name) override { return usual_->has_table(name); }
    [[nodiscard]] base::Result<> change_table(const TableChange& change) override {
      return usual_->change_table(change);
    }

   private:
    std::unique_ptr<Connection> usual_;
    std::unique_ptr<EventConnection> events_;
  };

  std::unique_ptr<Driver> real_;
};

}  // namespace carillon::storage
