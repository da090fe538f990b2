// SPDX-License-Identifier: Apache-2.0
// See best_response.h.
#include "routing/best_response.h"

#include <algorithm>
#include <array>

#include "sip/digest.h"

namespace carillon::routing {
namespace {

constexpr std::array kChallengeHeaders = {sip::HeaderId::WwwAuthenticate, sip::HeaderId::ProxyAuthenticate};

bool is_challenge(int status) { return status == 401 || status == 407; }

// Whether some branch was challenged in such a header for the realm of `challenge`.
bool asks_again(std::span<const std::unique_ptr<Branch>> branches, sip::HeaderId id, std::string_view challenge) {
  const auto asked = sip::DigestFields::parse(challenge);
  if (!asked) return false;
  return std::ranges::any_of(branches, [&](const auto& branch) {
    if (!is_challenge(branch->status()) || !branch->response()) return false;
    const auto headers = branch->response()->message().headers(id);
    return std::ranges::any_of(headers, [&](const sip::Header& header) {
      const auto fields = sip::DigestFields::parse(header.value);
      return fields && fields->realm == asked->realm;
    });
  });
}

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

std::vector<std::string> other_challenges(std::span<const std::unique_ptr<Branch>> branches,
                                          std::span<const std::unique_ptr<Branch>> last_set, const Branch& best) {
  std::vector<std::string> lines;
  if (!is_challenge(best.status())) return lines;
  const std::size_t earlier = branches.size() - last_set.size();
  for (std::size_t i = 0; i < branches.size(); ++i) {
    const Branch& branch = *branches[i];
    if (&branch == &best || !is_challenge(branch.status()) || !branch.response()) continue;
    for (const auto id : kChallengeHeaders) {
      for (const sip::Header header : branch.response()->message().headers(id)) {
        if (i < earlier && asks_again(last_set, id, header.value)) continue;
        lines.emplace_back(header.line);
      }
    }
  }
  return lines;
}

}  // namespace carillon::routing
