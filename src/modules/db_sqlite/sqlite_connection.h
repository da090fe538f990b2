// SPDX-License-Identifier: Apache-2.0
// One connection to an SQLite file: statements are prepared once and kept.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/strings.h"
#include "modules/db_sqlite/sqlite_driver.h"
#include "modules/db_sqlite/sqlite_handle.h"
#include "storage/driver.h"
#include "storage/sql.h"

namespace carillon::db_sqlite {

class SqliteConnection final : public storage::Connection {
 public:
  SqliteConnection(Handle handle, std::string path, std::shared_ptr<File> file)
      : handle_(std::move(handle)), path_(std::move(path)), file_(std::move(file)) {}

  [[nodiscard]] base::Result<> select(const storage::Select& select, const storage::RowFunction& on_row) override;
  [[nodiscard]] base::Result<std::uint64_t> write(std::span<const storage::Write> writes) override;
  [[nodiscard]] base::Result<> raw(const storage::RawStatement& statement, const storage::RowFunction& on_row) override;
  [[nodiscard]] base::Result<> create_table(const storage::TableSpec& table) override;
  [[nodiscard]] base::Result<> drop_table(std::string_view name) override;
  [[nodiscard]] base::Result<bool> has_table(std::string_view name) override;
  [[nodiscard]] base::Result<> change_table(const storage::TableChange& change) override;
  [[nodiscard]] base::Result<> read_snapshot(const storage::ReadFunction& action) override;
  [[nodiscard]] base::Result<> transact(const storage::WriteFunction& action) override;

 private:
  class OpenTransaction;

  // The kept statement of that text, ready to be bound.
  [[nodiscard]] base::Result<sqlite3_stmt*> prepared(const std::string& text);
  [[nodiscard]] base::Result<> rows(sqlite3_stmt* statement, const storage::RowFunction& on_row);
  // Runs `action` between BEGIN and COMMIT as the file's only writer; ROLLBACK when it fails.
  template <typename Action>
  [[nodiscard]] base::Result<> transaction(Action action);

  [[nodiscard]] base::Result<> write_one(const storage::Write& write);
  [[nodiscard]] base::Result<> write_once(const storage::sql::Statement& statement);
  [[nodiscard]] base::Result<> write_rows(const std::string& text, const storage::Rows& rows);
  [[nodiscard]] base::Result<> step_to_end(sqlite3_stmt* statement);

  Handle handle_;
  std::string path_;
  std::shared_ptr<File> file_;  // shared with the other connections to it
  std::unordered_map<std::string, PreparedStatement, base::StringHash, std::equal_to<>> statements_;
};

}  // namespace carillon::db_sqlite
