// SPDX-License-Identifier: Apache-2.0
// Subcommands and flags.
#pragma once

#include <optional>

namespace CLI {
class App;
}

namespace carillon::server {

// Subcommands of a folder that stands above this one.
class Subcommands {
 public:
  Subcommands() = default;
  Subcommands(const Subcommands&) = delete;
  Subcommands& operator=(const Subcommands&) = delete;
  virtual ~Subcommands() = default;

  // Before the arguments are read.
  virtual void add_to(CLI::App& app) = 0;
  // Does what was asked for and returns the exit status; nothing when it was none of these.
  [[nodiscard]] virtual std::optional<int> run() const = 0;
};

// Does what the arguments ask for; returns the exit status.
[[nodiscard]] int run_command_line(int argc, char** argv, Subcommands& more);

}  // namespace carillon::server
