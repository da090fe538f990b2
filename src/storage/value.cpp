// SPDX-License-Identifier: Apache-2.0
// DATETIME text, in the time zone of the machine and in no locale.
#include "storage/value.h"

#include <fmt/format.h>

#include <chrono>
#include <ctime>

#include "base/strings.h"

namespace carillon::storage {

std::string format_date_time(DateTime moment) {
  const auto seconds = static_cast<std::time_t>(moment.unix_seconds);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
                     local.tm_hour, local.tm_min, local.tm_sec);
}

std::optional<std::int64_t> parse_date_time(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00 00:00:00";
  if (text.size() < kForm.size() || (text.size() > kForm.size() && text[kForm.size()] != '.')) return std::nullopt;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool fits = kForm[i] == '0' ? base::is_digit(text[i]) : text[i] == kForm[i] || (i == 10 && text[i] == 'T');
    if (!fits) return std::nullopt;
  }
  const auto number = [text](std::size_t at, std::size_t size) {
    return base::parse_number<unsigned>(text.substr(at, size)).value_or(0);
  };
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(number(0, 4))),
                                         std::chrono::month(number(5, 2)), std::chrono::day(number(8, 2))};
  const unsigned hours = number(11, 2);
  const unsigned minutes = number(14, 2);
  const unsigned seconds = number(17, 2);
  if (!date.ok() || hours > 23 || minutes > 59 || seconds > 60) return std::nullopt;
  std::tm local{};
  local.tm_year = static_cast<int>(date.year()) - 1900;
  local.tm_mon = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
  local.tm_mday = static_cast<int>(static_cast<unsigned>(date.day()));
  local.tm_hour = static_cast<int>(hours);
  local.tm_min = static_cast<int>(minutes);
  local.tm_sec = static_cast<int>(seconds);
  local.tm_isdst = -1;  // whatever holds then
  return std::mktime(&local);
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
