// SPDX-License-Identifier: Apache-2.0
// Writes as few statements as they can be, in one transaction.
#include "storage/sql_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/random.h"
#include "base/strings.h"
#include "storage/sql_types.h"

namespace carillon::storage {
namespace {

// Rows of one statement, so that few different texts have to be prepared.
constexpr auto kRowsOfAStatement = std::to_array<std::size_t>({512, 64, 8, 1});
// Values of one statement, so that it stays below what a server takes as one packet.
constexpr std::size_t kBytesOfAStatement = std::size_t{1} << 20U;

// How often a transaction that met a deadlock is run in all.
constexpr unsigned kTriesOfAConflict = 5;

bool ignore_rows(const Row& /*row*/) { return true; }

std::size_t size_of(const Value& value) {
  constexpr std::size_t kNumber = 20;
  if (const auto* text = std::get_if<std::string>(&value)) return text->size();
  if (const auto* blob = std::get_if<Blob>(&value)) return blob->bytes.size();
  return kNumber;
}

// The rows of `rows` from `first` on, at most `most`, that one statement takes: no two with the same values in `keys`,
// and no more bytes than it should have. At least one.
std::size_t rows_that_fit(const Rows& rows, std::size_t first, std::size_t most, std::span<const std::size_t> keys) {
  const std::size_t width = rows.columns.size();
  std::set<std::vector<Value>> seen;
  std::size_t bytes = 0;
  std::size_t count = 0;
  while (count < most) {
    const Value* row = &rows.values[(first + count) * width];
    for (std::size_t i = 0; i < width; ++i) bytes += size_of(row[i]);
    if (count > 0 && bytes > kBytesOfAStatement) break;
    if (!keys.empty()) {
      std::vector<Value> key;
      for (const std::size_t column : keys) key.push_back(row[column]);
      if (!seen.insert(std::move(key)).second) break;
    }
    ++count;
  }
  return count;
}

std::vector<std::size_t> positions(const std::vector<std::string>& names, const std::vector<std::string>& among) {
  std::vector<std::size_t> result;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(among, name);
    if (found != among.end()) result.push_back(static_cast<std::size_t>(found - among.begin()));
  }
  return result;
}

// "$$" or "$tag$" at the beginning of `text`, between two of which PostgreSQL reads anything as it stands; or nothing.
std::string_view dollar_quote(std::string_view text) {
  std::size_t end = 1;
  while (end < text.size() && (base::is_alpha(text[end]) || text[end] == '_')) ++end;
  const bool is_quote = text.starts_with('$') && end < text.size() && text[end] == '$';
  return is_quote ? text.substr(0, end + 1) : std::string_view();
}

bool is_name_end(std::string_view text) {
  return !text.empty() && (base::is_alpha(text.back()) || base::is_digit(text.back()) || text.back() == '_');
}

// Where the quoted text or comment that begins at `at` ends; `at` when none begins there.
std::size_t skip_quoted(std::string_view text, std::size_t at) {
  const auto behind = [&](std::string_view end, std::size_t from) {
    const std::size_t found = text.find(end, from);
    return found == std::string_view::npos ? text.size() : found + end.size();
  };
  const std::string_view rest = text.substr(at);
  if (rest.starts_with('\'') || rest.starts_with('"')) return behind(rest.substr(0, 1), at + 1);
  if (rest.starts_with("--")) return behind("\n", at);
  if (rest.starts_with("/*")) return behind("*/", at + 2);
  const std::string_view quote = dollar_quote(rest);
  if (!quote.empty() && !is_name_end(text.substr(0, at))) return behind(quote, at + quote.size());
  return at;
}

}  // namespace

bool has_several_statements(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = skip_quoted(text, at);
    if (end == at && text[at] == ';') return !base::trim(text.substr(at + 1)).empty();
    at = std::max(end, at + 1);
  }
  return false;
}

NumberedText number_parameters(std::string_view text) {
  NumberedText result;
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t end = skip_quoted(text, at); end != at) {
      result.text += text.substr(at, end - at);
      at = end;
      continue;
    }
    if (text[at] == '?') {
      result.text += "$" + std::to_string(++result.parameters);
    } else {
      result.text += text[at];
    }
    ++at;
  }
  return result;
}

std::unexpected<base::Error> SqlConnection::refuse(std::string_view why, Fault fault) const {
  return base::fail(name_ + ": " + std::string(why), static_cast<int>(fault));
}

SlowStatement::SlowStatement(std::string_view name, const SqlSettings& settings, std::string_view text)
    : name_(name), slow_(settings.slow), text_(text) {
  if (slow_ != slow_.zero()) begun_ = std::chrono::steady_clock::now();
}

SlowStatement::~SlowStatement() {
  if (slow_ == slow_.zero()) return;
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun_);
  if (took <= slow_) return;
  constexpr std::size_t kShown = 300;
  log::warning("{}: a statement took {} us: {}", name_, took.count(), text_.substr(0, kShown));
}

bool RawRequest::only_reads(const RawStatement& statement) {
  const std::string_view text = base::trim(statement.text);
  return base::istarts_with(text, "select") || base::istarts_with(text, "show") ||
         base::istarts_with(text, "explain") || base::istarts_with(text, "describe");
}

base::Result<RawRequest> RawRequest::make(const sql::Dialect& dialect, const RawStatement& statement,
                                          std::string_view name) {
  RawRequest request;
  for (const Value& value : statement.parameters) request.parameters_.push_back(&value);
  if (!dialect.numbered_parameters || request.parameters_.empty()) return request;
  NumberedText numbered = number_parameters(statement.text);
  if (numbered.parameters != request.parameters_.size()) {
    return base::fail(std::string(name) + ": the statement has another number of parameters",
                      static_cast<int>(Fault::Other));
  }
  request.numbered_ = std::move(numbered.text);
  return request;
}

base::Error outcome_unknown(base::Error error) {
  error.message += "; whether it was done is unknown";
  error.code = static_cast<int>(Fault::OutcomeUnknown);
  return error;
}

base::Result<std::uint64_t> SqlConnection::run(const Session::Request& request, const RowFunction& on_row) {
  const SlowStatement timed(name_, settings_, request.text);
  return session_->run(request, on_row);
}

base::Error SqlConnection::final_error(base::Error error) const {
  return session_->unanswered() ? outcome_unknown(std::move(error)) : std::move(error);
}

base::Result<> SqlConnection::select(const Select& select, const RowFunction& on_row) {
  const sql::Statement statement = sql::select(session_->dialect(), select);
  auto read = run({.text = statement.text,
                   .parameters = statement.parameters,
                   .keep = Session::Keep::Prepared,
                   .endless = select.where.empty()},
                  on_row);
  if (!read) return std::unexpected(std::move(read.error()));
  return {};
}

template <typename Action>
auto SqlConnection::transaction(Action action) -> decltype(action()) {
  if (auto begun = session_->begin(); !begun) return std::unexpected(std::move(begun.error()));
  auto done = action();
  if (!done) {
    conflicted_ = session_->conflicted();
    // What went wrong says more than what the rollback says; a connection that can't do it is lost, and rolled back.
    if (session_->alive()) static_cast<void>(session_->rollback());
    return done;
  }
  if (auto committed = session_->commit(); !committed) {
    conflicted_ = session_->conflicted();
    return std::unexpected(final_error(std::move(committed.error())));
  }
  return done;
}

void SqlConnection::add_rows(const Rows& rows, std::span<const std::size_t> keys, const RowsText& text, bool count_rows,
                             Steps& steps) const {
  const std::size_t width = rows.columns.size();
  const std::size_t most = std::max<std::size_t>(session_->most_parameters() / width, 1);
  const std::size_t all = rows.values.size() / width;
  for (std::size_t first = 0; first < all;) {
    const std::size_t fitting = rows_that_fit(rows, first, std::min({all - first, most, kRowsOfAStatement[0]}), keys);
    const std::size_t count =
        *std::ranges::find_if(kRowsOfAStatement, [fitting](std::size_t size) { return size <= fitting; });
    Step step{.text = text(count), .parameters = {}, .rows = count_rows ? count : 0};
    step.parameters.reserve(count * width);
    for (std::size_t i = first * width; i < (first + count) * width; ++i) step.parameters.push_back(&rows.values[i]);
    steps.push_back(std::move(step));
    first += count;
  }
}

// Rows with a NULL need a comparison of their own, which no index serves everywhere: they are deleted one by one.
void SqlConnection::add_deletes(const DeleteRows& remove, Steps& steps) const {
  const sql::Dialect& dialect = session_->dialect();
  const std::size_t width = remove.keys.columns.size();
  const std::vector<Value>& values = remove.keys.values;
  std::vector<const Value*> whole;
  const auto flush = [&](std::size_t count) {
    const std::size_t begin = whole.size() - count * width;
    steps.push_back({.text = sql::delete_rows(dialect, remove, count),
                     .parameters = {whole.begin() + static_cast<std::ptrdiff_t>(begin), whole.end()}});
    whole.resize(begin);
  };
  const std::size_t most = std::max<std::size_t>(session_->most_parameters() / width, 1);
  const std::size_t usual = *std::ranges::find_if(kRowsOfAStatement, [most](std::size_t size) { return size <= most; });
  for (std::size_t row = 0; row < values.size(); row += width) {
    const bool has_null = std::any_of(values.begin() + static_cast<std::ptrdiff_t>(row),
                                      values.begin() + static_cast<std::ptrdiff_t>(row + width),
                                      [](const Value& value) { return std::holds_alternative<Null>(value); });
    if (has_null) {
      Step step{.text = sql::delete_row(dialect, remove), .parameters = {}};
      for (std::size_t i = 0; i < width; ++i) step.parameters.push_back(&values[row + i]);
      steps.push_back(std::move(step));
      continue;
    }
    for (std::size_t i = 0; i < width; ++i) whole.push_back(&values[row + i]);
    if (whole.size() == usual * width) flush(usual);
  }
  for (const std::size_t size : kRowsOfAStatement) {
    while (size <= usual && whole.size() >= size * width) flush(size);
  }
}

base::Result<SqlConnection::Steps> SqlConnection::steps_of(const Write& write) const {
  const sql::Dialect& dialect = session_->dialect();
  Steps steps;
  const auto add = [&steps](sql::Statement statement) {
    steps.push_back({.text = std::move(statement.text), .parameters = std::move(statement.parameters)});
  };
  const Rows* rows = nullptr;
  if (const auto* insert = std::get_if<Insert>(&write)) rows = &insert->rows;
  if (const auto* upsert = std::get_if<Upsert>(&write)) rows = &upsert->rows;
  if (const auto* remove = std::get_if<DeleteRows>(&write)) rows = &remove->keys;
  if (rows != nullptr && (rows->columns.empty() || rows->values.size() % rows->columns.size() != 0)) {
    return refuse("the number of values doesn't fit the number of columns", Fault::Other);
  }
  if (const auto* insert = std::get_if<Insert>(&write)) {
    add_rows(*rows, {}, [&](std::size_t count) { return sql::insert_rows(dialect, *insert, count); }, false, steps);
  } else if (const auto* upsert = std::get_if<Upsert>(&write)) {
    const std::vector<std::size_t> keys = positions(upsert->keys, rows->columns);
    add_rows(*rows, keys, [&](std::size_t count) { return sql::upsert_rows(dialect, *upsert, count); }, true, steps);
  } else if (const auto* remove = std::get_if<DeleteRows>(&write)) {
    add_deletes(*remove, steps);
  } else if (const auto* update = std::get_if<Update>(&write)) {
    add(sql::update(dialect, *update));
  } else {
    add(sql::remove(dialect, std::get<Delete>(write)));
  }
  return steps;
}

base::Result<std::uint64_t> SqlConnection::run_steps(const Steps& steps) {
  std::uint64_t touched = 0;
  for (const Step& step : steps) {
    auto done = run({.text = step.text, .parameters = step.parameters, .keep = Session::Keep::Prepared}, ignore_rows);
    if (!done) return done;
    touched += step.rows != 0 ? step.rows : *done;
  }
  return touched;
}

base::Result<std::uint64_t> SqlConnection::update_then_insert(const Upsert& upsert) {
  const Rows& rows = upsert.rows;
  const std::size_t width = rows.columns.size();
  if (width == 0 || rows.values.size() % width != 0) {
    return refuse("the number of values doesn't fit the number of columns", Fault::Other);
  }
  for (std::size_t row = 0; row < rows.values.size(); row += width) {
    Update update{.table = upsert.table, .columns = {}, .values = {}};
    Insert insert{.table = upsert.table, .rows = {.columns = rows.columns, .values = {}}};
    for (std::size_t i = 0; i < width; ++i) {
      const Value& value = rows.values[row + i];
      insert.rows.values.push_back(value);
      if (std::ranges::find(upsert.keys, rows.columns[i]) != upsert.keys.end()) {
        update.where.push_back({.column = rows.columns[i], .value = value});
      } else {
        update.columns.push_back(rows.columns[i]);
        update.values.push_back(value);
      }
    }
    if (update.columns.empty()) {  // nothing but its key: "changed" to the same
      update.columns.push_back(update.where.front().column);
      update.values.push_back(update.where.front().value);
    }
    auto updated = write_steps(update);
    if (updated && *updated == 0) updated = write_steps(insert);
    if (!updated) return updated;
  }
  return rows.values.size() / width;
}

base::Result<std::uint64_t> SqlConnection::write_steps(const Write& write) {
  const auto* upsert = std::get_if<Upsert>(&write);
  if (upsert != nullptr && session_->dialect().upsert == sql::Dialect::UpsertForm::UpdateThenInsert) {
    return update_then_insert(*upsert);
  }
  const auto steps = steps_of(write);
  if (!steps) return std::unexpected(steps.error());
  return run_steps(*steps);
}

// A single statement is a transaction by itself.
base::Result<std::uint64_t> SqlConnection::write_transaction(std::span<const Write> writes) {
  const bool upserts_in_parts = session_->dialect().upsert == sql::Dialect::UpsertForm::UpdateThenInsert;
  if (writes.size() == 1 && !(upserts_in_parts && std::holds_alternative<Upsert>(writes.front()))) {
    const auto steps = steps_of(writes.front());
    if (!steps) return std::unexpected(steps.error());
    if (steps->empty()) return 0;
    if (steps->size() == 1) {
      auto done = run_steps(*steps);
      if (done) return done;
      conflicted_ = session_->conflicted();
      return std::unexpected(final_error(std::move(done.error())));
    }
    return transaction([&] { return run_steps(*steps); });
  }
  return transaction([&]() -> base::Result<std::uint64_t> {
    std::uint64_t touched = 0;
    for (const Write& write : writes) {
      auto done = write_steps(write);
      if (!done) return done;
      touched += *done;
    }
    return touched;
  });
}

base::Result<std::uint64_t> SqlConnection::write(std::span<const Write> writes) {
  if (writes.empty()) return 0;
  for (unsigned attempt = 1;; ++attempt) {
    conflicted_ = false;
    auto done = write_transaction(writes);
    if (done || attempt >= kTriesOfAConflict || !conflicted_ || !session_->alive()) return done;
    // Those that were in each other's way don't come back at the same time.
    std::this_thread::sleep_for(std::chrono::milliseconds(1 + base::random_u64() % (10U * attempt)));
  }
}

base::Result<> SqlConnection::read_snapshot(const ReadFunction& action) {
  if (auto begun = session_->begin_snapshot(); !begun) return begun;
  base::Result<> done = action(*this);
  if (!session_->alive()) return done;
  // Nothing was written: how it ends makes no difference, but it must.
  auto ended = session_->rollback();
  return done ? ended : done;
}

// Each write is kept or undone by a savepoint.
class SqlConnection::OpenTransaction final : public Transaction {
 public:
  explicit OpenTransaction(SqlConnection& connection) : connection_(connection) {}

  base::Result<std::uint64_t> write(const Write& write) override {
    if (failed_) return std::unexpected(*failed_);
    const bool savepoints = connection_.session_->dialect().savepoints;
    if (auto set = savepoints ? command("SAVEPOINT carillon_write") : base::Result<>(); !set) return give_up(set);
    auto done = connection_.write_steps(write);
    if (!done) {
      // A deadlock has undone all of it, the savepoint too.
      const bool stands = savepoints && !connection_.session_->conflicted() && connection_.session_->alive() &&
                          command("ROLLBACK TO SAVEPOINT carillon_write").has_value();
      if (!stands) failed_ = done.error();
      return done;
    }
    if (auto kept = savepoints ? command("RELEASE SAVEPOINT carillon_write") : base::Result<>(); !kept) {
      return give_up(kept);
    }
    return done;
  }

  base::Result<> count_on(std::string_view table, std::string_view column) override {
    if (failed_) return std::unexpected(*failed_);
    const sql::Dialect& dialect = connection_.session_->dialect();
    if (dialect.count_on == nullptr) return {};
    auto done = command(dialect.count_on(dialect, table, column));
    if (!done) failed_ = done.error();
    return done;
  }

  [[nodiscard]] bool stands() const override { return !failed_; }
  [[nodiscard]] base::Result<> result() const {
    return failed_ ? base::Result<>(std::unexpected(*failed_)) : base::Result<>();
  }

 private:
  base::Result<> command(const std::string& text) {
    auto done = connection_.run({.text = text, .keep = Session::Keep::Prepared}, ignore_rows);
    if (!done) return std::unexpected(std::move(done.error()));
    return {};
  }
  std::unexpected<base::Error> give_up(base::Result<>& result) {
    failed_ = result.error();
    return std::unexpected(std::move(result.error()));
  }

  SqlConnection& connection_;
  std::optional<base::Error> failed_;  // nothing more can be written
};

base::Result<> SqlConnection::transact(const WriteFunction& action) {
  return transaction([&]() -> base::Result<> {
    OpenTransaction open(*this);
    auto done = action(open);
    return done ? open.result() : done;
  });
}

base::Result<> SqlConnection::raw(const RawStatement& statement, const RowFunction& on_row) {
  const auto prepared = RawRequest::make(session_->dialect(), statement, name_);
  if (!prepared) return std::unexpected(prepared.error());
  auto done = run({.text = prepared->text(statement), .parameters = prepared->parameters()}, on_row);
  if (!done && RawRequest::only_reads(statement)) return std::unexpected(std::move(done.error()));
  if (!done) return std::unexpected(final_error(std::move(done.error())));
  if (!session_->in_transaction()) return {};
  if (auto undone = session_->rollback(); !undone) return undone;
  return refuse("a transaction can't span statements", Fault::Unsupported);
}

base::Result<> SqlConnection::create_table(const TableSpec& table) {
  auto exists = has_table(table.name);
  if (!exists) return std::unexpected(std::move(exists.error()));
  if (*exists) return refuse("table '" + std::string(table.name) + "' exists already", Fault::Duplicate);
  return run_all(sql::create_table(session_->dialect(), table));
}

base::Result<> SqlConnection::run_all(const std::vector<std::string>& texts) {
  return transaction([&]() -> base::Result<> {
    for (const std::string& text : texts) {
      if (auto done = run({.text = text}, ignore_rows); !done) return std::unexpected(std::move(done.error()));
    }
    return {};
  });
}

base::Result<> SqlConnection::change_table(const TableChange& change) {
  return run_all(sql::change_table(session_->dialect(), change));
}

base::Result<std::vector<NarrowColumn>> SqlConnection::narrow_columns(const TableSpec& table) {
  const sql::Dialect& dialect = session_->dialect();
  std::vector<sql::PresentColumn> present;
  if (dialect.types == sql::Dialect::TypesFrom::Nowhere) return std::vector<NarrowColumn>{};
  const std::string text = sql::present_columns(dialect, table.name);
  auto read = run({.text = text}, [&](const Row& row) {
    if (dialect.types == sql::Dialect::TypesFrom::CreateTable) {
      present = sql::read_create_table(row.text(1));
    } else {
      present.push_back({.name = std::string(row.text(0)), .type = std::string(row.text(1))});
    }
    return true;
  });
  if (!read) return std::unexpected(std::move(read.error()));
  return sql::narrow_columns(dialect, table, present);
}

base::Result<> SqlConnection::widen(std::string_view table, std::span<const NarrowColumn> columns) {
  return run_all(sql::widen(session_->dialect(), table, columns));
}

base::Result<> SqlConnection::drop_table(std::string_view name) {
  const std::string text = "DROP TABLE " + sql::quoted(session_->dialect(), name);
  auto dropped = run({.text = text}, ignore_rows);
  if (!dropped) return std::unexpected(final_error(std::move(dropped.error())));
  return {};
}

}  // namespace carillon::storage
