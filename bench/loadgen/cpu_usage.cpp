// SPDX-License-Identifier: Apache-2.0
// CPU time from /proc: schedstat has in nanoseconds what utime + stime of stat have in ticks.
#include "loadgen/cpu_usage.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

namespace carillon::bench {

namespace {

using std::chrono::nanoseconds;

nanoseconds time_of(pid_t process) {
  std::int64_t total = 0;
  std::error_code error;
  for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", process), error)) {
    std::int64_t on_cpu = 0;
    if (std::ifstream(thread.path() / "schedstat") >> on_cpu) total += on_cpu;
  }
  return nanoseconds{total};
}

nanoseconds time_of(const std::vector<pid_t>& processes) {
  nanoseconds total{};
  for (const pid_t process : processes) total += time_of(process);
  return total;
}

nanoseconds own_time() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + nanoseconds{time.tv_nsec};
}

}  // namespace

CpuUsage read_cpu_usage(const std::vector<pid_t>& server, const std::vector<pid_t>& database,
                        const std::vector<pid_t>& ours) {
  CpuUsage usage{.server = time_of(server), .database = time_of(database), .ours = own_time() + time_of(ours)};
  std::ifstream stat("/proc/stat");
  std::string label;
  std::int64_t user = 0;
  std::int64_t nice = 0;
  std::int64_t system = 0;
  std::int64_t idle = 0;
  std::int64_t iowait = 0;
  std::int64_t irq = 0;
  std::int64_t softirq = 0;
  std::int64_t steal = 0;
  if (stat >> label >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal) {
    const nanoseconds tick = std::chrono::seconds{1} / sysconf(_SC_CLK_TCK);
    usage.machine = tick * (user + nice + system + irq + softirq);
    usage.steal = tick * steal;
  }
  return usage;
}

}  // namespace carillon::bench
