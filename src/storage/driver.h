// SPDX-License-Identifier: Apache-2.0
// What a kind of database implements. Its exceptions, if its library throws, stop inside its Connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/statement.h"
#include "storage/table_spec.h"
#include "storage/url.h"
#include "storage/value.h"

namespace carillon::storage {

// Error::code of what a Connection or Database returns.
enum class Fault : int {
  Other = 0,    // the statement is wrong, ...
  Unavailable,  // no connection to be had; a later try may succeed
  Busy,         // locked by somebody else for longer than the driver waits, or no room on the disk: later, perhaps
  Duplicate,    // a unique key is taken
  NoSuchTable,
  NotADatabase,  // what stands at the URL is damaged or something else; it was left untouched
  Unsupported,   // this kind of database can't do that
  // The connection was lost, or the time was up, while a write was being made final: it was done or it wasn't. Trying
  // it again is right only for what may be done twice (an Upsert, a Delete); anything else is looked up first.
  OutcomeUnknown,
};

// Whether a later try with the same values may succeed.
[[nodiscard]] constexpr bool may_pass(Fault fault) {
  return fault == Fault::Unavailable || fault == Fault::Busy || fault == Fault::NoSuchTable ||
         fault == Fault::NotADatabase || fault == Fault::OutcomeUnknown;
}

// Called once a row; returning false ends the reading.
using RowFunction = std::function<bool(const Row&)>;

// What makes an older table the present one. Columns point into the TableSpec.
struct TableChange {
  struct Renamed {
    std::string_view from;
    std::string_view to;
  };
  std::string_view table;
  std::vector<Renamed> renamed = {};
  std::vector<const Column*> added = {};  // existing rows get the default; where there is none, 0 or an empty text
};

// A column whose type holds less than the table's specification asks for, and what it takes to hold that and all that
// may be in it now.
struct NarrowColumn {
  std::string name;
  // Types, as the database spells them.
  std::string has;
  std::string needs;
  std::string attributes = {};  // the rest of its definition, where changing a type means saying it again
  bool counts = false;          // it gives numbers to new rows
};

// A transaction that stands open while an action writes.
class Transaction {
 public:
  virtual ~Transaction() = default;

  // Whole or not at all. After a failure the transaction goes on with what was written before, unless it doesn't
  // stand() any more: then every further write fails, and so does the transaction.
  [[nodiscard]] virtual base::Result<std::uint64_t> write(const Write& write) = 0;
  [[nodiscard]] virtual bool stands() const = 0;
  // The numbers that the database itself gives to the rows to come are greater than those in `column`. Where it looks
  // for the greatest of them anyway there is nothing to do.
  [[nodiscard]] virtual base::Result<> count_on(std::string_view table, std::string_view column) = 0;
};

class Connection;
using ReadFunction = std::function<base::Result<>(Connection&)>;
using WriteFunction = std::function<base::Result<>(Transaction&)>;

// One connection. One thread at a time; every member blocks until it is done or the driver's timeout has passed, which
// is Fault::Busy. Fault::Unavailable says that nothing was done and that the connection is of no further use.
class Connection {
 public:
  virtual ~Connection() = default;

  // Whether it can still be used, as far as that is known without asking the server. Cheap.
  [[nodiscard]] virtual bool alive() { return true; }

  // Rows are handed over as they are read; memory doesn't grow with their number.
  [[nodiscard]] virtual base::Result<> select(const Select& select, const RowFunction& on_row) = 0;
  // All of them or none. Returns the number of rows touched.
  [[nodiscard]] virtual base::Result<std::uint64_t> write(std::span<const Write> writes) = 0;
  // Statements that return no rows end without calling `on_row`.
  [[nodiscard]] virtual base::Result<> raw(const RawStatement& statement, const RowFunction& on_row) = 0;

  // An error with Fault::Duplicate when it is there already.
  [[nodiscard]] virtual base::Result<> create_table(const TableSpec& table) = 0;
  [[nodiscard]] virtual base::Result<> drop_table(std::string_view name) = 0;
  [[nodiscard]] virtual base::Result<bool> has_table(std::string_view name) = 0;
  // All of it or nothing, rows kept. Fault::Unsupported where that can't be done.
  [[nodiscard]] virtual base::Result<> change_table(const TableChange& change);

  // Those of `table` by their types. None where types limit nothing (SQLite, files), or can't be asked for.
  [[nodiscard]] virtual base::Result<std::vector<NarrowColumn>> narrow_columns(const TableSpec& table);
  // All of them or none; rows, defaults and keys stay.
  [[nodiscard]] virtual base::Result<> widen(std::string_view table, std::span<const NarrowColumn> columns);

  // Whatever `action` selects shows the database as it was at one moment, in all tables; others write meanwhile.
  // `action` gets a connection that it only reads from. Fault::Unsupported, before `action` is called, where that can't
  // be had. Not within itself or transact().
  [[nodiscard]] virtual base::Result<> read_snapshot(const ReadFunction& action);
  // What `action` writes is there as a whole, or when it fails, not at all. Tables can't be made within. As above.
  [[nodiscard]] virtual base::Result<> transact(const WriteFunction& action);
};

class EventConnection;

// Any thread may connect. A driver outlives its connections.
class Driver {
 public:
  virtual ~Driver() = default;

  // As URLs spell it: "sqlite".
  [[nodiscard]] virtual std::string_view scheme() const = 0;
  // The greatest number of connections worth having to one database.
  [[nodiscard]] virtual std::size_t connections() const = 0;
  [[nodiscard]] virtual base::Result<std::unique_ptr<Connection>> connect(const Url& url) = 0;
  // Whether its library can leave the waiting to an event loop, and a connection of that kind. Connecting blocks.
  // Fault::Unsupported where this database can't be had so after all.
  [[nodiscard]] virtual bool has_event_connections() const { return false; }
  [[nodiscard]] virtual base::Result<std::unique_ptr<EventConnection>> connect_for_events(const Url& url);
  // How often a call is tried in all when connections turn out to be lost before it did anything.
  [[nodiscard]] virtual unsigned tries() const { return 2; }
  // Called when a database can't be connected to any more, and when it can be again. Any thread; no lock is held.
  virtual void on_connection(const Url& /*url*/, bool /*connected*/) {}
  // Makes the database itself where that is a thing of its own (a file, a directory, CREATE DATABASE); not an error
  // when it is there. connect() never makes one.
  [[nodiscard]] virtual base::Result<> create_database(const Url& url) = 0;
  // Removes it with all that is in it. Fault::Unsupported where only its tables can be dropped.
  [[nodiscard]] virtual base::Result<> drop_database(const Url& url);
};

}  // namespace carillon::storage
