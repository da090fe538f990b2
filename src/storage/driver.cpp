// SPDX-License-Identifier: Apache-2.0
// What a driver need not be able to do.
#include "storage/driver.h"

#include <string>

#include "storage/event_connection.h"

namespace carillon::storage {

base::Result<> Connection::change_table(const TableChange& change) {
  return base::fail("table '" + std::string(change.table) + "' can't be changed in place in this kind of database",
                    static_cast<int>(Fault::Unsupported));
}

base::Result<std::vector<NarrowColumn>> Connection::narrow_columns(const TableSpec& /*table*/) {
  return std::vector<NarrowColumn>{};
}

base::Result<> Connection::widen(std::string_view table, std::span<const NarrowColumn> /*columns*/) {
  return change_table({.table = table});
}

base::Result<> Connection::read_snapshot(const ReadFunction& /*action*/) {
  return base::fail("this kind of database can't be read as it is at one moment", static_cast<int>(Fault::Unsupported));
}

base::Result<> Connection::transact(const WriteFunction& /*action*/) {
  return base::fail("this kind of database has no transactions of several steps", static_cast<int>(Fault::Unsupported));
}

base::Result<std::unique_ptr<EventConnection>> Driver::connect_for_events(const Url& url) {
  return base::fail(url.display() + ": no event loop can wait for this kind of database",
                    static_cast<int>(Fault::Unsupported));
}

base::Result<> Driver::drop_database(const Url& url) {
  return base::fail(url.display() + ": this kind of database can't be removed as a whole",
                    static_cast<int>(Fault::Unsupported));
}

}  // namespace carillon::storage
