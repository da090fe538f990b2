// SPDX-License-Identifier: Apache-2.0
// See sqlops.h. Parameters, and queries.
#include "modules/sqlops/sqlops.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "module/services.h"
#include "routing/proxy.h"

namespace carillon::sqlops {

using module::Constant;
using module::DatabaseUser;
using module::kFalse;
using module::kTrue;
using module::Parsed;

namespace {

Verdict failed(std::string_view function, std::string_view why) {
  log::error("{}(): {}", function, why);
  return kFalse;
}
Verdict failed(std::string_view function, const DatabaseUser& asked, const base::Error& error) {
  asked.log_error("{}(): {}", function, error.message);
  return kFalse;
}

// "column", or as some write it "column desc".
storage::Select ordered(storage::Select query, std::optional<std::string_view> order) {
  if (!order) return query;
  std::string_view column = base::trim(*order);
  const std::size_t blank = column.rfind(' ');
  const std::string_view word = blank == std::string_view::npos ? std::string_view{} : column.substr(blank + 1);
  query.descending = base::iequals(word, "desc");
  if (query.descending || base::iequals(word, "asc")) column = base::trim(column.substr(0, blank));
  query.order_by = column;
  return query;
}

storage::Conditions conditions_of(const std::optional<Parsed<Filter>>& filter) {
  return filter ? (*filter)->conditions : storage::Conditions{};
}

// An empty list is none, as scripts of OpenSIPS 2.x write it: the results go into $avp(1), $avp(2), ...
const ResultAvps* avps_of(const std::optional<Constant<ResultAvps>>& list) {
  return list && !(*list)->names.empty() ? &**list : nullptr;
}
const std::vector<ResultVariable>* variables_of(const std::optional<Constant<CheckedVariables>>& list) {
  return list && !(*list)->variables.empty() ? &(*list)->variables : nullptr;
}

// A name that may stand in a statement as it is.
bool is_plain_name(std::string_view name) {
  const auto plain = [](char c) { return base::is_alpha(c) || base::is_digit(c) || c == '_'; };
  return !name.empty() && !base::is_digit(name.front()) && std::ranges::all_of(name, plain);
}

}  // namespace

base::Result<CheckedVariables> CheckedVariables::parse(std::string_view text, Sqlops& module) {
  auto list = ResultVariables::parse(text);
  if (!list) return std::unexpected(std::move(list.error()));
  for (const ResultVariable& variable : list->variables) {
    if (auto kept = module.keep(variable); !kept) return std::unexpected(std::move(kept.error()));
  }
  return CheckedVariables{std::move(*list)};
}

base::Result<> Sqlops::start(module::Services& services) {
  if (urls_.empty() && !services.default_db_url.empty()) urls_.emplace(0, std::string());
  if (urls_.empty() && needed_ == NeedsDatabase::Yes)
    return base::fail("needs a db_url, and there is no db_default_url");
  for (const auto& [id, url] : urls_) {
    if (auto opened = databases_[id].open(services, url); !opened) return opened;
  }
  const std::scoped_lock lock(mutex_);
  modules_ = &services.modules;
  for (const auto& text : texts_) {
    if (auto compiled = text->compile(*modules_); !compiled) return compiled;
  }
  for (const ResultVariable& variable : variables_) {
    if (auto known = variable.check(*modules_); !known) return known;
  }
  texts_.clear();
  variables_.clear();
  return {};
}

void Sqlops::stop() {
  for (auto& [id, database] : databases_) database.close();
}

base::Result<> Sqlops::add_db_url(const script::Value& value) {
  std::string_view text = base::trim(value.as_text());
  int id = 0;
  if (!text.empty() && base::is_digit(text.front())) {
    const auto number = base::parse_number<int>(base::take_until(text, ' '));
    text = base::trim(text);
    if (!number || text.empty()) return base::fail("must be \"url\" or \"number url\"");
    id = *number;
  }
  if (!urls_.emplace(id, std::string(text)).second) return base::fail(fmt::format("there are two for {}", id));
  return {};
}

base::Result<> Sqlops::add_scheme(const script::Value& value) {
  auto scheme = PreferenceScheme::parse(value.as_text(), columns);
  if (!scheme) return std::unexpected(std::move(scheme.error()));
  if (find_scheme(scheme->name) != nullptr) return base::fail(fmt::format("there are two '{}'", scheme->name));
  schemes_.push_back(std::move(*scheme));
  return {};
}

const PreferenceScheme* Sqlops::find_scheme(std::string_view name) const {
  const auto found = std::ranges::find(schemes_, name, &PreferenceScheme::name);
  return found == schemes_.end() ? nullptr : &*found;
}

base::Result<> Sqlops::keep(std::shared_ptr<KeptText> text) {
  const std::scoped_lock lock(mutex_);
  if (modules_ != nullptr) return text->compile(*modules_);
  texts_.push_back(std::move(text));
  return {};
}

base::Result<> Sqlops::keep(const ResultVariable& variable) {
  const std::scoped_lock lock(mutex_);
  if (modules_ != nullptr) return variable.check(*modules_);
  variables_.push_back(variable);
  return {};
}

const DatabaseUser* Sqlops::database(std::string_view function, std::optional<int> db_id) const {
  const auto found = databases_.find(db_id.value_or(0));
  if (found != databases_.end()) return &found->second;
  log::error("{}(): there is no db_url {}", function, db_id.value_or(0));
  return nullptr;
}

// --- statements of the script's own

base::Task<Verdict> Sqlops::sql_query(RouteContext& context, std::string_view query, Avps res_col_avps,
                                      std::optional<int> db_id) {
  const DatabaseUser* asked = database("sql_query", db_id);
  if (asked == nullptr) co_return kFalse;
  // A database would read up to it, and the rest of what was meant would be missing.
  if (query.find('\0') != std::string_view::npos) co_return failed("sql_query", "the statement has a NUL");
  storage::RawStatement statement{.text = std::string(query)};
  const auto rows = co_await asked->raw(context.proxy().shard(), std::move(statement));
  if (!rows) co_return failed("sql_query", *asked, rows.error());
  if (rows->rows.empty()) co_return kNoRow;
  write_rows(context, *rows, avps_of(res_col_avps), bigint_to_str);
  co_return kTrue;
}

Verdict Sqlops::write_one(std::string_view function, RouteContext& context, const storage::ResultSet& rows,
                          const std::vector<ResultVariable>* variables) const {
  if (rows.rows.empty()) return kNoRow;
  const std::vector<storage::Value>& row = rows.rows.front();
  if (variables != nullptr && variables->size() != row.size()) {
    return failed(function, fmt::format("{} columns for {} variables", row.size(), variables->size()));
  }
  bool written = true;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const script::Value value = to_script(context, row[i], bigint_to_str);
    const ResultVariable numbered{.name = "avp", .sub_name = fmt::format_int(i + 1).str()};
    const ResultVariable& into = variables != nullptr ? (*variables)[i] : numbered;
    written = into.write(context, *modules_, value) && written;
  }
  return Verdict::of(written);
}

base::Task<Verdict> Sqlops::sql_query_one(RouteContext& context, std::string_view query,
                                          std::optional<Constant<CheckedVariables>> res_col_vars,
                                          std::optional<int> db_id) {
  const DatabaseUser* asked = database("sql_query_one", db_id);
  if (asked == nullptr) co_return kFalse;
  if (query.find('\0') != std::string_view::npos) co_return failed("sql_query_one", "the statement has a NUL");
  storage::RawStatement statement{.text = std::string(query)};
  const auto rows = co_await asked->raw(context.proxy().shard(), std::move(statement));
  if (!rows) co_return failed("sql_query_one", *asked, rows.error());
  co_return write_one("sql_query_one", context, *rows, variables_of(res_col_vars));
}

// --- statements by their parts

base::Task<Verdict> Sqlops::sql_select(RouteContext& context, Columns wanted, std::string_view table, Where filter,
                                       std::optional<std::string_view> order, Avps res_col_avps,
                                       std::optional<int> db_id) {
  const DatabaseUser* asked = database("sql_select", db_id);
  if (asked == nullptr) co_return kFalse;
  storage::Select query{.table = std::string(table), .where = conditions_of(filter)};
  if (wanted) query.columns = (*wanted)->names;
  storage::Select in_order = ordered(std::move(query), order);
  const auto rows = co_await asked->select(context.proxy().shard(), std::move(in_order));
  if (!rows) co_return failed("sql_select", *asked, rows.error());
  if (rows->rows.empty()) co_return kNoRow;
  write_rows(context, *rows, avps_of(res_col_avps), bigint_to_str);
  co_return kTrue;
}

base::Task<Verdict> Sqlops::sql_select_one(RouteContext& context, Columns wanted, std::string_view table, Where filter,
                                           std::optional<std::string_view> order,
                                           std::optional<Constant<CheckedVariables>> res_col_vars,
                                           std::optional<int> db_id) {
  const DatabaseUser* asked = database("sql_select_one", db_id);
  if (asked == nullptr) co_return kFalse;
  storage::Select query{.table = std::string(table), .where = conditions_of(filter), .limit = 1};
  if (wanted) query.columns = (*wanted)->names;
  storage::Select in_order = ordered(std::move(query), order);
  const auto rows = co_await asked->select(context.proxy().shard(), std::move(in_order));
  if (!rows) co_return failed("sql_select_one", *asked, rows.error());
  co_return write_one("sql_select_one", context, *rows, variables_of(res_col_vars));
}

base::Task<Verdict> Sqlops::write(std::string_view function, RouteContext& context, const DatabaseUser& asked,
                                  storage::Write write) {
  const auto written = co_await asked.write(context.proxy().shard(), std::move(write));
  if (!written) co_return failed(function, asked, written.error());
  co_return kTrue;
}

base::Task<Verdict> Sqlops::sql_update(RouteContext& context, Parsed<ColumnValues> values, std::string_view table,
                                       Where filter, std::optional<int> db_id) {
  const DatabaseUser* asked = database("sql_update", db_id);
  if (asked == nullptr) co_return kFalse;
  storage::Update update{.table = std::string(table),
                         .columns = values->columns,
                         .values = values->values,
                         .where = conditions_of(filter)};
  co_return co_await write("sql_update", context, *asked, std::move(update));
}

base::Task<Verdict> Sqlops::sql_insert(RouteContext& context, std::string_view table, Parsed<ColumnValues> values,
                                       std::optional<int> db_id) {
  const DatabaseUser* asked = database("sql_insert", db_id);
  if (asked == nullptr) co_return kFalse;
  storage::Insert insert{.table = std::string(table), .rows = {.columns = values->columns, .values = values->values}};
  co_return co_await write("sql_insert", context, *asked, std::move(insert));
}

base::Task<Verdict> Sqlops::sql_delete(RouteContext& context, std::string_view table, Where filter,
                                       std::optional<int> db_id) {
  const DatabaseUser* asked = database("sql_delete", db_id);
  if (asked == nullptr) co_return kFalse;
  storage::Delete remove{.table = std::string(table), .where = conditions_of(filter)};
  co_return co_await write("sql_delete", context, *asked, std::move(remove));
}

// Which key decides whether a row is there already is the database's to know: REPLACE is a statement of its own.
base::Task<Verdict> Sqlops::sql_replace(RouteContext& context, std::string_view table, Parsed<ColumnValues> values,
                                        std::optional<int> db_id) {
  const DatabaseUser* asked = database("sql_replace", db_id);
  if (asked == nullptr) co_return kFalse;
  if (!is_plain_name(table) || !std::ranges::all_of(values->columns, is_plain_name)) {
    co_return failed("sql_replace", "names may have letters, digits and '_' only");
  }
  std::string marks;
  for (std::size_t i = 0; i < values->columns.size(); ++i) marks += i == 0 ? "?" : ", ?";
  storage::RawStatement statement{
      .text = fmt::format("REPLACE INTO {} ({}) VALUES ({})", table, fmt::join(values->columns, ", "), marks),
      .parameters = values->values};
  const auto done = co_await asked->raw(context.proxy().shard(), std::move(statement));
  if (!done) co_return failed("sql_replace", *asked, done.error());
  co_return kTrue;
}

}  // namespace carillon::sqlops
