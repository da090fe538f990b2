// SPDX-License-Identifier: Apache-2.0
// xml: $xml(name/element[index]), documents that a script reads, builds and changes. They live as long as the run.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "module/module.h"
#include "module/variable_path.h"
#include "modules/xml/document.h"

namespace carillon::xml {

using module::RouteContext;

// What stands in the parentheses.
struct XmlPath {
  enum class Access : std::uint8_t { Element, Text, Attribute };

  module::VariablePath path;
  Access access = Access::Element;
  std::string attribute;

  [[nodiscard]] static base::Result<XmlPath> parse(std::string_view text);
  // A variable in it is NULL.
  [[nodiscard]] bool leads_nowhere() const;
};

class Xml final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;

  // --- parameters
  int max_size = 256 * 1024;

  // --- variables
  script::Value read(RouteContext& context, const script::VariableRef& ref);
  base::Result<> write(RouteContext& context, const script::VariableRef& ref, const script::Value& value);

 private:
  // Those of one run.
  class Documents final : public routing::RunData {
   public:
    std::map<std::string, Document, std::less<>> by_name;
    std::size_t parsed = 0;  // bytes, in all
  };

  [[nodiscard]] static base::Result<XmlPath> path_of(const script::VariableRef& ref);
  [[nodiscard]] base::Result<> account(Documents& documents, std::string_view text) const;
  [[nodiscard]] static base::Result<> remove(Documents& documents, const XmlPath& path);
  [[nodiscard]] static base::Result<> put(Documents& documents, const XmlPath& path, std::string_view text);
};

}  // namespace carillon::xml
