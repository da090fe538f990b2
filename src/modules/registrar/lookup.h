// SPDX-License-Identifier: Apache-2.0
// One lookup(): which AoRs are to be read, which of their contacts will do, and the branches they become.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modules/registrar/flags.h"
#include "modules/registrar/rules.h"
#include "routing/target_set.h"

namespace carillon::registrar {

class Lookup {
 public:
  // Codes besides 1 and -1.
  static constexpr int kNoMethod = -2;
  static constexpr int kInternalError = -3;

  Lookup(const Rules& rules, RouteContext& context, const LookupFlags& flags);

  // Names the AoRs: that of `aor` or else of the Request-URI, and with the flag branch those of the branches. False
  // when the first is none.
  [[nodiscard]] bool plan(std::optional<std::string_view> aor);
  // Only the contact with that id, of the AoR.
  void plan_contact(std::string aor, std::uint64_t id);
  // Each is to be read, in this order, and shown to take() when it is there.
  [[nodiscard]] std::size_t planned() const { return sources_.size(); }
  [[nodiscard]] const std::string& name(std::size_t index) const { return sources_[index].aor; }
  void take(std::size_t index, const usrloc::AorRecord& record);
  // Writes the branches.
  [[nodiscard]] Verdict finish();

 private:
  // Where contacts come from: the AoR of the Request-URI, then those of branches.
  struct Source {
    std::string aor;  // empty: the branch names none
    std::size_t found = 0;
    std::optional<routing::RequestTarget> branch;
    // RFC 5627
    std::string instance;
    std::string call_id;
  };
  struct Found {
    routing::RequestTarget target;
    std::string_view attr;
    std::uint32_t latency = 0;
  };

  [[nodiscard]] std::optional<Source> source_of(std::string_view uri) const;
  [[nodiscard]] bool is_wanted(const Source& source, const usrloc::Contact& contact);
  void keep_other_branches();
  void sort_by_latency();

  const Rules& rules_;
  RouteContext& context_;
  const LookupFlags& flags_;
  std::int64_t now_;
  std::uint32_t method_;
  std::uint64_t only_id_ = 0;
  std::vector<Source> sources_;
  std::vector<Found> found_;   // best first
  bool method_lacks_ = false;  // the last contact looked at doesn't take the method
};

}  // namespace carillon::registrar
