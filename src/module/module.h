// SPDX-License-Identifier: Apache-2.0
// A module as the loader sees it: one Declaration of constexpr tables and one object that lives from loadmodule to the
// end of the process.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "module/declare.h"

namespace carillon::storage {
class Driver;
struct TableSpec;
}  // namespace carillon::storage

namespace carillon::module {

struct Services;

// Made when the script loads the module; parameters are set, then start() is called, in an order in which every module
// comes after those it needs. After start() the object is immutable but for ShardLocal, PartitionedTable, Counter and
// Snapshot members: its functions are called from all shards at once.
class Module {
 public:
  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  virtual ~Module() = default;

  // Checks the parameters and starts what runs beside the script. An error ends the start of the server.
  [[nodiscard]] virtual base::Result<> start(Services& /*services*/) { return {}; }
  // Every module has started: take in what was stored. An error ends the start.
  [[nodiscard]] virtual base::Result<> restore() { return {}; }
  // All of that is done: let in those who want something of them (HTTP, a FIFO). An error ends the start.
  [[nodiscard]] virtual base::Result<> open() { return {}; }
  // Sockets are closed and no script runs any more: close what open() opened and write back what must survive. Bounded
  // in time.
  virtual void stop() {}

  // A module of a kind of database: its driver, with the parameters as they are set; also asked of a module that is
  // never started, as `carillon db` has no server. Null for every other module.
  [[nodiscard]] virtual std::unique_ptr<storage::Driver> driver() const;
};

// What a module offers, as data: read by the loader, `carillon check`, the management interface, `carillon describe`.
struct Declaration {
  std::string_view name;  // as loadmodule spells it
  std::string_view documentation;
  std::span<const std::string_view> needs = {};  // modules that the script must load too
  std::span<const ParameterDecl> parameters = {};
  std::span<const FunctionDecl> functions = {};
  std::span<const VariableDecl> variables = {};
  std::span<const script::TransformationDecl> transformations = {};
  std::span<const CommandDecl> commands = {};
  std::span<const StatisticDecl> statistics = {};
  std::span<const EventDecl> events = {};
  std::span<const storage::TableSpec* const> tables = {};
  // What a script may find in AVPs without having set it, for `carillon check`: those that the module names itself, and
  // functions that set AVPs of any name.
  std::span<const std::string_view> avps = {};
  std::span<const std::string_view> avp_loaders = {};
  std::unique_ptr<Module> (*create)() = nullptr;
};

// The modules whose interfaces (declared in their api.h) a module can't do without:
//   using Needs = Requires<usrloc::LocationService>;  ...  .needs = Registrar::Needs::kModules
template <typename... Apis>
struct Requires {
  static constexpr std::array<std::string_view, sizeof...(Apis)> kModules = {Apis::kModule...};
};

// The modules whose code (their api.h) a module uses although the script need not load them.
template <typename... Apis>
struct Optional {};

template <typename M>
std::unique_ptr<Module> create() {
  return std::make_unique<M>();
}

}  // namespace carillon::module
