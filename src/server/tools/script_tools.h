// SPDX-License-Identifier: Apache-2.0
// The command line of the tools for the people who write scripts: `carillon fmt`, `test`, `explain` and
// `init`.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>

#include "server/command_line.h"
#include "server/tools/explain.h"
#include "server/tools/fmt.h"
#include "server/tools/init.h"
#include "server/tools/play_scenarios.h"

namespace carillon::server {

class ScriptTools final : public Subcommands {
 public:
  void add_to(CLI::App& app) override;
  [[nodiscard]] std::optional<int> run() const override;

 private:
  void add_fmt(CLI::App& app);
  void add_test(CLI::App& app);
  void add_explain(CLI::App& app);
  void add_init(CLI::App& app);
  void add_template(const ScriptTemplate& one);

  CLI::App* fmt_ = nullptr;
  CLI::App* test_ = nullptr;
  CLI::App* explain_ = nullptr;
  FmtOptions fmt_options_;
  PlayOptions play_options_;
  ExplainOptions explain_options_;
  CLI::App* init_ = nullptr;
  bool list_templates_ = false;
  InitOptions init_options_;
};

}  // namespace carillon::server
