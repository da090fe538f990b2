// SPDX-License-Identifier: Apache-2.0
// What is accounted for, before it is a line of the log, a row of a table or an event.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace carillon::acc {

// A value of $acc_extra or $acc_leg: nothing until the script gives it one.
using FieldValues = std::vector<std::optional<std::string>>;

enum class Occasion : std::uint8_t {
  Answered,
  Missed,
  Requested,  // acc_*_request()
  Ended,      // a call: a CDR
};

// Where records go: bits.
using Targets = std::uint8_t;
enum Target : Targets { kLog = 1U << 0U, kDatabase = 1U << 1U, kEvents = 1U << 2U };
inline constexpr std::size_t kTargetCount = 3;
inline constexpr Targets kAllTargets = kLog | kDatabase | kEvents;

// Of a call. Microseconds since 1970.
struct CallTimes {
  std::int64_t created = 0;
  std::int64_t answered = 0;
  std::int64_t ended = 0;

  // Whole seconds, and milliseconds rounded up to whole ones, as in the columns of the table.
  [[nodiscard]] std::int64_t setup_seconds() const { return answered / kSecond - created / kSecond; }
  [[nodiscard]] std::int64_t seconds() const { return (milliseconds() + 999) / 1000; }
  [[nodiscard]] std::int64_t milliseconds() const { return ended > answered ? (ended - answered) / 1000 : 0; }

  static constexpr std::int64_t kSecond = 1'000'000;
};

struct Record {
  Occasion occasion = Occasion::Answered;
  std::int64_t unix_seconds = 0;  // of the answer; of acc_*_request() now
  std::string method;
  std::string from_tag;
  std::string to_tag;
  std::string call_id;
  std::string code;
  std::string reason;
  FieldValues extra;
  std::vector<FieldValues> legs;  // at least one where leg_fields names some
  std::optional<CallTimes> call;  // of Occasion::Ended
  bool may_be_there = false;      // an earlier process may have written it
  std::string table;              // empty: the usual one
};

}  // namespace carillon::acc
