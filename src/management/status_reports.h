// SPDX-License-Identifier: Apache-2.0
// Status and reports (OpenSIPS's "status/report"): whether what modules need is there, and what became of their work.
// Groups, each with identifiers; a group that needs one only has "main".
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/time.h"
#include "management/events.h"
#include "management/json.h"

namespace carillon::management {

class CommandRegistry;

// Any thread.
class StatusReports {
 public:
  static constexpr std::string_view kMain = "main";
  static constexpr std::size_t kReports = 200;  // kept of one identifier

  StatusReports(const base::Clock& clock, Events& events)
      : clock_(clock), changed_(events.name("E_CORE_SR_STATUS_CHANGED")) {}
  StatusReports(const StatusReports&) = delete;
  StatusReports& operator=(const StatusReports&) = delete;

  // Above 0 it is ready, below 0 it isn't. Makes group and identifier at their first mention; a change is told by
  // E_CORE_SR_STATUS_CHANGED.
  void set(std::string_view group, std::string_view identifier, int status, std::string_view details);
  void report(std::string_view group, std::string_view identifier, std::string_view text);

  // Of one identifier, "main" without a name, or of "all" of them together: 1 or -1. Nothing when there is none.
  [[nodiscard]] std::optional<int> check(std::string_view group, std::string_view identifier = {}) const;

  // status_report:get and its kin.
  [[nodiscard]] base::Result<> add_commands(CommandRegistry& commands);

 private:
  struct Report {
    std::int64_t time = 0;  // Unix seconds
    std::string text;
  };
  struct Identifier {
    int status = -1;
    std::string details;
    std::deque<Report> reports;
  };
  using Identifiers = std::map<std::string, Identifier, std::less<>>;

  [[nodiscard]] Identifier& find_or_make(std::string_view group, std::string_view identifier);
  [[nodiscard]] base::Result<Json> get(std::string_view group, std::string_view identifier) const;
  // One object a group, of one if it is named; `describe(group, identifiers)` makes it.
  template <typename Describe>
  [[nodiscard]] base::Result<Json> each_group(std::string_view wanted, Describe describe) const;
  [[nodiscard]] base::Result<Json> list(std::string_view group) const;
  [[nodiscard]] base::Result<Json> reports(std::string_view group, std::string_view identifier) const;
  [[nodiscard]] base::Result<Json> identifiers(std::string_view group) const;

  const base::Clock& clock_;
  Events::Name& changed_;
  mutable std::mutex mutex_;
  std::map<std::string, Identifiers, std::less<>> groups_;
};

}  // namespace carillon::management
