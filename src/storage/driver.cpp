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

base::Result<std::unique_ptr<EventConnection>> Driver::connect_for_events(const Url& url) {
  return base::fail(url.display() + ": no event loop can wait for this kind of database",
                    static_cast<int>(Fault::Unsupported));
}

base::Result<> Driver::drop_database(const Url& url) {
  return base::fail(url.display() + ": this kind of database can't be removed as a whole",
                    static_cast<int>(Fault::Unsupported));
}

}  // namespace carillon::storage
