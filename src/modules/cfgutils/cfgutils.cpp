// SPDX-License-Identifier: Apache-2.0
// Start, chance and the process. See cfgutils.h.
#include "modules/cfgutils/cfgutils.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/log.h"
#include "base/random.h"
#include "base/strings.h"
#include "routing/settings.h"
#include "sip/digest_hash.h"
#include "storage/whole_file.h"

namespace carillon::cfgutils {

using namespace module;
using script::Value;
using script::VariableRef;

namespace {

constexpr int kHundredPercent = 100;
constexpr int kMaxValues = 100'000;  // of one variable

// Below `limit`, each number as likely as any other: what would favour the small ones is drawn again.
std::uint64_t random_below(std::uint64_t limit) {
  const std::uint64_t fair = UINT64_MAX - UINT64_MAX % limit;
  std::uint64_t drawn = base::random_u64();
  while (drawn >= fair) drawn = base::random_u64();
  return drawn % limit;
}

}  // namespace

// --- parameters and start

// name=i:number or name=s:text
base::Result<Cfgutils::Definition> Cfgutils::read_definition(std::string_view text) {
  Definition definition{.name = std::string(base::trim(base::take_until(text, '='))), .number = {}, .text = {}};
  const bool is_number = text.starts_with("i:");
  if (definition.name.empty() || (!is_number && !text.starts_with("s:"))) {
    return base::fail("must be of the form name=i:number or name=s:text");
  }
  text.remove_prefix(2);
  if (is_number) {
    definition.number = base::parse_number<std::int32_t>(base::trim(text));
    if (!definition.number) return base::fail(fmt::format("'{}' is not a number", text));
  } else {
    definition.text = text;
  }
  return definition;
}

base::Result<> Cfgutils::add_shared(const Value& definition) {
  auto read = read_definition(definition.as_text());
  if (!read) return std::unexpected(std::move(read.error()));
  shared_definitions_.push_back(std::move(*read));
  return {};
}

base::Result<> Cfgutils::add_local(const Value& definition) {
  auto read = read_definition(definition.as_text());
  if (!read) return std::unexpected(std::move(read.error()));
  local_definitions_.push_back(std::move(*read));
  return {};
}

base::Result<std::string> Cfgutils::hash_of_file(const std::string& path) {
  constexpr std::size_t kBuffer = 64 * 1024;
  constexpr std::size_t kLargest = 16 << 20;
  const auto content = storage::read_file(path, kBuffer, kLargest);
  if (!content) return std::unexpected(content.error());
  sip::DigestCalculator calculator;
  return std::string(calculator.joined(sip::DigestHash::Md5, {*content}).view());
}

base::Result<> Cfgutils::start(Services& services) {
  services_.emplace(services);
  if (max_shv < 1) return base::fail("max_shv must be at least 1");
  if (shv_max_bytes < 1) return base::fail("shv_max_bytes must be at least 1");
  if (auto set = set_probability(initial_probability); !set) {
    return base::fail(fmt::format("initial_probability: {}", set.error().message));
  }
  shared_ = std::make_unique<SharedVariables>(
      services.shards, SharedVariables::Limits{.variables = static_cast<std::size_t>(max_shv),
                                               .bytes = static_cast<std::size_t>(shv_max_bytes)});
  locks_ = std::make_unique<ScriptLocks>(services.shards, max_lock_wait);
  for (const Definition& definition : shared_definitions_) {
    if (auto set = shared_->write(definition.name, definition.value()); !set) {
      return base::fail(fmt::format("shvset: {}: {}", definition.name, set.error().message));
    }
  }
  for (const Definition& definition : local_definitions_) {
    services.proxy_settings.initial_variables.push_back({definition.name, definition.value()});
  }
  if (!hash_file.empty()) {
    hash_file = (std::filesystem::path(services.script_directory) / hash_file).string();
    auto hash = hash_of_file(hash_file);
    if (!hash) return base::fail(fmt::format("hash_file: {}", hash.error().message));
    config_hash_ = std::move(*hash);
  }
  return {};
}

// What is in the shards' tables ends before they do. A run that still has a lock has it for itself.
void Cfgutils::stop() {
  locks_.reset();
  shared_.reset();
}

// --- chance

base::Result<> Cfgutils::set_probability(std::int64_t percent) {
  if (percent < 0 || percent > kHundredPercent) return base::fail("a probability is a number from 0 to 100");
  probability_.store(static_cast<int>(percent));
  return {};
}

Verdict Cfgutils::rand_set_prob(RouteContext& /*context*/, int probability) {
  const auto set = set_probability(probability);
  if (!set) log::error("rand_set_prob(): {}", set.error().message);
  return Verdict::of(set.has_value());
}

Verdict Cfgutils::rand_reset_prob(RouteContext& /*context*/) {
  probability_.store(initial_probability);
  return kTrue;
}

Verdict Cfgutils::rand_get_prob(RouteContext& /*context*/) { return probability_.load(); }

Verdict Cfgutils::rand_event(RouteContext& /*context*/, std::optional<int> probability) {
  const int percent = probability.value_or(probability_.load());
  if (percent < 0 || percent > kHundredPercent) {
    log::error("rand_event(): a probability is a number from 0 to 100");
    return kFalse;
  }
  return Verdict::of(random_below(kHundredPercent) < static_cast<unsigned>(percent));
}

Verdict Cfgutils::set_count(RouteContext& /*context*/, Input counted, Output result) {
  int count = 0;
  while (count < kMaxValues && !counted.read_at(count).is_null()) ++count;
  return Verdict::of(result.assign(Value::integer(count)));
}

Verdict Cfgutils::set_select_weight(RouteContext& /*context*/, Input weights, std::optional<Output> index) {
  std::vector<std::uint64_t> sums;  // up to and with each
  std::uint64_t sum = 0;
  for (int i = 0; i < kMaxValues; ++i) {
    const Value weight = weights.read_at(i);
    if (weight.is_null()) break;
    const auto number = weight.has_integer() ? std::optional(weight.as_integer())
                                             : base::parse_number<std::int64_t>(base::trim(weight.as_text()));
    if (!number || *number < 0 || *number > INT32_MAX) {
      log::error("set_select_weight(): a weight is a number from 0 to {}", INT32_MAX);
      return kFalse;
    }
    sum += static_cast<std::uint64_t>(*number);
    sums.push_back(sum);
  }
  if (sum == 0) return kFalse;
  const auto chosen = std::ranges::upper_bound(sums, random_below(sum)) - sums.begin();
  if (index) return Verdict::of(index->assign(Value::integer(chosen)));
  return static_cast<int>(chosen);
}

Verdict Cfgutils::shuffle_avps(RouteContext& context, Output name) {
  const VariableRef& variable = name.variable();
  if (variable.storage != VariableRef::Storage::Avp) {
    log::error("shuffle_avps() takes an AVP");
    return kFalse;
  }
  script::AvpList& avps = context.avps();
  const script::AvpName avp(variable.sub_name, variable.slot);
  const auto count = static_cast<int>(avps.count(avp));
  if (count == 0) return kFalse;
  for (int last = count - 1; last > 0; --last) {
    const auto other = static_cast<int>(random_below(static_cast<std::uint64_t>(last) + 1));
    const Value swapped = avps.get(avp, last);
    avps.set(avp, last, avps.get(avp, other));
    avps.set(avp, other, swapped);
  }
  return kTrue;
}

Value Cfgutils::read_random(RouteContext& /*context*/, const VariableRef& /*ref*/) {
  return Value::integer(static_cast<std::int64_t>(base::random_u64() >> 33U));
}

// --- locks

namespace {
// Literal names and computed ones never mean the same lock.
constexpr char kStatic = 's';
constexpr char kDynamic = 'd';
}  // namespace

Eventual Cfgutils::get_static_lock(RouteContext& context, Constant<LockName> key) {
  return locks_->get(context, kStatic + key->text);
}

Verdict Cfgutils::release_static_lock(RouteContext& context, Constant<LockName> key) {
  locks_->release(context, kStatic + key->text);
  return kTrue;
}

Eventual Cfgutils::get_dynamic_lock(RouteContext& context, std::string_view key) {
  return locks_->get(context, kDynamic + std::string(key));
}

Verdict Cfgutils::release_dynamic_lock(RouteContext& context, std::string_view key) {
  locks_->release(context, kDynamic + std::string(key));
  return kTrue;
}

// Locks are told apart by their whole names.
Verdict Cfgutils::strings_share_lock(RouteContext& /*context*/, std::string_view first, std::string_view second) {
  return Verdict::of(first == second);
}

// --- the process

Verdict Cfgutils::abort(RouteContext& context) {
  log::critical("abort() at {}", context.run().program()->describe(context.run().position()));
  std::abort();
}

namespace {

void log_memory(std::string_view function) {
  const struct mallinfo2 memory = ::mallinfo2();
  log::info("{}(): {} bytes in use, {} free, {} mapped; there is one kind of memory here", function, memory.uordblks,
            memory.fordblks, memory.hblkhd);
}

}  // namespace

Verdict Cfgutils::pkg_status(RouteContext& /*context*/) {
  log_memory("pkg_status");
  return kTrue;
}

Verdict Cfgutils::shm_status(RouteContext& /*context*/) {
  log_memory("shm_status");
  return kTrue;
}

Value Cfgutils::read_environment(RouteContext& context, const VariableRef& ref) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment
  const char* const value = std::getenv(std::string(ref.sub_name).c_str());
  return value == nullptr ? Value::null() : Value::text(context.keep(value));
}

// --- shared variables

Value Cfgutils::read_shared(RouteContext& context, const VariableRef& ref) {
  return shared_->read(ref.sub_name, context.arena());
}

base::Result<> Cfgutils::write_shared(RouteContext& /*context*/, const VariableRef& ref, const Value& value) {
  return shared_->write(ref.sub_name, value);
}

base::Result<> Cfgutils::update_shared(RouteContext& context, const VariableRef& ref, script::Operator operation,
                                       const Value& operand) {
  return shared_->update(ref.sub_name, operation, operand, context.arena());
}

}  // namespace carillon::cfgutils
