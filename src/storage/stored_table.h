// SPDX-License-Identifier: Apache-2.0
// A table held in memory, with keys that are kept and changes that can be taken back: what drivers of files work on.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "storage/driver.h"
#include "storage/stored_schema.h"

namespace carillon::storage {

using StoredRow = std::vector<Value>;
// shared_ptr because a reader keeps the rows it found while a writer replaces them.
using StoredRowPtr = std::shared_ptr<const StoredRow>;

// Locked by whoever owns it: many threads may find(), or one may change it.
class StoredTable {
 public:
  StoredTable(std::string name, StoredSchema schema);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const StoredSchema& schema() const { return schema_; }
  // By a number that counts up, so in the order they came.
  [[nodiscard]] const std::map<std::uint64_t, StoredRowPtr>& rows() const { return rows_; }

  // A row as it was read from a file, one cell a column, of the column's type or NULL. An error with Fault::Duplicate
  // when a key is taken.
  [[nodiscard]] base::Result<> add(StoredRow row);

  // One row as it was before.
  struct Change {
    std::uint64_t id = 0;
    StoredRowPtr before;  // null: it wasn't there
  };
  using Changes = std::vector<Change>;

  // Appends to `changes` what it did, also when it fails half way. Returns the number of rows touched.
  [[nodiscard]] base::Result<std::uint64_t> apply(const Write& write, Changes& changes);
  void undo(const Changes& changes);

  // The matching rows in the order asked for.
  [[nodiscard]] base::Result<std::vector<StoredRowPtr>> find(const Select& select) const;
  [[nodiscard]] base::Result<std::size_t> column(std::string_view name) const;

 private:
  struct Index {
    std::vector<std::size_t> columns;
    bool unique = false;
    std::unordered_multimap<std::string, std::uint64_t> ids;  // by the cells, encoded
  };
  struct Test {
    std::size_t column = 0;
    Comparison comparison = Comparison::Equal;
    Value value;
    bool fits = true;  // false: no cell of the column can equal it
  };
  using Ids = std::vector<std::uint64_t>;

  [[nodiscard]] base::Result<std::uint64_t> insert(const Insert& insert, Changes& changes);
  [[nodiscard]] base::Result<std::uint64_t> upsert(const Upsert& upsert, Changes& changes);
  [[nodiscard]] base::Result<std::uint64_t> update(const Update& update, Changes& changes);
  [[nodiscard]] base::Result<std::uint64_t> remove(const Delete& remove, Changes& changes);
  [[nodiscard]] base::Result<std::uint64_t> remove(const DeleteRows& remove, Changes& changes);

  [[nodiscard]] base::Result<std::vector<std::size_t>> positions(const std::vector<std::string>& names) const;
  [[nodiscard]] base::Result<Value> fit(std::size_t column, const Value& value) const;
  [[nodiscard]] bool counts_as_null(std::size_t column, const Value& cell) const;
  // Cells that aren't equal never give the same text.
  void encode_cell(std::string& to, std::size_t column, const Value& cell) const;
  [[nodiscard]] std::string key_of(const StoredRow& row, const std::vector<std::size_t>& columns) const;
  [[nodiscard]] bool has_null(const StoredRow& row, const std::vector<std::size_t>& columns) const;
  [[nodiscard]] base::Result<StoredRow> new_row(const std::vector<std::size_t>& columns, const Value* values);
  [[nodiscard]] base::Result<Value> default_of(const StoredColumn& column) const;

  // `row` in the place of `id`, or nowhere when null; every index follows.
  [[nodiscard]] base::Result<> put(std::uint64_t id, StoredRowPtr row, Changes& changes);
  void index(std::uint64_t id, const StoredRow& row);
  void unindex(std::uint64_t id, const StoredRow& row);
  [[nodiscard]] base::Result<> check_keys(std::uint64_t id, const StoredRow& row) const;

  // The index over just those columns, made when there is none.
  [[nodiscard]] Index& index_over(const std::vector<std::size_t>& columns);
  [[nodiscard]] base::Result<std::vector<Test>> prepare(const Conditions& conditions) const;
  [[nodiscard]] Ids matching(const std::vector<Test>& tests) const;
  [[nodiscard]] bool matches(const StoredRow& row, const std::vector<Test>& tests) const;

  std::string name_;
  StoredSchema schema_;
  std::map<std::uint64_t, StoredRowPtr> rows_;
  std::list<Index> indexes_;
  std::uint64_t next_id_ = 1;
  std::vector<std::int64_t> greatest_;  // a column: the greatest number it held, where it counts up
};

}  // namespace carillon::storage
