// SPDX-License-Identifier: Apache-2.0
// Which database a subcommand works on, and the drivers of this binary, without a server.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "module/registry.h"
#include "server/options.h"
#include "server/rc_file.h"
#include "storage/database.h"

namespace carillon::server {

// At most one of them; none: the database of the embedded default.
struct DatabaseOptions {
  std::string url;
  std::string rc_file;
  ScriptOptions script;
};

// Outlives the databases that it opened.
class DatabaseChoice {
 public:
  [[nodiscard]] static base::Result<DatabaseChoice> make(const DatabaseOptions& options);

  // An error that begins with the URL, without its password.
  [[nodiscard]] base::Result<std::shared_ptr<storage::Database>> open() { return databases_->open(url_); }
  [[nodiscard]] storage::Databases& databases() { return *databases_; }
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] std::string display() const;
  [[nodiscard]] bool is_embedded_default() const { return embedded_default_; }
  // Empty without --rc.
  [[nodiscard]] const RcFile& rc() const { return rc_; }

 private:
  DatabaseChoice() = default;
  [[nodiscard]] base::Result<> choose(const DatabaseOptions& options);
  [[nodiscard]] base::Result<std::string> url_of_script(const ScriptOptions& options);
  void add_drivers();

  std::string url_;
  bool embedded_default_ = false;
  RcFile rc_;
  std::unique_ptr<module::Registry> registry_;            // with -f: its modules have the script's parameters
  std::vector<std::unique_ptr<module::Module>> modules_;  // otherwise: as they are made
  std::unique_ptr<storage::Databases> databases_;
};

}  // namespace carillon::server
