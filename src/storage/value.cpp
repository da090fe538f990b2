// SPDX-License-Identifier: Apache-2.0
// DATETIME text, locale-free.
#include "storage/value.h"

#include <fmt/format.h>

#include <chrono>

#include "base/strings.h"

namespace carillon::storage {

std::string format_date_time(DateTime moment) {
  const std::chrono::sys_seconds time{std::chrono::seconds(moment.unix_seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

std::int64_t parse_date_time(std::string_view text) {
  constexpr std::int64_t kNotADate = -1;
  constexpr std::string_view kForm = "0000-00-00 00:00:00";
  if (text.size() < kForm.size() || (text.size() > kForm.size() && text[kForm.size()] != '.')) return kNotADate;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool fits = kForm[i] == '0' ? base::is_digit(text[i]) : text[i] == kForm[i] || (i == 10 && text[i] == 'T');
    if (!fits) return kNotADate;
  }
  const auto number = [text](std::size_t at, std::size_t size) {
    return base::parse_number<unsigned>(text.substr(at, size)).value_or(0);
  };
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(number(0, 4))),
                                         std::chrono::month(number(5, 2)), std::chrono::day(number(8, 2))};
  const unsigned hours = number(11, 2);
  const unsigned minutes = number(14, 2);
  const unsigned seconds = number(17, 2);
  if (!date.ok() || hours > 23 || minutes > 59 || seconds > 60) return kNotADate;
  const auto time = std::chrono::sys_days(date) + std::chrono::hours(hours) + std::chrono::minutes(minutes) +
                    std::chrono::seconds(seconds);
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

namespace {

struct ToText {
  std::string operator()(Null /*null*/) const { return {}; }
  std::string operator()(std::int64_t number) const { return std::to_string(number); }
  std::string operator()(double number) const { return fmt::format("{}", number); }
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(const Blob& blob) const { return blob.bytes; }
  std::string operator()(DateTime moment) const { return format_date_time(moment); }
};

}  // namespace

std::string to_text(const Value& value) { return std::visit(ToText{}, value); }

}  // namespace carillon::storage
