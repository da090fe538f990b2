// SPDX-License-Identifier: Apache-2.0
// permissions: addresses in groups, by a table in memory, and who may call or register what, by allow and deny files.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "module/cached_table.h"
#include "module/database_user.h"
#include "module/module.h"
#include "modules/permissions/address_table.h"
#include "modules/permissions/partition.h"
#include "modules/permissions/rules.h"

namespace carillon::permissions {

using module::RouteContext;
using module::Verdict;

class Permissions;

// The files that a call names, without their suffixes. A literal: they are read when the module starts, and when a
// script that names others is loaded later.
struct RuleFiles {
  std::shared_ptr<const RulePair> rules;  // shared with the list of all; empty until the module starts
  std::string basename;
  [[nodiscard]] static base::Result<RuleFiles> parse(std::string_view basename, Permissions& module);
};

class Permissions final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;
  void stop() override;

  // --- functions
  Verdict check_address(RouteContext& context, int group_id, std::string_view ip, int port, std::string_view proto,
                        std::optional<module::Output> context_info, std::optional<std::string_view> pattern,
                        std::optional<std::string_view> partition);
  Verdict check_source_address(RouteContext& context, int group_id, std::optional<module::Output> context_info,
                               std::optional<std::string_view> pattern, std::optional<std::string_view> partition);
  Verdict get_source_group(RouteContext& context, module::Output group, std::optional<std::string_view> partition);
  Verdict allow_routing(RouteContext& context, std::optional<module::Constant<RuleFiles>> basename);
  Verdict allow_register(RouteContext& context, module::Constant<RuleFiles> basename);
  Verdict allow_uri(RouteContext& context, module::Constant<RuleFiles> basename, std::string_view uri);

  // --- commands
  using Reply = base::Task<base::Result<management::Json>>;
  Reply address_reload(management::Parameters parameters);
  Reply address_dump(management::Parameters parameters);
  Reply subnet_dump(management::Parameters parameters);
  Reply allow_uri_command(management::Parameters parameters);

  // --- parameters
  AddressColumns columns;
  std::string db_url;
  std::string address_table = "address";
  std::vector<std::string> partition_texts;
  std::string default_allow_file = "permissions.allow";
  std::string default_deny_file = "permissions.deny";
  bool check_all_branches = true;
  std::string allow_suffix = ".allow";
  std::string deny_suffix = ".deny";

 private:
  friend struct RuleFiles;

  [[nodiscard]] base::Result<> open_partitions(module::Services& services);
  [[nodiscard]] base::Result<> open_default_partition(module::Services& services);
  // "default" without a name; null, and logged, when there is none.
  [[nodiscard]] const Partition* find_partition(std::optional<std::string_view> name) const;
  // Of a command: the one it names, or all.
  [[nodiscard]] base::Result<std::vector<Partition*>> named_partitions(const management::Parameters& parameters) const;
  [[nodiscard]] static Verdict check(RouteContext& context, const Partition* partition,
                                     const AddressTable::Question& question,
                                     const std::optional<module::Output>& context_info);
  Reply dump(management::Parameters parameters, bool hosts) const;

  [[nodiscard]] std::string path_of(std::string_view file) const;
  [[nodiscard]] base::Result<RulePair> read_rules(std::string_view basename) const;
  [[nodiscard]] base::Result<> read_all_rules();

  bool started_ = false;
  std::string script_directory_;
  std::vector<std::unique_ptr<Partition>> partitions_;
  RulePair default_rules_;
  std::mutex mutex_;  // of rules_: by basename, those that some script has named
  std::map<std::string, std::shared_ptr<RulePair>, std::less<>> rules_;
};

}  // namespace carillon::permissions
