// SPDX-License-Identifier: Apache-2.0
// The templates of `carillon init`: scripts whose lines depend on what is switched on.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace carillon::server {

using Switches = std::set<std::string, std::less<>>;

// A line "%if a", "%if !a", "%if a|b", "%if a&!b" begins lines that are there when that holds, up to "%else" and
// "%end". "@NAME@" is a value. A mistake in a template ends the process: templates are ours.
[[nodiscard]] std::string expand_template(std::string_view text, const Switches& switches,
                                          const std::map<std::string, std::string, std::less<>>& values);

// Where a switch can be thrown.
inline constexpr std::uint8_t kResidential = 1;
inline constexpr std::uint8_t kTrunking = 2;
inline constexpr std::uint8_t kLoadBalancer = 4;
inline constexpr std::uint8_t kAllTemplates = 7;

struct ScriptSwitch {
  std::string_view flag;  // "use-auth"
  std::string_view name;  // in templates
  std::string_view m4;    // what OpenSIPS's templates call it
  std::string_view help;
  std::uint8_t templates = kAllTemplates;
};

struct ScriptTemplate {
  std::string_view name;
  std::uint8_t mask = 0;
  std::string_view help;
  std::string_view (*text)();
};

[[nodiscard]] std::span<const ScriptSwitch> script_switches();
[[nodiscard]] std::span<const ScriptTemplate> script_templates();

// One file each.
[[nodiscard]] std::string_view template_head();  // of all: the settings and the modules that each has
[[nodiscard]] std::string_view residential_template();
[[nodiscard]] std::string_view trunking_template();
[[nodiscard]] std::string_view load_balancer_template();

}  // namespace carillon::server
