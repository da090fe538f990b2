// SPDX-License-Identifier: Apache-2.0
// getaddrinfo on the storage pool, its answers kept for a while, its failures for a shorter one.
#include "transport/system_resolver.h"

#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "shard/partitioned_table.h"

namespace carillon::transport {
namespace {

// The resolver of the C library keeps its settings for each thread, and takes what is written there for its own.
void set_up_thread(const SystemResolver::Options& options) {
  if (options.use_search_list && options.retry_seconds <= 0 && options.retries <= 0 && options.servers <= 0) return;
  if ((_res.options & RES_INIT) == 0 && ::res_init() != 0) return;
  if (!options.use_search_list) _res.options &= ~static_cast<unsigned long>(RES_DNSRCH | RES_DEFNAMES);
  if (options.retry_seconds > 0) _res.retrans = std::min(options.retry_seconds, RES_MAXRETRANS);
  if (options.retries > 0) _res.retry = std::min(options.retries, RES_MAXRETRY);
  if (options.servers > 0) _res.nscount = std::min(options.servers, _res.nscount);
}

base::Result<Resolver::Addresses> look_up(const std::string& host, const SystemResolver::Options& options) {
  set_up_thread(options);
  addrinfo hints{};
  hints.ai_family = options.only_v4 ? AF_INET : AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0) {
    return base::fail(host + ": " + ::gai_strerror(error), kUnknownName);
  }
  Resolver::Addresses addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    sockaddr_storage address{};
    std::memcpy(&address, entry->ai_addr, std::min<std::size_t>(entry->ai_addrlen, sizeof address));
    addresses.push_back(base::Endpoint::from_sockaddr(address).address);
  }
  ::freeaddrinfo(found);
  if (addresses.empty()) return base::fail(host + ": no address", kUnknownName);
  return addresses;
}

}  // namespace

struct SystemResolver::State {
  // Looked up already, or being looked up for those who wait.
  struct Name {
    std::optional<base::Result<Addresses>> answer;
    std::vector<Done> waiting;
  };

  State(shard::Shards& shards, const Options& bounds, Lookup blocking)
      : options(bounds), lookup(std::move(blocking)), names(shards), clock(shards.clock()) {}

  void answer(const std::string& host, base::Result<Addresses> addresses);

  const Options options;
  const Lookup lookup;
  std::atomic<std::size_t> in_flight{0};
  shard::PartitionedTable<std::string, Name> names;
  const base::Clock& clock;
};

// Tells everybody who waits, after the partition is free again.
void SystemResolver::State::answer(const std::string& host, base::Result<Addresses> addresses) {
  std::vector<Done> waiting;
  names.with(host, [&](auto& entry) {
    if (entry.value() == nullptr) return;
    waiting = std::exchange(entry.value()->waiting, {});
    if (names.size() > options.cache_size) {
      entry.erase();
      return;
    }
    entry.value()->answer = addresses;
    entry.expire_at(clock.now() + (addresses ? options.keep_found : options.keep_failed));
  });
  for (Done& done : waiting) done(addresses);
}

SystemResolver::SystemResolver(storage::Pool& pool, shard::Shards& shards, const Options& options, Lookup lookup)
    : pool_(pool),
      state_(std::make_shared<State>(
          shards, options,
          lookup ? std::move(lookup) : Lookup([options](const std::string& host) { return look_up(host, options); }))) {
}

SystemResolver::~SystemResolver() = default;

std::optional<base::Result<Resolver::Addresses>> SystemResolver::cached(std::string_view host) {
  return state_->names.with(base::to_lower(host), [](auto& entry) {
    return entry.value() != nullptr ? entry.value()->answer : std::optional<base::Result<Addresses>>();
  });
}

void SystemResolver::resolve(std::string host, Done done) {
  enum class Step { LookUp, Wait, Refuse, Tell };
  host = base::to_lower(host);
  std::optional<base::Result<Addresses>> known;
  const Step step = state_->names.with(host, [&](auto& entry) {
    if (State::Name* name = entry.value()) {
      known = name->answer;
      if (known) return Step::Tell;
      name->waiting.push_back(std::move(done));
      return Step::Wait;
    }
    if (state_->in_flight.fetch_add(1) >= state_->options.in_flight) {
      state_->in_flight.fetch_sub(1);
      return Step::Refuse;
    }
    entry.create().waiting.push_back(std::move(done));
    return Step::LookUp;
  });
  if (step == Step::Tell) done(std::move(*known));
  if (step == Step::Refuse) done(base::fail(host + ": too many names are being looked up", EAGAIN));
  if (step == Step::LookUp) submit(std::move(host));
}

void SystemResolver::submit(std::string host) {
  const auto submitted = pool_.submit([state = state_, host] {
    const base::TimePoint begin = state->clock.now();
    base::Result<Addresses> addresses = state->lookup(host);
    const base::Duration took = state->clock.now() - begin;
    const Options& options = state->options;
    if (options.slow > base::Duration::zero() && took > options.slow && options.on_slow) options.on_slow(host, took);
    state->in_flight.fetch_sub(1);
    state->answer(host, std::move(addresses));
  });
  if (submitted) return;
  state_->in_flight.fetch_sub(1);
  state_->answer(host, std::unexpected(submitted.error()));
}

}  // namespace carillon::transport
