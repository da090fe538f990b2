// SPDX-License-Identifier: Apache-2.0
// What drivers mean by their errors: SQLSTATE first, then the server's own number, then, where a driver tells no more,
// the text.
#include "modules/db_unixodbc/odbc_handle.h"

#include <algorithm>
#include <array>

#include "base/strings.h"

namespace carillon::db_unixodbc {
namespace {

using storage::Fault;

struct StateFault {
  std::string_view state;
  Fault fault;
};

// ODBC's own states, then PostgreSQL's and MariaDB's, which their drivers pass on.
constexpr auto kStates = std::to_array<StateFault>({
    {"HYT00", Fault::Busy},        {"HYT01", Fault::Busy},        {"40001", Fault::Busy},
    {"40P01", Fault::Busy},        {"55P03", Fault::Busy},        {"57014", Fault::Busy},
    {"70100", Fault::Busy},        {"53100", Fault::Busy},        {"42S01", Fault::Duplicate},
    {"42P07", Fault::Duplicate},   {"23505", Fault::Duplicate},   {"42S02", Fault::NoSuchTable},
    {"42P01", Fault::NoSuchTable}, {"57P01", Fault::Unavailable}, {"57P02", Fault::Unavailable},
    {"57P03", Fault::Unavailable}, {"IM002", Fault::Unavailable}, {"IM003", Fault::Unavailable},
    {"28000", Fault::Unavailable},
});

struct TextFault {
  std::string_view text;
  Fault fault;
};

// What stands in the messages of drivers whose states say nothing.
constexpr auto kTexts = std::to_array<TextFault>({
    {"UNIQUE constraint failed", Fault::Duplicate},
    {"PRIMARY KEY must be unique", Fault::Duplicate},
    {"Duplicate entry", Fault::Duplicate},
    {"duplicate key value", Fault::Duplicate},
    {"already exists", Fault::Duplicate},
    {"no such table", Fault::NoSuchTable},
    {"database is locked", Fault::Busy},
    {"Lock wait timeout", Fault::Busy},
    {"max_statement_time exceeded", Fault::Busy},
    {"Deadlock found", Fault::Busy},
    {"server has gone away", Fault::Unavailable},
    {"Lost connection", Fault::Unavailable},
    {"server closed the connection", Fault::Unavailable},
    {"Could not send", Fault::Unavailable},
    {"Connection was killed", Fault::Unavailable},
});

}  // namespace

Fault Diagnosis::fault() const {
  if (state.starts_with("08")) return Fault::Unavailable;
  const auto known = std::ranges::find(kStates, std::string_view(state), &StateFault::state);
  if (known != kStates.end()) return known->fault;
  const auto told = std::ranges::find_if(kTexts, [this](const TextFault& one) { return message.contains(one.text); });
  return told != kTexts.end() ? told->fault : Fault::Other;
}

bool Diagnosis::is_loss() const { return fault() == Fault::Unavailable; }

bool Diagnosis::is_conflict() const {
  return state == "40001" || state == "40P01" || message.contains("Deadlock found");
}

Diagnosis diagnose(SQLSMALLINT type, SQLHANDLE handle) {
  std::array<SQLCHAR, 6> state{};
  std::array<SQLCHAR, 1024> text{};
  Diagnosis result;
  SQLSMALLINT length = 0;
  const SQLRETURN code = SQLGetDiagRec(type, handle, 1, state.data(), &result.native, text.data(),
                                       static_cast<SQLSMALLINT>(text.size()), &length);
  if (!SQL_SUCCEEDED(code)) return {.state = "HY000", .native = 0, .message = "the driver gives no reason"};
  result.state = reinterpret_cast<const char*>(state.data());
  result.message = base::trim(reinterpret_cast<const char*>(text.data()));
  std::ranges::replace_if(result.message, base::is_lws, ' ');
  return result;
}

}  // namespace carillon::db_unixodbc
