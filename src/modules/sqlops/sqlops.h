// SPDX-License-Identifier: Apache-2.0
// sqlops: queries of the script's own, and AVPs kept in a table. avpops, as OpenSIPS called it once, is the same.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "module/database_user.h"
#include "module/module.h"
#include "modules/sqlops/json_arguments.h"
#include "modules/sqlops/preferences.h"
#include "modules/sqlops/results.h"

namespace carillon::sqlops {

using module::RouteContext;
using module::Verdict;

// What the script is told of a query that gave no row.
inline constexpr Verdict kNoRow = -2;

// Result lists as arguments: as results.h has them, and known to the module, which checks them when it starts.
struct CheckedVariables : ResultVariables {
  [[nodiscard]] static base::Result<CheckedVariables> parse(std::string_view text, Sqlops& module);
};

class Sqlops : public module::Module {
 public:
  enum class NeedsDatabase : std::uint8_t { No, Yes };
  Sqlops() = default;
  // No: without a db_url it starts all the same, and only its queries fail.
  explicit Sqlops(NeedsDatabase needed) : needed_(needed) {}

  [[nodiscard]] base::Result<> start(module::Services& services) override;
  void stop() override;

  // --- functions
  using Task = base::Task<Verdict>;
  using Avps = std::optional<module::Constant<ResultAvps>>;
  using Columns = std::optional<module::Parsed<ColumnNames>>;
  using Where = std::optional<module::Parsed<Filter>>;
  Task sql_query(RouteContext& context, std::string_view query, Avps res_col_avps, std::optional<int> db_id);
  Task sql_query_one(RouteContext& context, std::string_view query,
                     std::optional<module::Constant<CheckedVariables>> res_col_vars, std::optional<int> db_id);
  Task sql_select(RouteContext& context, Columns columns, std::string_view table, Where filter,
                  std::optional<std::string_view> order, Avps res_col_avps, std::optional<int> db_id);
  Task sql_select_one(RouteContext& context, Columns columns, std::string_view table, Where filter,
                      std::optional<std::string_view> order,
                      std::optional<module::Constant<CheckedVariables>> res_col_vars, std::optional<int> db_id);
  Task sql_update(RouteContext& context, module::Parsed<ColumnValues> columns, std::string_view table, Where filter,
                  std::optional<int> db_id);
  Task sql_insert(RouteContext& context, std::string_view table, module::Parsed<ColumnValues> columns,
                  std::optional<int> db_id);
  Task sql_delete(RouteContext& context, std::string_view table, Where filter, std::optional<int> db_id);
  Task sql_replace(RouteContext& context, std::string_view table, module::Parsed<ColumnValues> columns,
                   std::optional<int> db_id);
  Task sql_avp_load(RouteContext& context, module::Constant<PreferenceSource> source,
                    module::Constant<PreferenceName> name, std::optional<int> db_id,
                    std::optional<std::string_view> prefix);
  Task sql_avp_store(RouteContext& context, module::Constant<PreferenceSource> source,
                     module::Constant<PreferenceName> name, std::optional<int> db_id);
  Task sql_avp_delete(RouteContext& context, module::Constant<PreferenceSource> source,
                      module::Constant<PreferenceName> name, std::optional<int> db_id);

  // --- for the arguments, while a script is compiled
  // Compiles the text at start, or now when the module runs.
  [[nodiscard]] base::Result<> keep(std::shared_ptr<KeptText> text);
  [[nodiscard]] base::Result<> keep(const ResultVariable& variable);
  [[nodiscard]] const PreferenceScheme* find_scheme(std::string_view name) const;

  // --- parameters
  // "url", or "number url": what db_id names.
  [[nodiscard]] base::Result<> add_db_url(const script::Value& value);
  [[nodiscard]] base::Result<> add_scheme(const script::Value& value);
  PreferenceColumns columns;
  std::string usr_table = "usr_preferences";
  bool use_domain = true;
  int ps_id_max_buf_len = 1024;
  bool bigint_to_str = false;

 protected:
  // After start().
  [[nodiscard]] const module::Registry& modules() const { return *modules_; }

 private:
  // Null, and logged, when no db_url has the number.
  [[nodiscard]] const module::DatabaseUser* database(std::string_view function, std::optional<int> db_id) const;
  [[nodiscard]] Verdict write_one(std::string_view function, RouteContext& context, const storage::ResultSet& rows,
                                  const std::vector<ResultVariable>* variables) const;
  [[nodiscard]] static base::Task<Verdict> write(std::string_view function, RouteContext& context,
                                                 const module::DatabaseUser& database, storage::Write write);
  // Whose preferences, and which of them; logged when it can't be told.
  [[nodiscard]] std::optional<storage::Conditions> rows_of(std::string_view function, RouteContext& context,
                                                           const PreferenceSource& source, const PreferenceName& name,
                                                           bool with_type) const;
  [[nodiscard]] std::string table_of(const PreferenceName& name) const;

  NeedsDatabase needed_ = NeedsDatabase::Yes;
  std::map<int, std::string> urls_;
  std::map<int, module::DatabaseUser> databases_;
  std::deque<PreferenceScheme> schemes_;
  const module::Registry* modules_ = nullptr;  // set by start()
  std::mutex mutex_;                           // of what is kept until the start
  std::vector<std::shared_ptr<KeptText>> texts_;
  std::vector<ResultVariable> variables_;
};

}  // namespace carillon::sqlops
