// SPDX-License-Identifier: Apache-2.0
// uuid: identifiers that no one else makes.
#pragma once

#include <optional>
#include <string_view>

#include "module/module.h"
#include "modules/uuid/identifier.h"

namespace carillon::uuid {

using module::Output;
using module::RouteContext;
using module::Verdict;

// $uuid(7): which version.
struct VersionName {
  int version;
  [[nodiscard]] static base::Result<VersionName> parse(std::string_view text);
};

class Uuid final : public module::Module {
 public:
  Verdict uuid(RouteContext& context, Output result, std::optional<int> version, std::optional<std::string_view> space,
               std::optional<std::string_view> name);
  script::Value read(RouteContext& context, const script::VariableRef& ref);

 private:
  [[nodiscard]] base::Result<Identifier> make(int version, std::int64_t now, std::string_view space,
                                              std::string_view name);

  Node node_;
};

}  // namespace carillon::uuid
