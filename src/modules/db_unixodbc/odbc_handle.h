// SPDX-License-Identifier: Apache-2.0
// Owners of ODBC's handles, and its diagnostics as storage::Fault.
#pragma once

#include <sql.h>
#include <sqlext.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "storage/driver.h"

namespace carillon::db_unixodbc {

// An environment, a connection (disconnected when it goes) or a statement.
template <SQLSMALLINT Type>
class Handle {
 public:
  Handle() = default;
  explicit Handle(SQLHANDLE parent) {
    if (!SQL_SUCCEEDED(SQLAllocHandle(Type, parent, &handle_))) handle_ = nullptr;
  }
  Handle(Handle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Handle() {
    if (handle_ == nullptr) return;
    if constexpr (Type == SQL_HANDLE_DBC) SQLDisconnect(handle_);
    SQLFreeHandle(Type, handle_);
  }

  [[nodiscard]] SQLHANDLE get() const { return handle_; }
  explicit operator bool() const { return handle_ != nullptr; }

 private:
  SQLHANDLE handle_ = nullptr;
};
using Environment = Handle<SQL_HANDLE_ENV>;
using ConnectionHandle = Handle<SQL_HANDLE_DBC>;
using Statement = Handle<SQL_HANDLE_STMT>;

struct Diagnosis {
  std::string state;  // SQLSTATE, five characters
  SQLINTEGER native = 0;
  std::string message;

  [[nodiscard]] storage::Fault fault() const;
  // The connection is of no further use.
  [[nodiscard]] bool is_loss() const;
  [[nodiscard]] bool is_conflict() const;
};

// The first record of the handle.
[[nodiscard]] Diagnosis diagnose(SQLSMALLINT type, SQLHANDLE handle);

}  // namespace carillon::db_unixodbc
