// SPDX-License-Identifier: Apache-2.0
// The generator's command line.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ip.h"
#include "loadgen/digest_phones.h"

namespace carillon::bench {

enum class Traffic : std::uint8_t { Register, Call };

struct Options {
  Traffic traffic = Traffic::Call;
  AuthMode auth = AuthMode::None;
  bool search = false;  // look for the highest rate instead of offering one
  bool fill = true;     // register all users first
  bool spin = true;
  base::Endpoint server;
  std::uint16_t uas_port = 0;
  std::uint32_t users = 10'000;
  std::uint32_t first_user = 0;
  std::size_t window = 64;  // registrations open at once while filling
  double rate = 1'500;
  double warmup_seconds = 2;
  double seconds = 10;
  double timeout_seconds = 4;
  double ring_milliseconds = 20;
  double hold_milliseconds = 20;
  std::size_t relay_padding = 0;
  std::vector<pid_t> server_pids;    // whose CPU time the result reports
  std::vector<pid_t> database_pids;  // whose CPU time it reports apart
  std::vector<pid_t> our_pids;       // which are not strangers either
};

// Prints help or what is wrong and exits when there is nothing to run.
[[nodiscard]] Options parse_options(int argc, char** argv);

}  // namespace carillon::bench
