// SPDX-License-Identifier: Apache-2.0
// See mqueue.h.
#include "modules/mqueue/mqueue.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "module/services.h"
#include "storage/statement.h"

namespace carillon::mqueue {

using namespace module;
using management::Json;
using management::Parameters;
using script::Value;
using script::VariableRef;

namespace {

constexpr Verdict kEmpty = -2;
constexpr Verdict kNoQueue = -2;  // of mq_size(), where -1 is an empty one
constexpr int kNotFound = 404;

std::vector<std::string> columns() { return {"key", "val"}; }

}  // namespace

class Mqueue::Fetched final : public routing::RunData {
 public:
  std::map<std::string, Item, std::less<>> items;
};

base::Result<> Mqueue::add_queue(const Value& definition) {
  auto settings = QueueSettings::parse(definition.as_text());
  if (!settings) return std::unexpected(std::move(settings.error()));
  // The last definition of a name counts.
  std::erase_if(definitions_, [&](const QueueSettings& other) { return other.name == settings->name; });
  definitions_.push_back(std::move(*settings));
  return {};
}

base::Result<> Mqueue::start(Services& services) {
  if (max_memory < 1) return base::fail("max_memory must be at least 1");
  room_ = std::make_unique<Room>(static_cast<std::size_t>(max_memory) << 20);
  const bool stored = std::ranges::any_of(
      definitions_, [](const QueueSettings& settings) { return settings.read_at_start || settings.write_at_end; });
  if (stored) {
    if (auto opened = database_.open(services, db_url); !opened) return opened;
  }
  for (const QueueSettings& settings : definitions_) {
    Queue& queue = *queues_.try_emplace(settings.name, std::make_unique<Queue>(settings, *room_)).first->second;
    if (!settings.read_at_start) continue;
    if (auto loaded = load(queue); !loaded) return loaded;
  }
  return {};
}

void Mqueue::stop() {
  for (const auto& [name, queue] : queues_) {
    if (queue->settings().write_at_end) save(*queue);
  }
  database_.close();
}

// The table is named as the queue is.
base::Result<> Mqueue::load(Queue& queue) {
  const storage::Select query{.table = queue.settings().name, .columns = columns(), .order_by = "id"};
  bool fits = true;
  auto read = database_.database().select(query, [&](const storage::Row& row) {
    fits = queue.add(row.text(0), row.text(1)) && fits;
    return true;
  });
  if (!read) return base::fail(fmt::format("the queue {}: {}", queue.settings().name, read.error().message));
  if (!fits) log::error("mqueue: not all of {} has room in max_memory", queue.settings().name);
  return {};
}

void Mqueue::save(const Queue& queue) {
  std::vector<storage::Write> writes;
  writes.emplace_back(storage::Delete{.table = queue.settings().name});
  storage::Insert rows{.table = queue.settings().name, .rows = {.columns = columns(), .values = {}}};
  for (Item& item : queue.items()) {
    rows.rows.values.emplace_back(std::move(item.key));
    rows.rows.values.emplace_back(std::move(item.value));
  }
  if (!rows.rows.values.empty()) writes.emplace_back(std::move(rows));
  if (auto written = database_.database().write(writes); !written) {
    log::error("mqueue: the queue {} is lost: {}", queue.settings().name, written.error().message);
  }
}

Queue* Mqueue::find(std::string_view name) const {
  const auto found = queues_.find(name);
  return found == queues_.end() ? nullptr : found->second.get();
}

// --- functions

Verdict Mqueue::mq_add(RouteContext& /*context*/, std::string_view queue, std::string_view key,
                       std::string_view value) {
  Queue* const found = find(queue);
  if (found == nullptr) {
    log::error("mq_add(): there is no queue {}", queue);
    return kFalse;
  }
  if (found->add(key, value)) return kTrue;
  log::error("mq_add(): the queues hold as much as max_memory allows");
  return kFalse;
}

Verdict Mqueue::mq_fetch(RouteContext& context, std::string_view queue) {
  Queue* const found = find(queue);
  if (found == nullptr) {
    log::error("mq_fetch(): there is no queue {}", queue);
    return kFalse;
  }
  auto& fetched = context.of_run<Fetched>(this);
  auto item = found->fetch();
  if (!item) {
    fetched.items.erase(std::string(queue));
    return kEmpty;
  }
  fetched.items.insert_or_assign(std::string(queue), std::move(*item));
  return kTrue;
}

Verdict Mqueue::mq_pv_free(RouteContext& context, std::string_view queue) {
  if (find(queue) == nullptr) return kFalse;
  context.of_run<Fetched>(this).items.erase(std::string(queue));
  return kTrue;
}

Verdict Mqueue::mq_size(RouteContext& /*context*/, std::string_view queue) {
  const Queue* const found = find(queue);
  if (found == nullptr) return kNoQueue;
  const std::size_t size = found->size();
  return size == 0 ? kFalse : Verdict(static_cast<int>(size));
}

// --- variables

Value Mqueue::read_key(RouteContext& context, const VariableRef& ref) {
  const auto& items = context.of_run<Fetched>(this).items;
  const auto found = items.find(ref.sub_name);
  return found == items.end() ? Value::null() : Value::text(context.keep(found->second.key));
}

Value Mqueue::read_value(RouteContext& context, const VariableRef& ref) {
  const auto& items = context.of_run<Fetched>(this).items;
  const auto found = items.find(ref.sub_name);
  return found == items.end() ? Value::null() : Value::text(context.keep(found->second.value));
}

Value Mqueue::read_size(RouteContext& /*context*/, const VariableRef& ref) {
  const Queue* const found = find(ref.sub_name);
  return found == nullptr ? Value::null() : Value::integer(static_cast<std::int64_t>(found->size()));
}

// --- commands

base::Result<Queue*> Mqueue::named(const Parameters& parameters) const {
  const auto name = parameters.text("name");
  if (!name) return std::unexpected(name.error());
  Queue* const found = find(*name);
  if (found == nullptr) return base::fail("No such queue", kNotFound);
  return found;
}

Mqueue::Answer Mqueue::get_size(Parameters parameters) {
  const auto queue = named(parameters);
  if (!queue) co_return std::unexpected(queue.error());
  auto answer = Json::object();
  answer.add("name", (*queue)->settings().name);
  answer.add("size", (*queue)->size());
  co_return answer;
}

Mqueue::Answer Mqueue::fetch(Parameters parameters) {
  const auto queue = named(parameters);
  if (!queue) co_return std::unexpected(queue.error());
  const auto item = (*queue)->fetch();
  if (!item) co_return base::fail("The queue is empty", kNotFound);
  auto answer = Json::object();
  answer.add("key", item->key);
  answer.add("value", item->value);
  co_return answer;
}

Mqueue::Answer Mqueue::get_sizes(Parameters /*parameters*/) {
  auto rows = Json::array();
  for (const auto& [name, queue] : queues_) {
    auto& row = rows.push_back(Json::object());
    row.add("name", name);
    row.add("size", queue->size());
  }
  auto answer = Json::object();
  answer.add("queues", std::move(rows));
  co_return answer;
}

}  // namespace carillon::mqueue
