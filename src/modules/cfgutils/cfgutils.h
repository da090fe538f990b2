// SPDX-License-Identifier: Apache-2.0
// cfgutils: chance, pauses, shared variables, locks and times for scripts.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/recurrence.h"
#include "base/task.h"
#include "base/time_zone.h"
#include "module/module.h"
#include "module/services.h"
#include "modules/cfgutils/script_locks.h"
#include "modules/cfgutils/shared_variables.h"

namespace carillon::cfgutils {

using module::Eventual;
using module::Input;
using module::Output;
using module::Parsed;
using module::RouteContext;
using module::Verdict;

// The recurrences of check_time_rec(); what can't be read is the return code -2.
struct TimeRecurrence {
  base::Recurrence recurrence;
  [[nodiscard]] static base::Result<TimeRecurrence> parse(std::string_view text);
  // Also reads its time zones.
  [[nodiscard]] static base::Result<TimeRecurrence> compile(std::string_view text, class Cfgutils& module);
};

// The literal name of a lock.
struct LockName {
  std::string text;
  [[nodiscard]] static base::Result<LockName> parse(std::string_view text) { return LockName{std::string(text)}; }
};

class Cfgutils final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;
  void stop() override;

  // --- parameters
  int initial_probability = 10;
  std::string hash_file;
  int shv_hash_size = 64;
  int lock_pool_size = 32;
  std::chrono::seconds max_lock_wait{10};
  int max_shv = 10'000;
  int shv_max_bytes = 65'535;
  base::Result<> add_shared(const script::Value& definition);
  base::Result<> add_local(const script::Value& definition);

  [[nodiscard]] base::TimeZones& zones() { return zones_; }

  // --- functions: chance
  Verdict rand_set_prob(RouteContext& context, int probability);
  Verdict rand_reset_prob(RouteContext& context);
  Verdict rand_get_prob(RouteContext& context);
  Verdict rand_event(RouteContext& context, std::optional<int> probability);
  Verdict set_count(RouteContext& context, Input counted, Output result);
  Verdict set_select_weight(RouteContext& context, Input weights, std::optional<Output> index);
  Verdict shuffle_avps(RouteContext& context, Output name);

  // --- functions: time
  Eventual sleep(RouteContext& context, int seconds);
  Eventual usleep(RouteContext& context, int microseconds);
  Verdict get_accurate_time(RouteContext& context, Output seconds, Output microseconds, std::optional<Output> both);
  Verdict ts_usec_delta(RouteContext& context, std::int64_t first_seconds, std::int64_t first_microseconds,
                        std::int64_t second_seconds, std::int64_t second_microseconds, std::optional<Output> text,
                        std::optional<Output> number);
  Eventual check_time_rec(RouteContext& context, Parsed<TimeRecurrence> recurrence,
                          std::optional<std::int64_t> timestamp);

  // --- functions: locks
  Eventual get_static_lock(RouteContext& context, module::Constant<LockName> key);
  Verdict release_static_lock(RouteContext& context, module::Constant<LockName> key);
  Eventual get_dynamic_lock(RouteContext& context, std::string_view key);
  Verdict release_dynamic_lock(RouteContext& context, std::string_view key);
  Verdict strings_share_lock(RouteContext& context, std::string_view first, std::string_view second);

  // --- functions: the process
  Verdict abort(RouteContext& context);
  Verdict pkg_status(RouteContext& context);
  Verdict shm_status(RouteContext& context);

  // --- variables
  script::Value read_random(RouteContext& context, const script::VariableRef& ref);
  script::Value read_environment(RouteContext& context, const script::VariableRef& ref);
  script::Value read_shared(RouteContext& context, const script::VariableRef& ref);
  base::Result<> write_shared(RouteContext& context, const script::VariableRef& ref, const script::Value& value);
  base::Result<> update_shared(RouteContext& context, const script::VariableRef& ref, script::Operator operation,
                               const script::Value& operand);

  // --- commands
  using Answer = base::Task<base::Result<management::Json>>;
  Answer command_rand_set_prob(management::Parameters parameters);
  Answer command_rand_reset_prob(management::Parameters parameters);
  Answer command_rand_get_prob(management::Parameters parameters);
  Answer get_config_hash(management::Parameters parameters);
  Answer check_config_hash(management::Parameters parameters);
  Answer shv_get(management::Parameters parameters);
  Answer shv_set(management::Parameters parameters);

 private:
  struct Definition {
    std::string name;
    std::optional<std::int64_t> number;
    std::string text;
    [[nodiscard]] script::Value value() const {
      return number ? script::Value::integer(*number) : script::Value::text(text);
    }
  };
  [[nodiscard]] static base::Result<Definition> read_definition(std::string_view text);
  [[nodiscard]] base::Result<> set_probability(std::int64_t percent);
  [[nodiscard]] base::Task<Verdict> pause(RouteContext& context, base::Duration length);
  [[nodiscard]] Verdict contains(const base::Recurrence& recurrence, std::int64_t time) const;
  [[nodiscard]] base::Task<Verdict> check_with_zones(base::Recurrence recurrence, std::int64_t time);
  [[nodiscard]] static base::Result<std::string> hash_of_file(const std::string& path);

  std::optional<module::Services> services_;
  std::deque<Definition> shared_definitions_;
  std::deque<Definition> local_definitions_;
  std::atomic<int> probability_{0};
  std::string config_hash_;
  base::TimeZones zones_;
  std::unique_ptr<SharedVariables> shared_;
  std::unique_ptr<ScriptLocks> locks_;
};

// $ctime(name): also without the module's object.
struct TimePart {
  enum class Kind : std::uint8_t { Second, Minute, Hour, MonthDay, Month, Year, Weekday, YearDay, IsSummerTime };
  Kind kind;
  [[nodiscard]] static base::Result<TimePart> parse(std::string_view name);
};
[[nodiscard]] script::Value read_time_part(RouteContext& context, const script::VariableRef& ref);

}  // namespace carillon::cfgutils
