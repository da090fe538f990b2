// SPDX-License-Identifier: Apache-2.0
// See status_reports.h.
#include "management/status_reports.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <ctime>

#include "management/command.h"

namespace carillon::management {
namespace {

using base::Result;

constexpr int kNotFound = 404;

// As ctime() writes it.
std::string calendar_time(std::int64_t unix_seconds) {
  const auto seconds = static_cast<std::time_t>(unix_seconds);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return fmt::format("{:%a %b %e %H:%M:%S %Y}", local);
}

void add_status(Json& to, int status, const std::string& details) {
  to.add("Readiness", status > 0);
  to.add("Status", status);
  if (!details.empty()) to.add("Details", details);
}

std::string text_or_empty(const Parameters& parameters, std::string_view name) {
  return parameters.has(name) ? parameters.text(name).value_or(std::string()) : std::string();
}

}  // namespace

StatusReports::Identifier& StatusReports::find_or_make(std::string_view group, std::string_view identifier) {
  Identifiers& all = groups_.try_emplace(std::string(group)).first->second;
  return all.try_emplace(std::string(identifier.empty() ? kMain : identifier)).first->second;
}

void StatusReports::set(std::string_view group, std::string_view identifier, int status, std::string_view details) {
  int before = 0;
  {
    const std::scoped_lock lock(mutex_);
    Identifier& one = find_or_make(group, identifier);
    before = std::exchange(one.status, status);
    one.details = details;
  }
  if (before == status) return;
  changed_.raise({{"group", std::string(group)},
                  {"identifier", std::string(identifier.empty() ? kMain : identifier)},
                  {"status", std::int64_t{status}},
                  {"details", std::string(details)},
                  {"old_status", std::int64_t{before}}},
                 0);
}

void StatusReports::report(std::string_view group, std::string_view identifier, std::string_view text) {
  const std::scoped_lock lock(mutex_);
  std::deque<Report>& reports = find_or_make(group, identifier).reports;
  if (reports.size() == kReports) reports.pop_front();
  reports.push_back({clock_.unix_seconds(), std::string(text)});
}

std::optional<int> StatusReports::check(std::string_view group, std::string_view identifier) const {
  const std::scoped_lock lock(mutex_);
  const auto found = groups_.find(group);
  if (found == groups_.end()) return std::nullopt;
  if (identifier == "all") {
    const bool ready = std::ranges::all_of(found->second, [](const auto& one) { return one.second.status > 0; });
    return ready ? 1 : -1;
  }
  const auto one = found->second.find(identifier.empty() ? kMain : identifier);
  if (one == found->second.end()) return std::nullopt;
  return one->second.status;
}

Result<Json> StatusReports::get(std::string_view group, std::string_view identifier) const {
  const auto status = check(group, identifier);
  if (!status) return base::fail("Identifier or group not found", kNotFound);
  std::string details = "aggregated";
  if (identifier != "all") {
    const std::scoped_lock lock(mutex_);
    details = groups_.find(group)->second.find(identifier.empty() ? kMain : identifier)->second.details;
  }
  Json result = Json::object();
  add_status(result, *status, details);
  return result;
}

template <typename Describe>
Result<Json> StatusReports::each_group(std::string_view wanted, Describe describe) const {
  const std::scoped_lock lock(mutex_);
  if (!wanted.empty()) {
    const auto found = groups_.find(wanted);
    if (found == groups_.end()) return base::fail("Group not found", kNotFound);
    return describe(found->first, found->second);
  }
  Json all = Json::array();
  for (const auto& [name, identifiers] : groups_) all.push_back(describe(name, identifiers));
  return all;
}

Result<Json> StatusReports::list(std::string_view group) const {
  return each_group(group, [](const std::string& name, const Identifiers& identifiers) {
    Json result = Json::object();
    result.add("Name", name);
    Json& all = result.add("Identifiers", Json::array());
    for (const auto& [identifier, one] : identifiers) {
      Json& row = all.push_back(Json::object());
      row.add("Name", identifier);
      add_status(row, one.status, one.details);
    }
    return result;
  });
}

Result<Json> StatusReports::reports(std::string_view group, std::string_view wanted) const {
  return each_group(group, [wanted](const std::string& name, const Identifiers& identifiers) {
    Json result = Json::object();
    result.add("Name", name);
    Json& all = result.add("Identifiers", Json::array());
    for (const auto& [identifier, one] : identifiers) {
      if (!wanted.empty() && identifier != wanted) continue;
      Json& row = all.push_back(Json::object());
      row.add("Name", identifier);
      Json& reports = row.add("Reports", Json::array());
      for (const Report& report : one.reports) {
        Json& line = reports.push_back(Json::object());
        line.add("Timestamp", report.time);
        line.add("Date", calendar_time(report.time));
        line.add("Log", report.text);
      }
    }
    return result;
  });
}

Result<Json> StatusReports::identifiers(std::string_view group) const {
  return each_group(group, [](const std::string& name, const Identifiers& identifiers) {
    Json result = Json::object();
    result.add("Group", name);
    Json& all = result.add("Identifiers", Json::array());
    for (const auto& [identifier, one] : identifiers) all.push_back(identifier);
    return result;
  });
}

Result<> StatusReports::add_commands(CommandRegistry& commands) {
  struct Row {
    CommandSpec spec;
    std::function<Result<Json>(const Parameters&)> run;
  };
  const Row rows[] = {
      {{.name = "status_report:get",
        .aliases = "sr_get_status",
        .recipes = "group | group,identifier",
        .help = "Whether what a group or an identifier stands for is ready.",
        .result = "{Readiness, Status, Details}"},
       [this](const Parameters& parameters) {
         return get(text_or_empty(parameters, "group"), text_or_empty(parameters, "identifier"));
       }},
      {{.name = "status_report:status",
        .aliases = "sr_list_status",
        .recipes = " | group",
        .help = "The status of all identifiers.",
        .result = "[{Name, Identifiers: [{Name, Readiness, Status, Details}]}]"},
       [this](const Parameters& parameters) { return list(text_or_empty(parameters, "group")); }},
      {{.name = "status_report:reports",
        .aliases = "sr_list_reports",
        .recipes = " | group | group,identifier",
        .help = "What identifiers have reported.",
        .result = "[{Name, Identifiers: [{Name, Reports: [{Timestamp, Date, Log}]}]}]"},
       [this](const Parameters& parameters) {
         return reports(text_or_empty(parameters, "group"), text_or_empty(parameters, "identifier"));
       }},
      {{.name = "status_report:identifiers",
        .aliases = "sr_list_identifiers",
        .recipes = " | group",
        .help = "The identifiers there are.",
        .result = "[{Group, Identifiers}]"},
       [this](const Parameters& parameters) { return identifiers(text_or_empty(parameters, "group")); }},
  };
  for (const Row& row : rows) {
    if (auto added = commands.add(row.spec, immediate(row.run)); !added) return added;
  }
  return {};
}

}  // namespace carillon::management
