// SPDX-License-Identifier: Apache-2.0
// gflags: 32 flags of the whole server, for switches that scripts read and management commands set.
#include <fmt/format.h>

#include <atomic>
#include <charconv>

#include "base/log.h"
#include "base/strings.h"
#include "management/json.h"
#include "module/module.h"

namespace carillon::gflags {
namespace {

using namespace module;
using management::Json;
using management::Parameters;

// Decimal, or hexadecimal behind "0x".
base::Result<std::uint32_t> bitmask_of(const Parameters& parameters) {
  const auto text = parameters.text("bitmask");
  if (!text) return std::unexpected(text.error());
  std::string_view digits = base::trim(*text);
  int radix = 10;
  if (base::istarts_with(digits, "0x")) {
    digits.remove_prefix(2);
    radix = 16;
  }
  std::uint32_t mask = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), mask, radix);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return base::fail("bitmask must be a number of 32 bits, decimal or with 0x", management::kInvalidParameters);
  }
  return mask;
}

class Gflags final : public Module {
 public:
  base::Result<> start(Services& /*services*/) override {
    flags_.store(static_cast<std::uint32_t>(initial));
    return {};
  }

  Verdict set_gflag(RouteContext& /*context*/, int flag) {
    const auto mask = bit("set_gflag", flag);
    if (!mask) return kFalse;
    flags_.fetch_or(*mask);
    return kTrue;
  }
  Verdict reset_gflag(RouteContext& /*context*/, int flag) {
    const auto mask = bit("reset_gflag", flag);
    if (!mask) return kFalse;
    flags_.fetch_and(~*mask);
    return kTrue;
  }
  Verdict is_gflag(RouteContext& /*context*/, int flag) {
    const auto mask = bit("is_gflag", flag);
    return Verdict::of(mask && (flags_.load() & *mask) != 0);
  }

  base::Task<base::Result<Json>> set(Parameters parameters) {
    const auto mask = bitmask_of(parameters);
    if (!mask) co_return std::unexpected(mask.error());
    flags_.fetch_or(*mask);
    co_return Json("OK");
  }
  base::Task<base::Result<Json>> reset(Parameters parameters) {
    const auto mask = bitmask_of(parameters);
    if (!mask) co_return std::unexpected(mask.error());
    flags_.fetch_and(~*mask);
    co_return Json("OK");
  }
  base::Task<base::Result<Json>> check(Parameters parameters) {
    const auto mask = bitmask_of(parameters);
    if (!mask) co_return std::unexpected(mask.error());
    co_return Json((flags_.load() & *mask) == *mask ? "TRUE" : "FALSE");
  }
  base::Task<base::Result<Json>> get(Parameters /*parameters*/) {
    const std::uint32_t now = flags_.load();
    Json answer = Json::object();
    answer.add("hex", fmt::format("0x{:X}", now));
    answer.add("dec", now);
    co_return answer;
  }

  int initial = 0;

 private:
  [[nodiscard]] static std::optional<std::uint32_t> bit(std::string_view function, int flag) {
    if (flag >= 0 && flag < 32) return 1U << static_cast<unsigned>(flag);
    log::error("{}(): there is no flag {}, only 0 to 31", function, flag);
    return std::nullopt;
  }

  std::atomic<std::uint32_t> flags_{0};
};

constexpr auto kParameters = std::to_array({
    parameter<&Gflags::initial>("initial", "The flags at the start, as a bitmask."),
});

constexpr auto kFunctions = std::to_array({
    function<&Gflags::set_gflag>("set_gflag", {"flag"}, kAnyRoute, "Sets a flag of the server, 0 to 31."),
    function<&Gflags::reset_gflag>("reset_gflag", {"flag"}, kAnyRoute, "Resets a flag of the server, 0 to 31."),
    function<&Gflags::is_gflag>("is_gflag", {"flag"}, kAnyRoute, "Whether a flag of the server is set, 0 to 31."),
});

constexpr auto kCommands = std::to_array({
    command<&Gflags::set>({.name = "gflags:set",
                           .aliases = "set_gflag,gflags:set_gflag",
                           .recipes = "bitmask",
                           .help = "Sets flags of the server, given as a bitmask, decimal or with 0x.",
                           .result = "\"OK\""}),
    command<&Gflags::reset>({.name = "gflags:reset",
                             .aliases = "reset_gflag,gflags:reset_gflag",
                             .recipes = "bitmask",
                             .help = "Resets flags of the server, given as a bitmask, decimal or with 0x.",
                             .result = "\"OK\""}),
    command<&Gflags::check>({.name = "gflags:check",
                             .aliases = "is_gflag,gflags:is_gflag",
                             .recipes = "bitmask",
                             .help = "Whether all flags of a bitmask are set.",
                             .result = "\"TRUE\" or \"FALSE\""}),
    command<&Gflags::get>({.name = "gflags:get",
                           .aliases = "get_gflags,gflags:get_gflags",
                           .recipes = "",
                           .help = "All flags of the server.",
                           .result = "{hex, dec}"}),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "gflags",
    .documentation = "Flags of the whole server.",
    .parameters = kParameters,
    .functions = kFunctions,
    .commands = kCommands,
    .create = &create<Gflags>,
};

}  // namespace carillon::gflags
