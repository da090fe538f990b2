// SPDX-License-Identifier: Apache-2.0
// Pauses, clocks and recurrences. See cfgutils.h.
#include <fmt/format.h>

#include <array>
#include <ctime>

#include "base/log.h"
#include "module/blocking.h"
#include "modules/cfgutils/cfgutils.h"
#include "routing/proxy.h"
#include "shard/suspension.h"

namespace carillon::cfgutils {

using namespace module;
using script::Value;
using script::VariableRef;

namespace {

constexpr std::int64_t kMicroseconds = 1'000'000;
constexpr int kLongestPause = 10 * 366 * 86'400;  // seconds
constexpr Verdict kUnreadable = -2;
constexpr Verdict kInternal = -3;

}  // namespace

// --- pauses

base::Task<Verdict> Cfgutils::pause(RouteContext& context, base::Duration length) {
  co_await context.proxy().shard().sleep(length);
  co_return kTrue;
}

Eventual Cfgutils::sleep(RouteContext& context, int seconds) {
  if (seconds < 0 || seconds > kLongestPause) return kFalse;
  if (seconds == 0) return kTrue;
  return pause(context, std::chrono::seconds(seconds));
}

Eventual Cfgutils::usleep(RouteContext& context, int microseconds) {
  if (microseconds < 0) return kFalse;
  if (microseconds == 0) return kTrue;
  return pause(context, std::chrono::microseconds(microseconds));
}

// --- clocks

Verdict Cfgutils::get_accurate_time(RouteContext& context, Output seconds, Output microseconds,
                                    std::optional<Output> both) {
  const std::int64_t now = context.proxy().clock().unix_microseconds();
  bool done = seconds.assign(Value::integer(now / kMicroseconds));
  done = microseconds.assign(Value::integer(now % kMicroseconds)) && done;
  if (both) {
    const std::string text = fmt::format("{}.{:06}", now / kMicroseconds, now % kMicroseconds);
    done = both->assign(Value::text(context.keep(text))) && done;
  }
  return Verdict::of(done);
}

Verdict Cfgutils::ts_usec_delta(RouteContext& context, std::int64_t first_seconds, std::int64_t first_microseconds,
                                std::int64_t second_seconds, std::int64_t second_microseconds,
                                std::optional<Output> text, std::optional<Output> number) {
  // What scripts hand in fits 64 bits with room to spare, but nothing keeps them from handing in something else.
  std::int64_t delta = 0;
  if (__builtin_sub_overflow(first_seconds, second_seconds, &delta) ||
      __builtin_mul_overflow(delta, kMicroseconds, &delta) ||
      __builtin_add_overflow(delta, first_microseconds, &delta) ||
      __builtin_sub_overflow(delta, second_microseconds, &delta) || delta == INT64_MIN) {
    return kFalse;
  }
  delta = delta < 0 ? -delta : delta;
  bool done = true;
  if (text) done = text->assign(Value::text(context.keep(std::to_string(delta))));
  if (number) {
    if (delta > INT32_MAX) return kFalse;
    done = number->assign(Value::integer(delta)) && done;
  }
  return Verdict::of(done);
}

// --- recurrences

base::Result<TimeRecurrence> TimeRecurrence::parse(std::string_view text) {
  auto parsed = base::Recurrence::parse(text);
  if (!parsed) return base::fail(std::move(parsed.error().message), kUnreadable.code);
  return TimeRecurrence{std::move(*parsed)};
}

base::Result<TimeRecurrence> TimeRecurrence::compile(std::string_view text, Cfgutils& module) {
  auto parsed = parse(text);
  if (!parsed) return parsed;
  if (auto loaded = parsed->recurrence.load_zones(module.zones()); !loaded) {
    return std::unexpected(std::move(loaded.error()));
  }
  return parsed;
}

Verdict Cfgutils::contains(const base::Recurrence& recurrence, std::int64_t time) const {
  const auto found = recurrence.contains(time, zones_);
  if (found) return Verdict::of(*found);
  log::error("check_time_rec(): {}", found.error().message);
  return kInternal;
}

// A zone that no run has named yet is read from its file by another thread.
base::Task<Verdict> Cfgutils::check_with_zones(base::Recurrence recurrence, std::int64_t time) {
  auto load = [this, recurrence] { return recurrence.load_zones(zones_); };
  auto loading = run_blocking(*services_, std::move(load));
  const auto loaded = co_await loading;
  if (!loaded) {
    log::error("check_time_rec(): {}", loaded.error().message);
    co_return kUnreadable;
  }
  co_return contains(recurrence, time);
}

Eventual Cfgutils::check_time_rec(RouteContext& context, Parsed<TimeRecurrence> recurrence,
                                  std::optional<std::int64_t> timestamp) {
  const std::int64_t time = timestamp.value_or(context.proxy().clock().unix_seconds());
  if (recurrence->recurrence.has_zones(zones_)) return contains(recurrence->recurrence, time);
  return check_with_zones(recurrence->recurrence, time);
}

// --- $ctime

base::Result<TimePart> TimePart::parse(std::string_view name) {
  constexpr auto kNames =
      std::to_array<std::string_view>({"sec", "min", "hour", "mday", "mon", "year", "wday", "yday", "isdst"});
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return TimePart{static_cast<Kind>(i)};
  }
  return base::fail("must be sec, min, hour, mday, mon, year, wday, yday or isdst");
}

Value read_time_part(RouteContext& context, const VariableRef& ref) {
  const auto parsed = ref.compiled != nullptr ? base::Result<TimePart>(*static_cast<const TimePart*>(ref.compiled))
                                              : TimePart::parse(ref.sub_name);
  if (!parsed) return Value::null();
  const std::time_t now = context.proxy().clock().unix_seconds();
  std::tm local{};
  if (::localtime_r(&now, &local) == nullptr) return Value::null();
  constexpr int kFirstYear = 1900;
  switch (parsed->kind) {
    case TimePart::Kind::Second:
      return Value::integer(local.tm_sec);
    case TimePart::Kind::Minute:
      return Value::integer(local.tm_min);
    case TimePart::Kind::Hour:
      return Value::integer(local.tm_hour);
    case TimePart::Kind::MonthDay:
      return Value::integer(local.tm_mday);
    case TimePart::Kind::Month:
      return Value::integer(local.tm_mon + 1);
    case TimePart::Kind::Year:
      return Value::integer(local.tm_year + kFirstYear);
    case TimePart::Kind::Weekday:
      return Value::integer(local.tm_wday + 1);
    case TimePart::Kind::YearDay:
      return Value::integer(local.tm_yday + 1);
    case TimePart::Kind::IsSummerTime:
      return Value::integer(local.tm_isdst);
  }
  return Value::null();
}

}  // namespace carillon::cfgutils
