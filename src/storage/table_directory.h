// SPDX-License-Identifier: Apache-2.0
// A database that is a directory with a file for each table, held in memory: what db_text and db_berkeley have in
// common. A write is done when its files are on the disk; each is replaced whole or appended to, so that a crash at any
// moment leaves every table as it was before or after it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/driver.h"
#include "storage/stored_table.h"
#include "storage/whole_file.h"

namespace carillon::storage {

// How a table is written to a file. Any thread; holds no state of a table.
class TableFormat {
 public:
  struct Loaded {
    StoredTable table;
    bool appendable = false;  // more rows may go behind the file's end as it is
  };

  virtual ~TableFormat() = default;

  // An error with Fault::NotADatabase names the file, and the line where there are lines; it is left untouched.
  [[nodiscard]] virtual base::Result<Loaded> read(const std::string& directory, const std::string& name) const = 0;
  // Writes the whole table to `file`, which may be left over from a crash.
  [[nodiscard]] virtual base::Result<> write(const StoredTable& table, const std::string& file) const = 0;

  // The schema as this format can hold it, of a table that is about to be written with it for the first time; may put
  // a file beside it.
  [[nodiscard]] virtual base::Result<StoredSchema> prepare(const std::string& directory, const std::string& name,
                                                           StoredSchema schema) const = 0;
  virtual void forget(const std::string& /*directory*/, const std::string& /*name*/) const {}

  // What goes behind the end of the file for more rows; nothing when it must be written anew.
  [[nodiscard]] virtual std::optional<std::string> tail(const std::vector<StoredRowPtr>& /*rows*/) const {
    return std::nullopt;
  }
  // An error refuses the writing to this table.
  [[nodiscard]] virtual base::Result<> allow_write(const StoredTable& /*table*/) const { return {}; }
  // The changes have been written.
  virtual void written(const std::string& /*directory*/, const StoredTable& /*table*/,
                       const StoredTable::Changes& /*changes*/) const {}
};

// All connections to one directory share one. Any thread.
class TableDirectory {
 public:
  TableDirectory(std::string path, const TableFormat& format, bool check_each_time)
      : path_(std::move(path)), format_(format), check_each_time_(check_each_time) {}

  [[nodiscard]] base::Result<> select(const Select& select, const RowFunction& on_row);
  [[nodiscard]] base::Result<std::uint64_t> write(std::span<const Write> writes);
  [[nodiscard]] base::Result<> raw(const RawStatement& statement, const RowFunction& on_row);
  [[nodiscard]] base::Result<> create_table(const TableSpec& table);
  [[nodiscard]] base::Result<> change_table(const TableChange& change);
  [[nodiscard]] base::Result<> drop_table(std::string_view name);
  [[nodiscard]] base::Result<bool> has_table(std::string_view name) const;

  // Reads the tables held, or that one, anew. One that can't be read stays as it is held, and is an error.
  [[nodiscard]] base::Result<> reload(std::string_view table = {});
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  struct Held {
    StoredTable table;
    FileStamp stamp;
    bool appendable = false;
  };
  // A table that a write changes, until it is on the disk.
  struct Changed {
    Held* held = nullptr;
    StoredTable::Changes changes = {};
  };
  using Transaction = std::map<std::string, Changed, std::less<>>;

  [[nodiscard]] std::string file_of(std::string_view name) const { return path_ + "/" + std::string(name); }
  [[nodiscard]] std::string temporary_of(const std::string& name) const { return path_ + "/." + name + ".new"; }

  // With mutex_ held for writing.
  [[nodiscard]] base::Result<> write_anew(const StoredTable& table);
  [[nodiscard]] base::Result<Held*> load(const std::string& name);
  [[nodiscard]] base::Result<Held*> current(std::string_view name);
  [[nodiscard]] base::Result<std::uint64_t> apply(std::span<const Write> writes, Transaction& transaction);
  [[nodiscard]] base::Result<> persist(Transaction& transaction);
  [[nodiscard]] base::Result<bool> try_append(const std::string& name, Changed& changed);
  [[nodiscard]] base::Result<> rewrite(Transaction& transaction);

  [[nodiscard]] base::Result<std::vector<StoredRowPtr>> find(const Select& select, std::vector<std::string>& names,
                                                             std::vector<std::size_t>& positions);
  [[nodiscard]] base::Result<> count(const Select& select, const RowFunction& on_row);

  const std::string path_;
  const TableFormat& format_;
  const bool check_each_time_;
  std::shared_mutex mutex_;
  std::map<std::string, Held, std::less<>> tables_;
};

class TableDirectoryDriver final : public Driver {
 public:
  struct Settings {
    std::string scheme;
    bool check_each_time = false;  // also a reader looks whether the file has changed
  };

  TableDirectoryDriver(Settings settings, std::unique_ptr<TableFormat> format)
      : settings_(std::move(settings)), format_(std::move(format)) {}

  [[nodiscard]] std::string_view scheme() const override { return settings_.scheme; }
  [[nodiscard]] std::size_t connections() const override { return 4; }
  [[nodiscard]] base::Result<std::unique_ptr<Connection>> connect(const Url& url) override;
  [[nodiscard]] base::Result<> create_database(const Url& url) override;
  // Its tables; the directory too, when nothing else is in it. Refused when there is no version table.
  [[nodiscard]] base::Result<> drop_database(const Url& url) override;

  // The directories in use.
  [[nodiscard]] std::vector<std::shared_ptr<TableDirectory>> directories();

 private:
  const Settings settings_;
  const std::unique_ptr<TableFormat> format_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<TableDirectory>> directories_;  // by path
};

}  // namespace carillon::storage
