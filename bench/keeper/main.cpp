// SPDX-License-Identifier: Apache-2.0
// Keeps a core awake and its caches alone: spins in registers, at the lowest priority of the server's scheduling group,
// until the process named on the command line is gone.
#include <sys/types.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

int main(int argc, char** argv) {
  const auto watched = argc == 2 ? static_cast<pid_t>(std::atoi(argv[1])) : 0;
  if (watched <= 0) return 2;
  constexpr unsigned kTurns = 1U << 26;  // some ten milliseconds
  while (kill(watched, 0) == 0 || errno != ESRCH) {
    for (unsigned turn = 0; turn < kTurns; ++turn) asm volatile("");
  }
}
