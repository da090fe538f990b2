// SPDX-License-Identifier: Apache-2.0
// What a module may use when it starts. Everything outlives the modules.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace carillon::metrics {
class Registry;
}
namespace carillon::shard {
class Shards;
}
namespace carillon::storage {
class Pool;
class Databases;
class KeyValueStores;
}  // namespace carillon::storage
namespace carillon::transport {
class TransportLayer;
}
namespace carillon::management {
class CommandRegistry;
class Dispatcher;
class Events;
class StatusReports;
}  // namespace carillon::management
namespace carillon::routing {
struct ProxySettings;
class Identity;
class Proxies;
class FlagNames;
}  // namespace carillon::routing

namespace carillon::module {

class Module;
class Registry;
class StandIn;

struct Services {
  const base::Clock& clock;
  shard::Shards& shards;
  transport::TransportLayer& transport;
  storage::Pool& pool;  // for what blocks and is no database's
  storage::Databases& databases;
  storage::KeyValueStores& key_values;
  metrics::Registry& statistics;
  management::CommandRegistry& commands;
  management::Dispatcher& dispatcher;  // runs commands where commands run: in a shard
  management::Events& events;
  routing::ProxySettings&
      proxy_settings;  // tm's parameters and the like: may be changed until all modules have started
  routing::Identity& identity;
  routing::FlagNames& flag_names;  // of message and branch flags
  const Registry& modules;
  std::string default_db_url;
  bool create_databases = false;      // the embedded default: a database that isn't there is made
  std::string script_directory = {};  // where the script is: relative names of files are meant from there
  management::StatusReports* status_reports = nullptr;  // whether what modules need is there
  routing::Proxies* proxies = nullptr;  // for what is done in a shard without a run of the script; null without engine
  // Set: the server is closed, nobody outside of this process is to hear of it (a test of a script, `carillon
  // explain`). Modules start, but aren't opened; they ask this where they would run a program or ask a server, and
  // change no file.
  StandIn* stand_in = nullptr;

  // The interface that another module offers (declared in its api.h with the name of the module as `kModule`), or null
  // when it is not loaded. A module that lists it in `needs` is never given null.
  template <typename Api>
  [[nodiscard]] Api* find() const;
};

}  // namespace carillon::module
