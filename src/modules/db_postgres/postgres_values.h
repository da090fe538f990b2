// SPDX-License-Identifier: Apache-2.0
// Values on their way to the server, and cells on their way back.
#pragma once

#include <libpq-fe.h>

#include <deque>
#include <span>
#include <string>
#include <vector>

#include "storage/text_row.h"
#include "storage/value.h"

namespace carillon::db_postgres {

// Everything travels as text but what goes into a bytea. Refers to the values, which must outlive it.
class Parameters {
 public:
  // `types` are those the server wants; empty when they aren't known, and then a Blob is taken for a bytea.
  Parameters(std::span<const storage::Value* const> values, std::span<const Oid> types);
  Parameters(const Parameters&) = delete;
  Parameters& operator=(const Parameters&) = delete;

  [[nodiscard]] int count() const { return static_cast<int>(values_.size()); }
  [[nodiscard]] const char* const* values() const { return values_.data(); }
  [[nodiscard]] const int* lengths() const { return lengths_.data(); }
  [[nodiscard]] const int* formats() const { return formats_.data(); }
  [[nodiscard]] const Oid* types() const { return types_.data(); }

 private:
  void add(const storage::Value& value, Oid wanted);
  void add_text(std::string_view text);
  void add_bytes(std::string_view bytes);

  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
  std::vector<Oid> types_;
  std::deque<std::string> texts_;  // what had to be made of a value
};

// The rows of one answer, of which libpq gives one at a time.
class Cells {
 public:
  explicit Cells(const PGresult* first);

  // Valid until the next call.
  [[nodiscard]] const storage::Row& row(const PGresult* result, int number);

 private:
  storage::TextRow row_;
  std::vector<Oid> types_;
  std::vector<std::string> decoded_;  // bytes of a bytea
};

}  // namespace carillon::db_postgres
