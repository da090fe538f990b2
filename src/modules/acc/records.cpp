// SPDX-License-Identifier: Apache-2.0
// Records as lines of the log, rows of a table and events. See acc.h.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "base/log.h"
#include "base/utf8.h"
#include "module/services.h"
#include "module/state_folder.h"
#include "modules/acc/acc.h"
#include "modules/acc/log_line.h"
#include "modules/acc/tables.h"
#include "shard/context.h"
#include "shard/shard.h"
#include "storage/database.h"
#include "storage/pool.h"

namespace carillon::acc {
namespace {

using storage::Value;

std::uint32_t length_of(const storage::TableSpec& table, std::string_view column) {
  const auto found = std::ranges::find(table.columns, column, &storage::Column::name);
  return found != table.columns.end() ? found->length : 0;
}

// As many characters as the column takes: a database would refuse the row for one more.
std::string fitting(std::string_view text, std::uint32_t characters) {
  std::string valid = base::to_utf8(text);
  std::size_t end = 0;
  for (std::uint32_t count = 0; end < valid.size() && count < characters; ++count) {
    end += base::utf8_length(std::string_view(valid).substr(end));
  }
  valid.resize(end);
  return valid;
}

Value value_of(const std::optional<std::string>& field) { return field ? Value(base::to_utf8(*field)) : Value(""); }

storage::DateTime moment(std::int64_t microseconds) { return {.unix_seconds = microseconds / CallTimes::kSecond}; }

}  // namespace

base::Result<> Acc::open_database(module::Services& services) {
  if (db_url.empty() && !uses_database_) return {};
  if (auto opened = database_.open(services, db_url); !opened) return opened;
  if (auto usable = database_.use_table(kAccTable, db_table_acc); !usable) return usable;
  if (auto usable = database_.use_table(kMissedCallsTable, db_table_missed_calls); !usable) return usable;
  const std::string queue = db_queue.empty() ? (module::state_folder() / "acc.queue").string() : db_queue;
  // Tests of scripts leave nothing behind, and have no threads.
  const bool has_journal = services.pool.has_threads() && db_journal != "none";
  writer_ = std::make_unique<DatabaseWriter>(
      DatabaseWriter::Parts{.shards = services.shards,
                            .database = database_.shared(),
                            .disk = services.pool,
                            .statistics = writer_statistics,
                            .overflow = services.events.name("E_ACC_OVERFLOW"),
                            .queue_path = queue,
                            .max_queued = static_cast<std::size_t>(std::max(db_queue_size, 0)),
                            .journal_path = !has_journal         ? ""
                                            : db_journal.empty() ? queue + ".recent"
                                                                 : db_journal});
  writer_->start();
  return {};
}

std::uint64_t Acc::waiting_on_disk() const { return writer_ != nullptr ? writer_->waiting_on_disk() : 0; }

void Acc::write(Targets targets, const Record& record) const {
  if ((targets & kLog) != 0) write_to_log(record);
  if ((targets & kDatabase) != 0 && writer_ != nullptr) write_to_database(record);
  if ((targets & kEvents) != 0) raise(record);
}

// --- the log ---------------------------------------------------------------------------------------------------------

void Acc::write_to_log(const Record& record) const {
  const auto level = static_cast<log::Level>(log_level);
  if (!log::enabled(level)) return;
  std::vector<std::pair<std::string_view, std::string>> times;
  if (record.call) {
    times = {{"created", std::to_string(record.call->created / CallTimes::kSecond)},
             {"call_start_time", std::to_string(record.call->answered / CallTimes::kSecond)},
             {"duration", std::to_string(record.call->seconds())},
             {"ms_duration", std::to_string(record.call->milliseconds())},
             {"setuptime", std::to_string(record.call->setup_seconds())}};
  } else {
    times = {{"timestamp", std::to_string(record.unix_seconds)}};
  }
  std::vector<Field> line;
  for (const auto& [name, value] : times) line.push_back({name, value});
  const std::initializer_list<Field> usual = {{"method", record.method}, {"from_tag", record.from_tag},
                                              {"to_tag", record.to_tag}, {"call_id", record.call_id},
                                              {"code", record.code},     {"reason", record.reason}};
  line.insert(line.end(), usual);
  const auto add = [&line](const std::vector<TargetField>& fields, const FieldValues& values) {
    for (const TargetField& field : fields) {
      line.push_back({field.in_record, values[field.at] ? std::string_view(*values[field.at]) : std::string_view{}});
    }
  };
  add(fields(kLog).extra, record.extra);
  for (const FieldValues& leg : record.legs) add(fields(kLog).legs, leg);
  log::line(level, "{}", log_line(record.occasion, line));
}

// --- the database ----------------------------------------------------------------------------------------------------

// One row a leg.
void Acc::write_to_database(const Record& record) const {
  const bool missed = record.occasion == Occasion::Missed;
  const storage::TableSpec& spec = missed ? kMissedCallsTable : kAccTable;
  TableRow row;
  row.table = missed ? db_table_missed_calls : db_table_acc;
  if (!record.table.empty() && !missed) row.table = record.table;
  const auto add = [&row](std::string_view column, Value value) {
    row.columns.emplace_back(column);
    row.values.push_back(std::move(value));
  };
  const auto add_text = [&](const std::string& column, std::string_view usual_name, std::string_view text) {
    add(column, fitting(text, length_of(spec, usual_name)));
  };
  add_text(columns.method, "method", record.method);
  add_text(columns.from_tag, "from_tag", record.from_tag);
  add_text(columns.to_tag, "to_tag", record.to_tag);
  add_text(columns.callid, "callid", record.call_id);
  add_text(columns.sip_code, "sip_code", record.code);
  add_text(columns.sip_reason, "sip_reason", record.reason);
  if (record.call) {
    add(columns.time, moment(record.call->answered));
    if (record.may_be_there) row.identity = static_cast<std::uint32_t>(row.columns.size());
    add("duration", record.call->seconds());
    add("ms_duration", record.call->milliseconds());
    add("setuptime", record.call->setup_seconds());
    add("created", moment(record.call->created));
  } else {
    add(columns.time, storage::DateTime{.unix_seconds = record.unix_seconds});
  }
  row.own = static_cast<std::uint32_t>(row.columns.size());
  for (const TargetField& field : fields(kDatabase).extra) add(field.in_record, value_of(record.extra[field.at]));
  std::vector<TableRow> rows;
  if (fields(kDatabase).legs.empty() || record.legs.empty()) {
    rows.push_back(std::move(row));
  } else {
    for (const FieldValues& leg : record.legs) {
      TableRow& of_leg = rows.emplace_back(row);
      of_leg.leg = static_cast<std::uint32_t>(rows.size()) - 1;
      for (const TargetField& field : fields(kDatabase).legs) {
        of_leg.columns.push_back(field.in_record);
        of_leg.values.push_back(value_of(leg[field.at]));
      }
    }
  }
  writer_->add(std::move(rows));
}

// --- events ----------------------------------------------------------------------------------------------------------

// One a leg.
void Acc::raise(const Record& record) const {
  const management::Events::Name* event = events_.answered;
  if (record.occasion == Occasion::Missed) event = events_.missed;
  if (record.occasion == Occasion::Ended) event = events_.cdr;
  if (!event->is_wanted()) return;
  std::vector<management::Event::Parameter> usual = {
      {"method", record.method},     {"from_tag", record.from_tag}, {"to_tag", record.to_tag},
      {"callid", record.call_id},    {"sip_code", record.code},     {"sip_reason", record.reason},
      {"time", record.unix_seconds},
  };
  if (record.call) {
    usual.insert(usual.end(), {{"duration", record.call->seconds()},
                               {"ms_duration", record.call->milliseconds()},
                               {"setuptime", record.call->setup_seconds()},
                               {"created", record.call->created / CallTimes::kSecond}});
  }
  const auto add = [](std::vector<management::Event::Parameter>& to, const std::vector<TargetField>& fields,
                      const FieldValues& values) {
    for (const TargetField& field : fields) to.push_back({field.in_record, values[field.at].value_or("")});
  };
  add(usual, fields(kEvents).extra, record.extra);
  const std::uint64_t key = shard::context.shard != nullptr ? shard::context.shard->id() : 0;
  if (fields(kEvents).legs.empty() || record.legs.empty()) {
    event->raise(std::move(usual), key);
    return;
  }
  for (const FieldValues& leg : record.legs) {
    std::vector<management::Event::Parameter> of_leg = usual;
    add(of_leg, fields(kEvents).legs, leg);
    event->raise(std::move(of_leg), key);
  }
}

}  // namespace carillon::acc
