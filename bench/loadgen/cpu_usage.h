// SPDX-License-Identifier: Apache-2.0
// CPU time of the server under load and of everybody else, read at the marks of the measured window. The generator does
// it because it is sure to be running then; another process on a busy machine may come late.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <vector>

namespace carillon::bench {

struct CpuUsage {
  std::chrono::nanoseconds server{};    // of all threads of the server's processes, user and system
  std::chrono::nanoseconds database{};  // of those of its database
  std::chrono::nanoseconds ours{};      // of the generator and of processes that belong to the measurement
  std::chrono::nanoseconds machine{};   // of all cores, by the kernel's clock tick
  std::chrono::nanoseconds steal{};     // what the hypervisor took away

  // What others took of the machine.
  [[nodiscard]] std::chrono::nanoseconds strangers() const { return machine - server - database - ours + steal; }
  friend CpuUsage operator-(const CpuUsage& end, const CpuUsage& begin) {
    return {end.server - begin.server, end.database - begin.database, end.ours - begin.ours,
            end.machine - begin.machine, end.steal - begin.steal};
  }
};

// Since the processes, or the machine, started. What ended counts as zero.
[[nodiscard]] CpuUsage read_cpu_usage(const std::vector<pid_t>& server, const std::vector<pid_t>& database,
                                      const std::vector<pid_t>& ours);

}  // namespace carillon::bench
