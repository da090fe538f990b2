// SPDX-License-Identifier: Apache-2.0
// Tables as Berkeley DB files (hash, 4096 bytes a page, no environment), and the journals of their changes.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "storage/table_directory.h"

namespace carillon::db_berkeley {

struct Settings {
  bool log_enable = false;
  std::chrono::seconds journal_roll_interval{0};  // 0: a journal lasts as long as the process
};

class BerkeleyFormat final : public storage::TableFormat {
 public:
  explicit BerkeleyFormat(const Settings& settings) : settings_(settings) {}

  [[nodiscard]] base::Result<Loaded> read(const std::string& directory, const std::string& name) const override;
  [[nodiscard]] base::Result<> write(const storage::StoredTable& table, const std::string& file) const override;
  [[nodiscard]] base::Result<storage::StoredSchema> prepare(const std::string& directory, const std::string& name,
                                                            storage::StoredSchema schema) const override;
  // METADATA_READONLY.
  [[nodiscard]] base::Result<> allow_write(const storage::StoredTable& table) const override;
  // METADATA_LOGFLAGS: one line a change, in TABLE-YYYYMMDDhhmmss.jnl of the directory, as far as the disk has room:
  // "INSERT|cells", "UPDATE|cells" or "DELETE|key".
  void written(const std::string& directory, const storage::StoredTable& table,
               const storage::StoredTable::Changes& changes) const override;

 private:
  struct Journal {
    std::string file;
    std::chrono::system_clock::time_point begun;
  };

  const Settings settings_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, Journal> journals_;  // by directory and table
};

}  // namespace carillon::db_berkeley
