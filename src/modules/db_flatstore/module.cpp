// SPDX-License-Identifier: Apache-2.0
// db_flatstore: the declaration page of the driver that adds rows to text files.
#include <memory>
#include <optional>

#include "module/blocking.h"
#include "module/module.h"
#include "module/services.h"
#include "modules/db_flatstore/flat_files.h"
#include "storage/database.h"

namespace carillon::db_flatstore {
namespace {

using namespace module;
using management::Json;

class DbFlatstore final : public Module {
 public:
  base::Result<> start(Services& services) override {
    services_.emplace(services);
    if (delimiter.size() != 1 || delimiter == "\n" || delimiter == "\\") {
      return base::fail("delimiter must be one character, and no backslash");
    }
    for (const std::string* part : {&prefix, &suffix}) {
      if (auto known = expand_name(*part, 0); !known) return base::fail("prefix, suffix: " + known.error().message);
    }
    auto made = make_driver();
    driver_ = made.get();
    services.databases.add_driver(std::move(made));
    return {};
  }
  [[nodiscard]] std::unique_ptr<storage::Driver> driver() const override { return make_driver(); }

  base::Task<base::Result<Json>> rotate(management::Parameters /*parameters*/) {
    auto job = [driver = driver_]() -> base::Result<Json> {
      if (auto rotated = driver->rotate(); !rotated) return base::fail(rotated.error().message, 500);
      return Json("OK");
    };
    co_return co_await run_blocking(*services_, std::move(job));
  }

  bool flush = true;
  std::string delimiter = "|";
  std::string suffix = Settings{}.suffix;
  std::string prefix;
  bool single_file = false;

 private:
  [[nodiscard]] std::unique_ptr<FlatstoreDriver> make_driver() const {
    return std::make_unique<FlatstoreDriver>(Settings{.delimiter = delimiter.front(),
                                                      .prefix = prefix,
                                                      .suffix = suffix,
                                                      .single_file = single_file,
                                                      .flush = flush});
  }

  std::optional<Services> services_;
  FlatstoreDriver* driver_ = nullptr;  // the databases own it, and outlive the modules
};

constexpr auto kParameters = std::to_array({
    parameter<&DbFlatstore::flush>("flush",
                                   "1: each row reaches its file at once; 0: they wait for 64 KiB, and are "
                                   "lost when the process is killed."),
    parameter<&DbFlatstore::delimiter>("delimiter", "The character between two values."),
    parameter<&DbFlatstore::suffix>("suffix",
                                    "Behind the table in a file's name; $time(FORMAT) is the time when the "
                                    "file is opened."),
    parameter<&DbFlatstore::prefix>("prefix", "In front of the table in a file's name; as suffix."),
    parameter<&DbFlatstore::single_file>("single_file",
                                         "1: one file a table; 0: one for each of up to four "
                                         "connections, as table_1."),
});

constexpr auto kCommands = std::to_array({
    command<&DbFlatstore::rotate>({.name = "db_flatstore:rotate",
                                   .aliases = "flat_rotate",
                                   .recipes = "",
                                   .help = "Closes the files, so that those moved away are made anew by the next row.",
                                   .result = "\"OK\""}),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "db_flatstore",
    .documentation = "Rows added to text files, for accounting: flatstore:/path/to/directory.",
    .parameters = kParameters,
    .commands = kCommands,
    .create = &create<DbFlatstore>,
};

}  // namespace carillon::db_flatstore
