// SPDX-License-Identifier: Apache-2.0
// The usrloc module with a server's services around it: a fake clock, a real pool, SQLite. Only tests include it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "management/events.h"
#include "management/json_rpc.h"
#include "metrics/registry.h"
#include "module/registry.h"
#include "modules/db_sqlite/sqlite_driver.h"
#include "modules/usrloc/usrloc.h"
#include "routing/flag_names.h"
#include "routing/identity.h"
#include "routing/settings.h"
#include "storage/database.h"
#include "storage/key_value.h"
#include "storage/pool.h"
#include "testing/forwarding_connection.h"
#include "testing/simulation.h"
#include "transport/null_network.h"
#include "transport/transport_layer.h"

namespace carillon::usrloc {

// SQLite that fails when it is told to.
class FailingDriver final : public storage::Driver {
 public:
  // What writes fail with; empty: they don't.
  void fail_writes(std::optional<storage::Fault> fault) { fault_ = fault ? static_cast<int>(*fault) : -1; }
  // Rows with this Call-ID are refused whatever comes.
  void refuse_call_id(std::string call_id) { refused_ = std::move(call_id); }
  [[nodiscard]] int writes() const { return writes_; }

  [[nodiscard]] std::string_view scheme() const override { return sqlite_.scheme(); }
  [[nodiscard]] std::size_t connections() const override { return sqlite_.connections(); }
  [[nodiscard]] base::Result<> create_database(const storage::Url& url) override {
    return sqlite_.create_database(url);
  }
  [[nodiscard]] base::Result<std::unique_ptr<storage::Connection>> connect(const storage::Url& url) override {
    auto connection = sqlite_.connect(url);
    if (!connection) return connection;
    return std::make_unique<FailingConnection>(*this, std::move(*connection));
  }

 private:
  class FailingConnection final : public carillon::testing::ForwardingConnection {
   public:
    FailingConnection(FailingDriver& driver, std::unique_ptr<Connection> real)
        : ForwardingConnection(std::move(real)), driver_(driver) {}

    [[nodiscard]] base::Result<std::uint64_t> write(std::span<const storage::Write> writes) override {
      ++driver_.writes_;
      if (const int fault = driver_.fault_; fault >= 0) return base::fail("told to fail", fault);
      if (holds_refused(writes)) return base::fail("a row nobody wants", static_cast<int>(storage::Fault::Other));
      return ForwardingConnection::write(writes);
    }

   private:
    [[nodiscard]] bool holds_refused(std::span<const storage::Write> writes) const {
      if (driver_.refused_.empty()) return false;
      for (const storage::Write& write : writes) {
        const auto* upsert = std::get_if<storage::Upsert>(&write);
        if (upsert == nullptr) continue;
        for (const storage::Value& value : upsert->rows.values) {
          if (value == storage::Value(driver_.refused_)) return true;
        }
      }
      return false;
    }

    FailingDriver& driver_;
  };

  db_sqlite::SqliteDriver sqlite_;
  std::atomic<int> fault_{-1};
  std::string refused_;
  std::atomic<int> writes_{0};
};

class UsrlocTest : public ::testing::Test {
 protected:
  UsrlocTest() {
    auto driver = std::make_unique<FailingDriver>();
    driver_ = driver.get();
    databases_.add_driver(std::move(driver));
    std::string pattern = (std::filesystem::temp_directory_path() / "carillon-usrloc-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    url_ = "sqlite://" + (directory_ / "location.sqlite").string();
  }
  ~UsrlocTest() override {
    end();
    std::filesystem::remove_all(directory_);
  }

  // A server that has just started; the one before has ended.
  Usrloc& begin(const std::string& mode, const std::function<void(Usrloc&)>& configure = [](Usrloc&) {}) {
    end();
    server_ = std::make_unique<Server>(*this);
    server_->usrloc.working_mode_preset = mode;
    server_->usrloc.db_url = url_;
    configure(server_->usrloc);
    const auto started = server_->usrloc.start(server_->services);
    EXPECT_TRUE(started) << started.error().message;
    server_started_ = started.has_value();
    return server_->usrloc;
  }
  // What an error the start ends with says.
  std::string failed_start(const std::function<void(Usrloc&)>& configure) {
    end();
    server_ = std::make_unique<Server>(*this);
    configure(server_->usrloc);
    const auto started = server_->usrloc.start(server_->services);
    return started ? "" : started.error().message;
  }
  // The server ends in order.
  void end() {
    if (server_ != nullptr && server_started_) server_->usrloc.stop();
    server_started_ = false;
    server_.reset();
    simulation_.settle();
  }
  // What a server finds that starts after this one was killed now. The one that runs ends.
  void kill() {
    const std::filesystem::path kept = directory_ / "kept";
    std::filesystem::create_directory(kept);
    for (const auto& file : std::filesystem::directory_iterator(directory_)) {
      if (file.is_regular_file()) std::filesystem::copy_file(file, kept / file.path().filename());
    }
    end();
    url_ = "sqlite://" + (kept / "location.sqlite").string();
  }

  [[nodiscard]] Usrloc& usrloc() { return server_->usrloc; }
  LocationTable& table(std::string_view name = "location") {
    const auto found = usrloc().table(name);
    EXPECT_TRUE(found) << found.error().message;
    return **found;
  }
  [[nodiscard]] std::int64_t now() { return simulation_.clock().unix_seconds(); }

  [[nodiscard]] ContactFields fields(std::string_view uri) {
    return {.uri = uri, .call_id = "call-1", .user_agent = "phone", .expires = now() + 3600, .last_modified = now()};
  }
  void insert(std::string_view aor, const ContactFields& fields) {
    table().change(aor, [&](Bindings& bindings) { bindings.insert(fields); });
  }
  void insert_users(int count) {
    for (int i = 0; i < count; ++i) insert("user" + std::to_string(i) + "@example.org", fields("sip:user@192.0.2.1"));
  }
  // Runs the server until `done`, however long the pool's threads take.
  bool run_until(const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!done()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      simulation_.settle();
      std::this_thread::yield();
    }
    return true;
  }
  // Lets time pass in steps until `done`. The pool's threads live in real time: each step leaves them some of it, or on
  // a busy machine contacts would end before a thread had its turn.
  bool pass_time_until(base::Duration step, const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < limit) {
      simulation_.advance(step);
      const auto next = std::chrono::steady_clock::now() + std::chrono::milliseconds(5);
      do {
        simulation_.settle();
        if (done()) return true;
        std::this_thread::yield();
      } while (std::chrono::steady_clock::now() < next);
    }
    return false;
  }
  // Runs a command in a shard to its end.
  base::Result<management::Json> command(Usrloc::Reply (Usrloc::*method)(management::Parameters),
                                         management::Json::Object parameters = {}) {
    std::optional<base::Result<management::Json>> answer;
    simulation_.shards().post(5, [&](shard::Shard&) {
      base::start((usrloc().*method)(management::Parameters(std::move(parameters))),
                  [&answer](base::Result<management::Json> result) { answer = std::move(result); });
    });
    EXPECT_TRUE(pass_time_until(std::chrono::milliseconds(10), [&] { return answer.has_value(); }));
    return answer ? std::move(*answer) : base::fail("no answer");
  }
  std::size_t rows(const std::string& table = "location") {
    auto database = databases_.open(url_).value();
    return database->select({.table = table, .columns = {"contact_id"}}).value().rows.size();
  }

  struct Server {
    explicit Server(UsrlocTest& test)
        : events(test.simulation_.clock()),
          services{.clock = test.simulation_.clock(),
                   .shards = test.simulation_.shards(),
                   .transport = test.transport_,
                   .pool = test.pool_,
                   .databases = test.databases_,
                   .key_values = test.key_values_,
                   .statistics = statistics,
                   .commands = commands,
                   .dispatcher = dispatcher,
                   .events = events,
                   .proxy_settings = proxy_settings,
                   .identity = identity,
                   .flag_names = flag_names,
                   .modules = modules,
                   .default_db_url = {},
                   .create_databases = true} {}

    metrics::Registry statistics;
    management::CommandRegistry commands;
    management::InlineDispatcher dispatcher{commands};
    management::Events events;
    routing::ProxySettings proxy_settings;
    routing::Identity identity;
    routing::FlagNames flag_names;
    module::Registry modules{std::span<const module::Declaration* const>{}};
    module::Services services;
    Usrloc usrloc;
  };

  std::filesystem::path directory_;
  std::string url_;
  carillon::testing::Simulation simulation_;
  transport::NoResolver resolver_;
  storage::Pool pool_{storage::Pool::Limits{.threads = 1}};
  storage::Databases databases_;
  storage::KeyValueStores key_values_;
  FailingDriver* driver_ = nullptr;
  transport::TransportLayer transport_{simulation_.network(), simulation_.shards(), resolver_, transport::Limits{}};
  std::unique_ptr<Server> server_;
  bool server_started_ = false;
};

}  // namespace carillon::usrloc
