// SPDX-License-Identifier: Apache-2.0
// See best_response.h.
#include "routing/best_response.h"

#include <algorithm>
#include <array>

namespace carillon::routing {
namespace {

bool is_challenge(int status) { return status == 401 || status == 407; }

}  // namespace

int rank(int status, bool cancelled) {
  static constexpr std::array kPreferred = {401, 407, 415, 420, 484};
  constexpr int kClass = 1000;
  if (status < 300) return 0;
  if (cancelled && status == 487) return kClass;
  if (status >= 600) return 2 * kClass + status;
  if (status < 400) return 3 * kClass + status;
  if (const auto* found = std::ranges::find(kPreferred, status); found != kPreferred.end()) {
    return 4 * kClass + static_cast<int>(found - kPreferred.begin());
  }
  if (status == 408) return 7 * kClass;
  if (status == 503) return 8 * kClass;
  return (status < 500 ? 5 : 6) * kClass + status;
}

Branch* best_branch(std::span<const std::unique_ptr<Branch>> branches, bool cancelled) {
  Branch* best = nullptr;
  for (const auto& branch : branches) {
    if (!branch->is_final()) continue;
    if (best == nullptr || rank(branch->status(), cancelled) < rank(best->status(), cancelled)) best = branch.get();
  }
  return best;
}

std::vector<std::string> other_challenges(const std::vector<std::unique_ptr<Branch>>& branches, const Branch& best) {
  std::vector<std::string> lines;
  if (!is_challenge(best.status())) return lines;
  for (const auto& branch : branches) {
    if (branch.get() == &best || !is_challenge(branch->status()) || !branch->response()) continue;
    const sip::Message& response = branch->response()->message();
    for (const auto id : {sip::HeaderId::WwwAuthenticate, sip::HeaderId::ProxyAuthenticate}) {
      for (const sip::Header header : response.headers(id)) lines.emplace_back(header.line);
    }
  }
  return lines;
}

}  // namespace carillon::routing
