// SPDX-License-Identifier: Apache-2.0
// The part of usrloc that shares its tables with other servers (full-sharing-cachedb-cluster). See sharing.h.
#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "base/random.h"
#include "metrics/registry.h"
#include "modules/usrloc/usrloc.h"

namespace carillon::usrloc {
namespace {

// A server that begins has what the others know, if the store is there.
constexpr base::Duration kStartBound = std::chrono::seconds(3);

// Unlike that of any other server, and of this one when it ran before.
std::string new_server_name() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host = {};
  return fmt::format("{}-{:016x}", host.data(), base::random_u64());
}

bool is_off(const std::string& value) { return value.empty() || value == "none" || value == "0"; }

}  // namespace

base::Result<> Usrloc::open_store() {
  if (mode_ != Mode::Shared) {
    if (!is_off(cachedb_url)) return base::fail("cachedb_url needs the mode full-sharing-cachedb-cluster");
    if (!is_off(pinging_mode)) return base::fail("pinging_mode needs the mode full-sharing-cachedb-cluster");
    return {};
  }
  if (is_off(cachedb_url)) return base::fail("full-sharing-cachedb-cluster needs a cachedb_url");
  if (!is_off(pinging_mode) && pinging_mode != "ownership" && pinging_mode != "cooperation") {
    return base::fail("pinging_mode must be ownership or cooperation");
  }
  // There is nobody to share with.
  if (services_->stand_in != nullptr) {
    mode_ = Mode::MemoryOnly;
    return {};
  }
  auto opened = services_->key_values.open(cachedb_url);
  if (!opened) return std::unexpected(std::move(opened.error()));
  if ((*opened)->pool() == nullptr) {
    return base::fail("cachedb_url: a store in the memory of one server can't be shared; it must be redis:");
  }
  store_ = std::move(*opened);
  server_name_ = new_server_name();

  struct Row {
    std::string_view name;
    metrics::Counter& counter;
    std::string_view help;
  };
  SharingStatistics& counters = sharing_statistics;
  metrics::Registry& registry = services_->statistics;
  for (const Row& row : {Row{"shared_sent", counters.sent, "AoRs whose changes went to the other servers."},
                         Row{"shared_received", counters.received, "Changes that other servers sent."},
                         Row{"shared_conflicts", counters.conflicts, "Contacts that another server wrote later."},
                         Row{"shared_resyncs", counters.resyncs, "Parts of tables read anew: a change was missed."},
                         Row{"shared_dropped", counters.dropped, "Removals that nobody else will know of."}}) {
    if (auto added = registry.add("usrloc", row.name, row.counter, row.help); !added) return added;
  }
  const auto sum = [this](auto of) {
    std::uint64_t total = 0;
    for (const Domain* domain : domains()) {
      if (domain->sharing != nullptr) total += static_cast<std::uint64_t>(of(*domain->sharing));
    }
    return total;
  };
  if (auto added = registry.add(
          "usrloc", "shared_waiting", [sum] { return sum([](const Sharing& one) { return one.waiting(); }); },
          "AoRs with changes that the other servers don't know yet.");
      !added) {
    return added;
  }
  if (auto added = registry.add(
          "usrloc", "shared_connected", [sum] { return sum([](const Sharing& one) { return one.is_connected(); }); },
          "Tables to which changes of other servers come in.");
      !added) {
    return added;
  }
  return registry.add(
      "usrloc", "shared_pinging", [sum] { return sum([](const Sharing& one) { return one.is_pinging(); }); },
      "Shared tables whose contacts this server pings, and no other.");
}

void Usrloc::start_sharing(Domain& domain) {
  const std::string& name = domain.table.name();
  domain.sharing = std::make_unique<Sharing>(
      Sharing::Parts{.shards = services_->shards,
                     .clock = services_->clock,
                     .table = domain.table,
                     .store = make_redis_shared_store(store_, name, server_name_, services_->clock),
                     .document = SharedDocument(services_->flag_names, services_->transport),
                     .statistics = sharing_statistics,
                     .server = server_name_,
                     .options = {.matching = matching()}});
  domain.sharing->start(kStartBound);
}

bool Usrloc::is_pinging_here(const LocationTable& table) const {
  const Domain* domain = find(table.name());
  return domain == nullptr || domain->sharing == nullptr || domain->sharing->is_pinging();
}

}  // namespace carillon::usrloc
