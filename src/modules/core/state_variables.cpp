// SPDX-License-Identifier: Apache-2.0
// Variables about time, flags and the process: what is known beside the message. See variables.h.
#include <sys/types.h>
#include <unistd.h>

#include <ctime>

#include "base/log.h"
#include "base/strings.h"
#include "modules/core/core.h"
#include "modules/core/variables.h"

namespace carillon::core {
namespace {

using namespace module;
using routing::FlagSpace;
using script::Value;
using script::VariableRef;

// --- time

Value read_seconds(RouteContext& context, const VariableRef& /*ref*/) {
  return number(context, context.proxy().clock().unix_seconds());
}

Value read_microseconds(RouteContext& context, const VariableRef& /*ref*/) {
  return number(context, context.proxy().clock().unix_microseconds() % 1'000'000);
}

Value read_start(RouteContext& context, const VariableRef& ref) { return number(context, core_of(ref).started_at()); }

Value format_time(RouteContext& context, const char* format) {
  const std::time_t now = context.proxy().clock().unix_seconds();
  std::tm local{};
  localtime_r(&now, &local);
  char text[256];
  const std::size_t size = std::strftime(text, sizeof(text), format, &local);
  return size == 0 ? Value::null() : Value::text(context.keep({text, size}));
}

Value read_ctime(RouteContext& context, const VariableRef& /*ref*/) {
  return format_time(context, "%a %b %e %H:%M:%S %Y");
}

Value read_time(RouteContext& context, const VariableRef& ref) {
  return format_time(context, std::string(ref.sub_name).c_str());
}

// --- flags

Value read_message_flags(RouteContext& context, const VariableRef& ref) {
  const std::string names = core_of(ref).flag_names().names(FlagSpace::Message, context.decision.flags);
  return text_or_null(context.keep(names));
}

Value read_message_flag(RouteContext& context, const VariableRef& ref) {
  const auto mask = flag_mask(ref, FlagSpace::Message);
  return Value::integer(mask && (context.decision.flags & *mask) != 0 ? 1 : 0);
}

base::Result<> write_message_flag(RouteContext& context, const VariableRef& ref, const Value& value) {
  const auto mask = flag_mask(ref, FlagSpace::Message);
  if (!mask) return std::unexpected(mask.error());
  std::uint32_t& flags = context.decision.flags;
  flags = value.is_true() ? flags | *mask : flags & ~*mask;
  if (context.transaction != nullptr && context.kind() != script::RouteKind::Request)
    context.transaction->flags = flags;
  return {};
}

// --- logging: for the rest of this run

template <std::optional<int> RouteContext::* member>
base::Result<> write_level(RouteContext& context, const VariableRef& /*ref*/, const Value& value) {
  if (value.is_null()) {
    (context.*member).reset();
    return {};
  }
  if (!value.has_integer() || value.as_integer() < -3 || value.as_integer() > 4) {
    return base::fail("a level is a number from -3 to 4");
  }
  context.*member = static_cast<int>(value.as_integer());
  return {};
}

Value read_log_level(RouteContext& context, const VariableRef& /*ref*/) {
  return number(context, context.log_level.value_or(static_cast<int>(log::level())));
}
Value read_xlog_level(RouteContext& context, const VariableRef& /*ref*/) {
  return number(context, context.xlog_level.value_or(context.proxy().settings().xlog_level));
}

// $C(xy): foreground x, background y, as terminals are told; nothing unless the log lets it through.
Value read_colour(RouteContext& context, const VariableRef& ref) {
  if (!core_of(ref).settings.xlog_force_color || ref.sub_name.size() != 2) return Value::text("");
  constexpr std::string_view kLetters = "srgybpcw";  // black, red, green, yellow, blue, purple, cyan, white
  std::string codes = "0";
  constexpr int kForeground = 30;  // of ECMA-48; the background's numbers are ten more
  int number = kForeground;
  for (const char letter : ref.sub_name) {
    const std::size_t colour = kLetters.find(base::to_lower(letter));
    if (colour != std::string_view::npos) {
      // Upper case is bright.
      const bool bright = letter != base::to_lower(letter) && number == kForeground;
      codes += fmt::format(";{}{}", bright ? "1;" : "", number + static_cast<int>(colour));
    }
    number += 10;
  }
  return Value::text(context.keep(fmt::format("\x1b[{}m", codes)));
}

base::Result<script::Constant> check_colour(const Value& literal, void* /*owner*/) {
  constexpr std::string_view kLetters = "xsrgybpcwSRGYBPCW";
  const std::string_view text = literal.as_text();
  if (text.size() == 2 && text.find_first_not_of(kLetters) == std::string_view::npos) return script::Constant{};
  return base::fail("two letters of x s r g y b p c w: text and background, x as it is");
}

// --- the command line

Value read_argument(RouteContext& /*context*/, const VariableRef& ref) {
  const auto& arguments = core_of(ref).arguments;
  const auto found = arguments.find(ref.sub_name);
  return found == arguments.end() ? Value::null() : Value::text(found->second);
}

// --- the process, and what went wrong

Value read_pid(RouteContext& context, const VariableRef& /*ref*/) { return number(context, ::getpid()); }

Value read_message_id(RouteContext& context, const VariableRef& ref) {
  return number(context, core_of(ref).id_of(context));
}

Value read_error_class(RouteContext& context, const VariableRef& /*ref*/) {
  return context.error.reply_code != 0 ? number(context, context.error.error_class) : Value::null();
}
Value read_error_level(RouteContext& context, const VariableRef& /*ref*/) {
  return context.error.reply_code != 0 ? number(context, context.error.level) : Value::null();
}
Value read_error_info(RouteContext& context, const VariableRef& /*ref*/) { return text_or_null(context.error.info); }
Value read_error_code(RouteContext& context, const VariableRef& /*ref*/) {
  return context.error.reply_code != 0 ? number(context, context.error.reply_code) : Value::null();
}
Value read_error_reason(RouteContext& context, const VariableRef& /*ref*/) {
  return text_or_null(context.error.reply_reason);
}

constexpr VariableTraits kNamed{.sub_name = script::SubName::Required};
constexpr VariableTraits kColour{.sub_name = script::SubName::Required, .compile_sub_name = &check_colour};
constexpr VariableTraits kMessageFlag{.sub_name = script::SubName::Required,
                                      .compile_sub_name = &compile_flag<MessageFlag>};

constexpr auto kRows = std::to_array({
    variable<&read_seconds>("Ts", "Unix time, seconds."),
    variable<&read_start>("TS", "Unix time of the start of the server, seconds."),
    variable<&read_microseconds>("Tsm", "Microseconds of the current second."),
    variable<&read_ctime>("Tf", "Local time as text."),
    variable<&read_time>("time", "Local time in a strftime format.", kNamed),
    variable<&read_message_flags>("mf", "Names of the message flags that are set."),
    variable<&read_message_flag, &write_message_flag>("msg.flag", "A message flag.", kMessageFlag),
    variable<&read_pid>("pp", "Process id."),
    variable<&read_message_id>("mi", "Number of this run of the script."),
    variable<&read_log_level, &write_level<&RouteContext::log_level>>("log_level", "log_level, for this run."),
    variable<&read_xlog_level, &write_level<&RouteContext::xlog_level>>("xlog_level", "xlog_level, for this run."),
    variable<&read_colour>("C", "The colours of a terminal: $C(rx) is red; with xlog_force_color.", kColour),
    variable<&read_argument>("argv", "What -o name=value gave.", kNamed),
    variable<&read_error_class>("err.class", "1: the message could not be parsed."),
    variable<&read_error_level>("err.level", "How bad it is: 1 the worst, 5 the least."),
    variable<&read_error_info>("err.info", "What went wrong."),
    variable<&read_error_code>("err.rcode", "The status that would fit."),
    variable<&read_error_reason>("err.rreason", "The reason phrase that would fit."),
});

}  // namespace

const std::span<const VariableDecl> kStateVariables = kRows;

}  // namespace carillon::core
