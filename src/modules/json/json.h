// SPDX-License-Identifier: Apache-2.0
// json: $json(name/key[index]), documents that a script reads, builds and changes. They live as long as the run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "module/module.h"
#include "module/variable_path.h"
#include "modules/json/document.h"

namespace carillon::json {

using module::Input;
using module::Output;
using module::RouteContext;
using module::Verdict;

// What stands in the parentheses.
struct JsonPath {
  enum class Walk : std::uint8_t { Values, Keys };  // what an index means: $(json(x.keys)[0])

  module::VariablePath path;
  Walk walk = Walk::Values;

  [[nodiscard]] static base::Result<JsonPath> parse(std::string_view text);
};

// Those of one run.
class Documents final : public routing::RunData {
 public:
  std::map<std::string, NodePtr, std::less<>> roots;
  // The element that a `for` was given last, by the text that it got for it: a $json takes the element, not the text.
  const char* walked_text = nullptr;
  NodePtr walked;
  std::size_t parsed = 0;  // bytes, in all

  // Null when there is nothing.
  [[nodiscard]] const NodePtr* find(const module::VariablePath& path) const;
  // What is changed when the last part of `path` is. The path has parts.
  [[nodiscard]] base::Result<Node*> container_of(const module::VariablePath& path) const;
  // A null pointer removes what is there.
  [[nodiscard]] base::Result<> put(const module::VariablePath& path, NodePtr value);
};

class Json final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;

  // --- parameters
  bool enable_long_quoting = false;
  int max_size = 1 << 20;
  int max_depth = 64;
  int max_values = 100'000;

  // --- variables
  template <Style style>
  script::Value read(RouteContext& context, const script::VariableRef& ref);
  base::Result<> write(RouteContext& context, const script::VariableRef& ref, const script::Value& value,
                       script::WriteMode mode);

  // --- functions
  Verdict json_link(RouteContext& context, Output destination, Input source);
  Verdict json_merge(RouteContext& context, std::string_view target, std::string_view patch, Output result);

 private:
  [[nodiscard]] script::Value read_as(RouteContext& context, const script::VariableRef& ref, Style style);
  [[nodiscard]] script::Value value_of(RouteContext& context, const Node& node, Style style) const;
  [[nodiscard]] base::Result<NodePtr> node_of(Documents& documents, const script::Value& value,
                                              script::WriteMode mode) const;
  [[nodiscard]] base::Result<NodePtr> parse_text(Documents& documents, std::string_view text) const;
  // Of a variable of this module.
  [[nodiscard]] base::Result<JsonPath> path_of(const script::VariableRef& ref) const;
  [[nodiscard]] base::Result<> link(Documents& documents, const script::VariableRef& destination,
                                    const script::VariableRef& source) const;

  Limits limits_;
};

template <Style style>
script::Value Json::read(RouteContext& context, const script::VariableRef& ref) {
  return read_as(context, ref, style);
}

}  // namespace carillon::json
