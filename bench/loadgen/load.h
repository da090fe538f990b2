// SPDX-License-Identifier: Apache-2.0
// What a trial drives: a kind of traffic (calls, registrations) that starts pieces of work and sees their answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "loadgen/histogram.h"
#include "loadgen/udp_batch.h"

namespace carillon::bench {

// RFC 3261 section 17.1.1.1, table 4.
inline constexpr base::Duration kT1 = std::chrono::milliseconds{500};
inline constexpr base::Duration kT2 = std::chrono::seconds{4};

// The callers' socket and the one that every contact points to.
struct Sockets {
  UdpBatch uac;
  UdpBatch uas;
};

// Work of the measured window, but for `completed`, which counts all since the load was made.
struct Statistics {
  std::uint64_t attempted = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t rejected = 0;  // a final answer of 300 and above
  std::uint64_t timed_out = 0;
  std::uint64_t misrouted = 0;        // arrived, but not where or as it should
  std::uint64_t unconfirmed = 0;      // succeeded calls whose ACK had not reached the callee before the BYE
  std::uint64_t retransmissions = 0;  // of ours, by timer
  std::uint64_t challenged = 0;       // challenges answered
  std::uint64_t stray = 0;            // datagrams that match nothing
  std::uint64_t completed = 0;
  Histogram latency;

  [[nodiscard]] std::uint64_t failed() const { return attempted - succeeded; }
};

class Load {
 public:
  explicit Load(Sockets& sockets) : sockets_(sockets) {}
  virtual ~Load() = default;
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Begins one call or registration; `measured` says whether it counts.
  virtual void start(base::TimePoint now, bool measured) = 0;
  virtual void on_uac_datagram(std::string_view datagram, base::TimePoint now) = 0;
  virtual void on_uas_datagram(std::string_view datagram, base::TimePoint now) = 0;
  virtual void run_timers(base::TimePoint now) = 0;
  [[nodiscard]] virtual base::TimePoint next_timer() const = 0;
  // Pieces of work begun and not ended.
  [[nodiscard]] virtual std::size_t pending() const = 0;

  [[nodiscard]] const Statistics& statistics() const { return statistics_; }
  void forget_statistics() { statistics_ = {}; }
  [[nodiscard]] Sockets& sockets() { return sockets_; }

 protected:
  Sockets& sockets_;
  Statistics statistics_;
};

}  // namespace carillon::bench
