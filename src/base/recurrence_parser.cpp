// SPDX-License-Identifier: Apache-2.0
// Reads recurrences. See recurrence.h.
#include <fmt/format.h>

#include <array>

#include "base/recurrence.h"
#include "base/strings.h"

namespace carillon::base {
namespace {

constexpr std::size_t kMaxText = 4096;
constexpr std::size_t kMaxRules = 64;
constexpr int kMaxDepth = 16;

std::optional<unsigned> digits(std::string_view text) {
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  return parse_number<unsigned>(text);
}

// 20210104T080000, 20210104T080000Z, 20210104
struct ReadMoment {
  CivilTime time;
  bool utc;
  bool has_time;
};
std::optional<ReadMoment> read_moment(std::string_view text) {
  constexpr std::size_t kDate = 8;
  constexpr std::size_t kWhole = 15;
  const bool utc = text.size() == kWhole + 1 && to_upper(text.back()) == 'Z';
  if (utc) text.remove_suffix(1);
  if (text.size() != kDate && (text.size() != kWhole || to_upper(text[kDate]) != 'T')) return std::nullopt;
  const auto year = digits(text.substr(0, 4));
  const auto month = digits(text.substr(4, 2));
  const auto day = digits(text.substr(6, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  ReadMoment moment{.time = {.day = std::chrono::local_days(date), .time = {}}, .utc = utc, .has_time = false};
  if (text.size() == kDate) return moment;
  const auto hour = digits(text.substr(9, 2));
  const auto minute = digits(text.substr(11, 2));
  const auto second = digits(text.substr(13, 2));
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  moment.time.time = std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
  moment.has_time = true;
  return moment;
}

// P30D, PT8H30M, P2W; the P may be missing, as scripts forget it.
std::optional<std::chrono::seconds> read_duration(std::string_view text) {
  constexpr std::size_t kMostDigits = 6;
  if (text.starts_with('+')) text.remove_prefix(1);
  if (!text.empty() && to_upper(text.front()) == 'P') text.remove_prefix(1);
  std::chrono::seconds sum{0};
  bool in_time = false;
  bool any = false;
  while (!text.empty()) {
    if (to_upper(text.front()) == 'T' && !in_time) {
      in_time = true;
      text.remove_prefix(1);
      continue;
    }
    std::size_t size = 0;
    while (size < text.size() && is_digit(text[size])) ++size;
    const auto number = digits(text.substr(0, size));
    if (!number || size > kMostDigits || size == text.size()) return std::nullopt;
    switch (to_upper(text[size])) {
      case 'W':
        sum += std::chrono::weeks(*number);
        break;
      case 'D':
        sum += std::chrono::days(*number);
        break;
      case 'H':
        sum += std::chrono::hours(*number);
        break;
      case 'M':  // of the time: RFC 2445 has no months here
        sum += std::chrono::minutes(*number);
        break;
      case 'S':
        sum += std::chrono::seconds(*number);
        break;
      default:
        return std::nullopt;
    }
    any = true;
    text.remove_prefix(size + 1);
  }
  return any && sum > std::chrono::seconds::zero() ? std::optional(sum) : std::nullopt;
}

std::optional<std::chrono::weekday> read_weekday(std::string_view name) {
  constexpr auto kNames = std::to_array<std::string_view>({"SU", "MO", "TU", "WE", "TH", "FR", "SA"});
  for (unsigned i = 0; i < kNames.size(); ++i) {
    if (iequals(kNames[i], name)) return std::chrono::weekday(i);
  }
  return std::nullopt;
}

// A number with a sign, as 2, +2 and -2 are.
std::optional<int> read_signed(std::string_view text) {
  if (text.starts_with('+')) return digits(text.substr(1)).transform([](unsigned n) { return static_cast<int>(n); });
  return parse_number<int>(text);
}

template <typename Numbers>
bool read_numbers(std::string_view text, Numbers& into) {
  while (!text.empty()) {
    const auto number = read_signed(trim(take_until(text, ',')));
    const auto most = static_cast<int>(into.from_begin.size()) - 1;
    if (!number || *number == 0 || *number > most || *number < -most) return false;
    (*number > 0 ? into.from_begin : into.from_end).set(static_cast<std::size_t>(std::abs(*number)));
  }
  return true;
}

}  // namespace

class Recurrence::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Recurrence> whole() {
    if (text_.size() > kMaxText) return fail(fmt::format("a recurrence has at most {} characters", kMaxText));
    if (auto read = alternatives(0); !read) return std::unexpected(std::move(read.error()));
    if (!at_end()) return fail(fmt::format("'{}' is not expected here", text_.substr(at_)));
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool at_end() {
    while (at_ < text_.size() && is_lws(text_[at_])) ++at_;
    return at_ == text_.size();
  }
  [[nodiscard]] bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Result<> alternatives(int depth) {
    if (auto read = conjunction(depth); !read) return read;
    while (take('/')) {
      if (auto read = conjunction(depth); !read) return read;
      result_.steps_.push_back({.kind = Step::Kind::Or});
    }
    return {};
  }

  Result<> conjunction(int depth) {
    if (auto read = operand(depth); !read) return read;
    while (take('&')) {
      if (auto read = operand(depth); !read) return read;
      result_.steps_.push_back({.kind = Step::Kind::And});
    }
    return {};
  }

  Result<> operand(int depth) {
    if (depth > kMaxDepth) return fail(fmt::format("more than {} parentheses or '!' in one another", kMaxDepth));
    if (take('!')) {
      if (auto read = operand(depth + 1); !read) return read;
      result_.steps_.push_back({.kind = Step::Kind::Not});
      return {};
    }
    if (!take('(')) return rule();
    if (auto read = alternatives(depth + 1); !read) return read;
    if (!take(')')) return fail("a '(' is never closed");
    return {};
  }

  Result<> rule() {
    if (result_.rules_.size() == kMaxRules) return fail(fmt::format("more than {} recurrences", kMaxRules));
    if (at_end()) return fail("a recurrence is missing");
    Rule rule;
    if (is_alpha(text_[at_])) {
      const std::size_t bar = text_.find('|', at_);
      rule.zone_name = trim(text_.substr(at_, bar - at_));
      if (bar == std::string_view::npos || !TimeZones::is_name(rule.zone_name)) {
        return fail(fmt::format("'{}' is neither a time nor a time zone", rule.zone_name));
      }
      at_ = bar + 1;
    }
    const std::size_t end = std::min(text_.find_first_of("&/()!", at_), text_.size());
    const std::string_view fields = text_.substr(at_, end - at_);
    at_ = end;
    if (rule.zone_name.empty() && trim(fields).empty()) return fail("a recurrence is missing");
    if (auto read = read_fields(fields, rule); !read) return read;
    if (auto settled = rule.settle(); !settled) return settled;
    result_.rules_.push_back(std::move(rule));
    result_.steps_.push_back({.kind = Step::Kind::Rule, .rule = result_.rules_.size() - 1});
    return {};
  }

  static Result<> read_fields(std::string_view text, Rule& rule) {
    struct Field {
      std::string_view name;
      bool (*read)(std::string_view text, Rule& rule);
    };
    constexpr auto kFields = std::to_array<Field>({
        {"dtstart", [](std::string_view t, Rule& r) { return moment(t, r.start); }},
        {"dtend", [](std::string_view t, Rule& r) { return moment(t, r.end); }},
        {"duration", [](std::string_view t, Rule& r) { return (r.duration = read_duration(t)).has_value(); }},
        {"freq", [](std::string_view t, Rule& r) { return frequency(t, r.frequency); }},
        {"until", [](std::string_view t, Rule& r) { return moment(t, r.until); }},
        {"interval", [](std::string_view t, Rule& r) { return interval(t, r.interval); }},
        {"byday", [](std::string_view t, Rule& r) { return weekdays(t, r.weekdays); }},
        {"bymonthday", [](std::string_view t, Rule& r) { return read_numbers(t, r.month_days); }},
        {"byyearday", [](std::string_view t, Rule& r) { return read_numbers(t, r.year_days); }},
        {"byweekno", [](std::string_view t, Rule& r) { return read_numbers(t, r.weeks); }},
        {"bymonth", [](std::string_view t, Rule& r) { return read_numbers(t, r.months); }},
    });
    std::size_t index = 0;
    for (bool more = true; more; ++index) {
      more = text.find('|') != std::string_view::npos;
      const std::string_view field = trim(take_until(text, '|'));
      if (field.empty()) continue;
      if (index >= kFields.size()) return fail(fmt::format("there is no field for '{}'", field));
      if (!kFields[index].read(field, rule)) {
        return fail(fmt::format("'{}' is no {}", field, kFields[index].name));
      }
    }
    return {};
  }

  static bool moment(std::string_view text, std::optional<Moment>& into) {
    const auto read = read_moment(text);
    if (read) into = Moment{.time = read->time, .utc = read->utc, .has_time = read->has_time};
    return read.has_value();
  }

  static bool frequency(std::string_view text, Frequency& into) {
    constexpr auto kNames = std::to_array<std::string_view>({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"});
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      if (!iequals(kNames[i], text)) continue;
      into = static_cast<Frequency>(i + 1);
      return true;
    }
    return false;
  }

  static bool interval(std::string_view text, int& into) {
    constexpr unsigned kLongest = 10'000;
    const auto number = digits(text);
    if (!number || *number == 0 || *number > kLongest) return false;
    into = static_cast<int>(*number);
    return true;
  }

  static bool weekdays(std::string_view text, std::vector<Weekday>& into) {
    constexpr std::size_t kName = 2;
    constexpr std::size_t kMost = 400;
    constexpr int kWeeks = 53;
    while (!text.empty()) {
      const std::string_view item = trim(take_until(text, ','));
      if (item.size() < kName || into.size() == kMost) return false;
      const std::string_view number = trim(item.substr(0, item.size() - kName));
      const auto day = read_weekday(item.substr(item.size() - kName));
      const auto ordinal = number.empty() ? std::optional(0) : read_signed(number);
      if (!day || !ordinal || (*ordinal == 0 && !number.empty()) || std::abs(*ordinal) > kWeeks) return false;
      into.push_back({.ordinal = *ordinal, .day = *day});
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Recurrence result_;
};

Result<Recurrence> Recurrence::parse(std::string_view text) { return Parser(text).whole(); }

}  // namespace carillon::base
