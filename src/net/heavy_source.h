// SPDX-License-Identifier: Apache-2.0
// Notices a source that sends most of the datagrams, so that it can be spread over the workers. Internal to net/.
#pragma once

#include <cstdint>
#include <optional>

#include "base/ip.h"

namespace carillon::net {

// Majority vote (Boyer, Moore 1981) over windows of datagrams. One thread.
class HeavySource {
 public:
  static constexpr std::uint32_t kWindow = 4096;

  // True at the end of a window: ask found().
  bool count(const base::Endpoint& source) {
    if (source == candidate_) {
      ++votes_;
    } else if (votes_ == 0) {
      candidate_ = source;
      votes_ = 1;
    } else {
      --votes_;
    }
    if (++counted_ < kWindow) return false;
    // A source with 56% of the datagrams among many others leaves an eighth of the votes.
    found_ = votes_ > kWindow / 8 ? std::optional(candidate_) : std::nullopt;
    counted_ = votes_ = 0;
    return true;
  }

  // The majority of the last full window.
  [[nodiscard]] const std::optional<base::Endpoint>& found() const { return found_; }

 private:
  base::Endpoint candidate_;
  std::uint32_t votes_ = 0;
  std::uint32_t counted_ = 0;
  std::optional<base::Endpoint> found_;
};

}  // namespace carillon::net
