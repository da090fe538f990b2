// SPDX-License-Identifier: Apache-2.0
// See database_choice.h.
#include "server/database_choice.h"

#include <fmt/format.h>

#include <cstdlib>
#include <set>

#include "modules/module_list.h"
#include "server/default_script.h"
#include "server/script_loader.h"
#include "server/stack.h"

namespace carillon::server {
namespace {

// What the loaded modules have as their own db_url.
std::set<std::string> urls_of_modules(const module::Registry& registry) {
  std::set<std::string> urls;
  for (const module::Declaration* declaration : registry.available()) {
    const module::Module* loaded = registry.find_module(declaration->name);
    if (loaded == nullptr) continue;
    for (const module::ParameterDecl& parameter : declaration->parameters) {
      if (parameter.name != "db_url" || parameter.show == nullptr) continue;
      const std::string url = parameter.show(*loaded);
      if (!url.empty()) urls.insert(url);
    }
  }
  return urls;
}

}  // namespace

base::Result<DatabaseChoice> DatabaseChoice::make(const DatabaseOptions& options) {
  DatabaseChoice choice;
  if (auto chosen = choice.choose(options); !chosen) return std::unexpected(std::move(chosen.error()));
  choice.add_drivers();
  return choice;
}

base::Result<> DatabaseChoice::choose(const DatabaseOptions& options) {
  const int given =
      (options.url.empty() ? 0 : 1) + (options.rc_file.empty() ? 0 : 1) + (options.script.file.empty() ? 0 : 1);
  if (given > 1) return base::fail("only one of --url, --rc and -f names the database");
  base::Result<std::string> url = options.url;
  if (!options.rc_file.empty()) {
    auto rc = RcFile::load(options.rc_file);
    if (!rc) return std::unexpected(std::move(rc.error()));
    rc_ = std::move(*rc);
    url = rc_.url();
  } else if (!options.script.file.empty()) {
    url = url_of_script(options.script);
  } else if (options.url.empty()) {
    const char* environment = std::getenv("CARILLON_DB_URL");  // NOLINT(concurrency-mt-unsafe): before any thread
    embedded_default_ = environment == nullptr;
    url = embedded_default_ ? default_db_url() : std::string(environment);
  }
  if (!url) return std::unexpected(std::move(url.error()));
  url_ = std::move(*url);
  if (auto parsed = storage::Url::parse(url_); !parsed) return std::unexpected(std::move(parsed.error()));
  return {};
}

base::Result<std::string> DatabaseChoice::url_of_script(const ScriptOptions& options) {
  const auto source = read_script(options, "");
  if (!source) return base::fail("the script can't be read");
  registry_ = std::make_unique<module::Registry>(modules::all());
  if (compile_script(*source, *registry_) == nullptr) return base::fail("the script has errors");
  std::string url = core_module(*registry_).settings.db_default_url;
  if (!url.empty()) return url;
  const std::set<std::string> urls = urls_of_modules(*registry_);
  if (urls.size() == 1) return *urls.begin();
  if (urls.empty()) return base::fail(options.file + ": it names no database (db_default_url)");
  return base::fail(options.file + ": it has no db_default_url, and its modules name several databases: use --url");
}

void DatabaseChoice::add_drivers() {
  databases_ = std::make_unique<storage::Databases>();
  for (const module::Declaration* declaration : modules::all()) {
    module::Module* object = registry_ ? registry_->find_module(declaration->name) : nullptr;
    if (object == nullptr && declaration->name.starts_with("db_") && declaration->create != nullptr) {
      object = modules_.emplace_back(declaration->create()).get();
    }
    if (object == nullptr) continue;
    if (auto driver = object->driver()) databases_->add_driver(std::move(driver));
  }
}

std::string DatabaseChoice::display() const {
  const auto url = storage::Url::parse(url_);
  return url ? url->display() : std::string("the database");
}

}  // namespace carillon::server
