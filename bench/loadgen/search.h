// SPDX-License-Identifier: Apache-2.0
// The highest rate a server bears: doubled until it fails, then bisected.
#pragma once

#include <functional>

namespace carillon::bench {

enum class Bearing : unsigned char {
  Borne,
  Failed,
  Void,  // the generator was the limit
};

struct SearchResult {
  double highest = 0;         // the highest rate borne; 0 when the first one tried was not
  bool load_limited = false;  // the server may bear more than the generator could offer
};

// Tries `first`, then twice as much while that is borne, then halves the gap until it is within 3 %. A rate that failed
// once is tried once more: something else may have had the machine.
[[nodiscard]] SearchResult find_highest_rate(double first, const std::function<Bearing(double rate)>& offer);

}  // namespace carillon::bench
