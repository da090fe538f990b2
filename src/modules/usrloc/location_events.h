// SPDX-License-Identifier: Apache-2.0
// The E_UL_* events: what becomes of AoRs and contacts, for scripts and whoever subscribed.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "management/events.h"
#include "modules/usrloc/location_observer.h"

namespace carillon::routing {
class FlagNames;
}
namespace carillon::transport {
class TransportLayer;
}

namespace carillon::usrloc {

// Any shard.
class LocationEvents final : public LocationObserver {
 public:
  struct Parts {
    management::Events& events;
    routing::FlagNames& flag_names;
    const transport::TransportLayer& transport;
    // Of E_UL_LATENCY_UPDATE, microseconds: what is faster than the first, or changed by less than the second, is
    // not told. 0: no such limit.
    std::uint32_t min_latency;
    std::uint32_t min_latency_change;
  };

  explicit LocationEvents(const Parts& parts);

  [[nodiscard]] bool wants(LocationChange::Kind kind) const override { return name_of(kind).is_wanted(); }
  void on_change(shard::Shard& shard, std::string_view table, std::string_view aor,
                 const LocationChange& change) override;

 private:
  using Parameters = std::vector<management::Event::Parameter>;

  [[nodiscard]] const management::Events::Name& name_of(LocationChange::Kind kind) const {
    return *names_[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] bool is_worth_telling(const LocationChange& change) const;
  void describe(const Contact& contact, Parameters& to) const;
  void describe_refresh(const LocationChange& change, Parameters& to) const;
  [[nodiscard]] std::string_view socket_of(const Contact& contact) const;

  Parts parts_;
  std::array<management::Events::Name*, LocationChange::kKinds> names_;
};

}  // namespace carillon::usrloc
