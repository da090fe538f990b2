// SPDX-License-Identifier: Apache-2.0
// See userblacklist.h.
#include "modules/userblacklist/userblacklist.h"

#include <utility>

#include "base/log.h"
#include "module/services.h"
#include "modules/userblacklist/tables.h"
#include "routing/proxy.h"
#include "shard/context.h"

namespace carillon::userblacklist {

using management::Json;
using module::Constant;
using module::kFalse;
using module::Parsed;
using module::TableName;

namespace {

constexpr int kFailed = 500;

// The user of the Request-URI; nothing when it is no URI.
std::optional<std::string> called_number(RouteContext& context) {
  const auto& uri = context.request_uri();
  if (!uri) return std::nullopt;
  return std::string(uri->user);
}

}  // namespace

base::Result<UserTable> UserTable::parse(std::string_view text, Userblacklist& module) {
  auto name = TableName::parse(text, module.user_tables_);
  if (!name) return std::unexpected(std::move(name.error()));
  return UserTable{std::move(*name)};
}

base::Result<GlobalTable> GlobalTable::parse(std::string_view text, Userblacklist& module) {
  auto name = TableName::parse(text, module.global_tables_);
  if (!name) return std::unexpected(std::move(name.error()));
  // A script that is loaded later may name another one: the next reload reads it.
  if (module.global_tables_.started()) module.global_tables_.tables.add(text);
  return GlobalTable{std::move(*name)};
}

base::Result<> Userblacklist::start(module::Services& services) {
  if (auto opened = database_.open(services, db_url); !opened) return opened;
  user_tables_.is_started = true;
  global_tables_.is_started = true;
  if (auto known = database_.use_table(kUserblacklistTable, db_table); !known) return known;
  if (auto known = user_tables_.tables.use(database_, kUserblacklistTable); !known) return known;
  if (auto known = global_tables_.tables.use(database_, kGlobalblacklistTable); !known) return known;
  return lists_.load(database_, [this](storage::Database& from) { return read_lists(from); });
}

base::Result<std::shared_ptr<const Userblacklist::Lists>> Userblacklist::read_lists(storage::Database& database) const {
  auto lists = std::make_shared<Lists>();
  for (const std::string& name : global_tables_.tables.all()) {
    PrefixList& list = (*lists)[name];
    auto read = database.select({.table = name, .columns = {"prefix", "whitelist"}}, [&](const storage::Row& row) {
      list.add(row.text(0), row.integer(1) != 0);
      return true;
    });
    if (!read) return std::unexpected(std::move(read.error()));
  }
  return lists;
}

base::Task<Verdict> Userblacklist::check_user_blacklist(RouteContext& context, std::string_view user,
                                                        std::string_view domain, std::optional<std::string_view> number,
                                                        std::optional<Parsed<UserTable>> table) {
  std::string called;
  if (number) {
    called = *number;
  } else if (auto in_uri = called_number(context)) {
    called = std::move(*in_uri);
  } else {
    co_return kFalse;
  }
  storage::Select query{.table = table ? (*table)->name : db_table,
                        .columns = {"prefix", "whitelist"},
                        .where = {{.column = "username", .value = std::string(user)}}};
  if (use_domain) query.where.push_back({.column = "domain", .value = std::string(domain)});
  const auto rows = co_await database_.select(context.proxy().shard(), std::move(query));
  if (!rows) {
    database_.log_error("userblacklist: can't tell what {} may call: {}", user, rows.error().message);
    co_return kFalse;
  }
  PrefixList list;
  for (const auto& row : rows->rows) {
    const std::string allowed = storage::to_text(row[1]);
    list.add(storage::to_text(row[0]), !allowed.empty() && allowed != "0");
  }
  co_return Verdict::of(list.allows(called));
}

Verdict Userblacklist::check_blacklist(RouteContext& context, Constant<GlobalTable> table) {
  const auto number = called_number(context);
  if (!number) return kFalse;
  const Lists& lists = lists_.read(context.proxy().shard());
  const auto list = lists.find(table->name);
  if (list == lists.end()) {
    log::error("userblacklist: {} was not read yet; userblacklist:reload does that", table->name);
    return kFalse;
  }
  return Verdict::of(list->second.allows(*number));
}

base::Task<base::Result<Json>> Userblacklist::reload(management::Parameters /*parameters*/) {
  auto load = [this](storage::Database& from) { return read_lists(from); };
  auto reloaded = co_await lists_.reload(database_, *shard::context.shard, load);
  if (!reloaded) {
    log::error("userblacklist: the tables were not read again: {}", reloaded.error().message);
    co_return base::fail(std::move(reloaded.error().message), kFailed);
  }
  co_return Json("OK");
}

}  // namespace carillon::userblacklist
