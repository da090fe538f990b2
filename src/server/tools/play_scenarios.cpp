// SPDX-License-Identifier: Apache-2.0
// See play_scenarios.h.
#include "server/tools/play_scenarios.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "base/glob.h"
#include "base/result.h"
#include "modules/module_list.h"
#include "server/script_loader.h"
#include "testing/scenario/player.h"

namespace carillon::server {
namespace {

constexpr std::string_view kExtension = ".scn";

base::Result<std::vector<std::string>> files_of(const std::vector<std::string>& given) {
  std::vector<std::string> files;
  for (const std::string& path : given) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      if (!std::filesystem::exists(path, error)) return base::fail(path + ": no such file");
      files.push_back(path);
      continue;
    }
    const std::size_t before = files.size();
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path, error)) {
      if (entry.path().extension() == kExtension) files.push_back(entry.path().string());
    }
    if (error) return base::fail(fmt::format("{}: {}", path, error.message()));
    std::sort(files.begin() + static_cast<std::ptrdiff_t>(before), files.end());
  }
  return files;
}

bool is_wanted(const std::string& path, const std::string& filter) {
  if (filter.find_first_of("*?[") == std::string::npos) return path.find(filter) != std::string::npos;
  return base::glob_matches(filter, path);
}

// Whether it went well.
bool play(const std::string& path, const script::Source& script, bool verbose) {
  const auto begin = std::chrono::steady_clock::now();
  const auto scenario = testing::Scenario::load(path);
  if (!scenario) {
    fmt::print("FAIL  {}\n", scenario.error().message);
    return false;
  }
  testing::Player player(*scenario, {.script = script, .recorded = true});
  const auto played = player.play();
  const auto taken = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  fmt::print("{}  {} ({} ms)\n", played ? "ok  " : "FAIL", path, taken.count());
  if (verbose) {
    for (const std::string& line : player.story()) fmt::print("  {}\n", line);
  }
  if (!played) fmt::print("{}", played.error().message);
  return played.has_value();
}

}  // namespace

int play_scenarios(const PlayOptions& options) {
  const auto source = read_script(options.script, {});
  if (!source) return kBadStart;
  // Once for all of them, so that an error in it is told once.
  module::Registry registry(modules::all());
  if (compile_script(*source, registry) == nullptr) return kBadStart;
  const auto files = files_of(options.scenarios);
  if (!files) {
    fmt::print(stderr, "carillon: {}\n", files.error().message);
    return kBadStart;
  }
  unsigned passed = 0;
  unsigned failed = 0;
  for (const std::string& file : *files) {
    if (!is_wanted(file, options.filter)) continue;
    ++(play(file, *source, options.verbose) ? passed : failed);
    std::fflush(stdout);
  }
  if (passed + failed == 0) {
    fmt::print(stderr, "carillon: there is no scenario ({}) to play\n", kExtension);
    return kBadStart;
  }
  fmt::print("{} passed, {} failed\n", passed, failed);
  return failed == 0 ? kSuccess : kFailure;
}

}  // namespace carillon::server
