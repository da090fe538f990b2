// SPDX-License-Identifier: Apache-2.0
// acc: accounting. Records answered, missed and failed transactions; so far in the log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "module/module.h"
#include "modules/acc/accounting.h"

namespace carillon::acc {

using module::RouteContext;
using module::Verdict;

// The first argument of do_accounting(): where records go. "log" is what there is.
struct RecordTypes {
  [[nodiscard]] static base::Result<RecordTypes> parse(std::string_view text);
};

// Its second argument: "missed|failed".
struct RecordFlags {
  bool missed = false;
  bool failed = false;
  [[nodiscard]] static base::Result<RecordFlags> parse(std::string_view text);
};

// A row of extra_fields or leg_fields: "in_script->in_record".
struct FieldName {
  std::string in_script;
  std::string in_record;
};

// The place of a field among those declared; from the name in $acc_extra(name) and $acc_leg(name).
struct ExtraIndex {
  std::size_t at = 0;
  [[nodiscard]] static base::Result<ExtraIndex> parse(std::string_view name, const Acc& acc);
};
struct LegIndex {
  std::size_t at = 0;
  [[nodiscard]] static base::Result<LegIndex> parse(std::string_view name, const Acc& acc);
};

// Legs of one transaction at most.
inline constexpr std::size_t kMaxLegs = 64;

class Acc final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;

  [[nodiscard]] const std::vector<FieldName>& extra_names() const { return extra_names_; }
  [[nodiscard]] const std::vector<FieldName>& leg_names() const { return leg_names_; }
  [[nodiscard]] std::int64_t unix_seconds() const { return clock_->unix_seconds(); }

  // --- functions
  Verdict do_accounting(RouteContext& context, const module::Parsed<RecordTypes>& types,
                        const std::optional<module::Parsed<RecordFlags>>& flags, std::optional<std::string_view> table);
  Verdict drop_accounting(RouteContext& context, const std::optional<module::Parsed<RecordTypes>>& types,
                          const std::optional<module::Parsed<RecordFlags>>& flags);
  Verdict acc_log_request(RouteContext& context, std::string_view comment);
  Verdict acc_new_leg(RouteContext& context);

  // --- variables
  script::Value read_extra(RouteContext& context, const script::VariableRef& ref);
  base::Result<> write_extra(RouteContext& context, const script::VariableRef& ref, const script::Value& value);
  script::Value read_leg(RouteContext& context, const script::VariableRef& ref);
  base::Result<> write_leg(RouteContext& context, const script::VariableRef& ref, const script::Value& value);
  script::Value current_leg(RouteContext& context, const script::VariableRef& ref);

  // --- parameters
  bool early_media = false;
  bool report_cancels = false;
  bool detect_direction = false;
  int log_level = 2;
  std::string log_facility = "LOG_DAEMON";
  base::Result<> set_extra_fields(const script::Value& value);
  base::Result<> set_leg_fields(const script::Value& value);
  // Of the targets that are not there: an error unless the value is empty.
  [[nodiscard]] base::Result<> set_other_target(const script::Value& value);
  [[nodiscard]] base::Result<> set_accepted(const script::Value& value);

 private:
  // That of the message or of its transaction; null when it has none.
  [[nodiscard]] Accounting* find(RouteContext& context) const;
  [[nodiscard]] Accounting& find_or_make(RouteContext& context) const;

  const base::Clock* clock_ = nullptr;
  std::vector<FieldName> extra_names_;
  std::vector<FieldName> leg_names_;
};

}  // namespace carillon::acc
