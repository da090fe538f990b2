// SPDX-License-Identifier: Apache-2.0
// A connection to a real database that a test can interfere with: it overrides what is to fail.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "storage/driver.h"

namespace carillon::testing {

class ForwardingConnection : public storage::Connection {
 public:
  explicit ForwardingConnection(std::unique_ptr<storage::Connection> real) : real_(std::move(real)) {}

  [[nodiscard]] base::Result<> select(const storage::Select& select, const storage::RowFunction& on_row) override {
    return real_->select(select, on_row);
  }
  [[nodiscard]] base::Result<std::uint64_t> write(std::span<const storage::Write> writes) override {
    return real_->write(writes);
  }
  [[nodiscard]] base::Result<> raw(const storage::RawStatement& statement,
                                   const storage::RowFunction& on_row) override {
    return real_->raw(statement, on_row);
  }
  [[nodiscard]] base::Result<> create_table(const storage::TableSpec& table) override {
    return real_->create_table(table);
  }
  [[nodiscard]] base::Result<> drop_table(std::string_view name) override { return real_->drop_table(name); }
  [[nodiscard]] base::Result<bool> has_table(std::string_view name) override { return real_->has_table(name); }
  [[nodiscard]] base::Result<> read_snapshot(const storage::ReadFunction& action) override {
    return real_->read_snapshot(action);
  }
  [[nodiscard]] base::Result<> transact(const storage::WriteFunction& action) override {
    return real_->transact(action);
  }

 private:
  std::unique_ptr<storage::Connection> real_;
};

}  // namespace carillon::testing
