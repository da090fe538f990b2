// SPDX-License-Identifier: Apache-2.0
// The last datagrams sent: when an ICMP error comes back with the beginning of one, it says whose it was. Internal to
// net/.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/hash.h"
#include "base/ip.h"

namespace carillon::net {

// One thread.
class SentRing {
 public:
  void add(const base::Endpoint& remote, std::uint64_t cookie, std::string_view bytes) {
    entries_[next_++ % entries_.size()] = {remote, cookie, fingerprint(bytes)};
  }

  // The cookie of the datagram to `remote` that began with `quoted`; 0 when it isn't remembered. Routers may quote as
  // little as the UDP header (RFC 792): then it is the last one sent there. A cookie is taken once.
  [[nodiscard]] std::uint64_t take(const base::Endpoint& remote, std::string_view quoted) {
    const std::uint64_t wanted = fingerprint(quoted);
    Entry* last = nullptr;
    for (std::size_t age = 1; age <= entries_.size(); ++age) {
      Entry& entry = entries_[(next_ - age) % entries_.size()];
      if (entry.cookie == 0 || entry.remote != remote) continue;
      if (entry.fingerprint == wanted) return std::exchange(entry.cookie, 0);
      if (last == nullptr) last = &entry;
    }
    const bool cut_short = quoted.size() < kFingerprinted;
    return cut_short && last != nullptr ? std::exchange(last->cookie, 0) : 0;
  }

 private:
  // Reaches into the Via of a usual request, so that its branch is part of it.
  static constexpr std::size_t kFingerprinted = 256;

  struct Entry {
    base::Endpoint remote;
    std::uint64_t cookie = 0;
    std::uint64_t fingerprint = 0;
  };

  static std::uint64_t fingerprint(std::string_view bytes) {
    bytes = bytes.substr(0, kFingerprinted);
    std::uint64_t sum = bytes.size();
    while (!bytes.empty()) {
      std::uint64_t word = 0;
      const std::size_t taken = std::min(bytes.size(), sizeof word);
      std::memcpy(&word, bytes.data(), taken);
      sum = (sum ^ word) * 0x9e37'79b9'7f4a'7c15U;
      bytes.remove_prefix(taken);
    }
    return base::mix(sum);
  }

  std::array<Entry, 256> entries_{};
  std::size_t next_ = 0;
};

}  // namespace carillon::net
