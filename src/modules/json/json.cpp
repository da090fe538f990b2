// SPDX-License-Identifier: Apache-2.0
// The variables and functions. See json.h.
#include "modules/json/json.h"

#include <fmt/format.h>

#include "base/log.h"

namespace carillon::json {

using namespace module;
using script::Value;
using script::VariableRef;
using script::WriteMode;

namespace {

// A run parses at most so many times max_size.
constexpr std::size_t kDocumentsOfARun = 16;

// An own copy; null when links nest too deep for one.
NodePtr copy(const Node& node, int depth = 0) {
  constexpr int kDeepest = 500;
  if (depth > kDeepest) return nullptr;
  auto copied = Node::of(node.kind);
  copied->number = node.number;
  copied->string = node.string;
  for (const NodePtr& element : node.elements) {
    copied->elements.push_back(copy(*element, depth + 1));
    if (copied->elements.back() == nullptr) return nullptr;
  }
  for (const auto& [name, member] : node.members.list()) {
    NodePtr one = copy(*member, depth + 1);
    if (one == nullptr) return nullptr;
    copied->members.set(name, std::move(one));
  }
  return copied;
}

// The element of an array, the member of an object or its name.
const NodePtr* element_of(const Node& node, std::int32_t index) {
  const std::size_t count = node.kind == Node::Kind::Array ? node.elements.size() : node.members.list().size();
  const std::int64_t at = index < 0 ? static_cast<std::int64_t>(count) + index : index;
  if (at < 0 || at >= static_cast<std::int64_t>(count)) return nullptr;
  const auto place = static_cast<std::size_t>(at);
  return node.kind == Node::Kind::Array ? &node.elements[place] : &node.members.list()[place].second;
}

}  // namespace

base::Result<> Json::start(Services& /*services*/) {
  if (max_size < 1 || max_depth < 1 || max_values < 1) {
    return base::fail("max_size, max_depth and max_values must be at least 1");
  }
  constexpr int kDeepest = 400;
  if (max_depth > kDeepest) return base::fail(fmt::format("max_depth is at most {}", kDeepest));
  limits_ = {.bytes = static_cast<std::size_t>(max_size),
             .depth = static_cast<std::size_t>(max_depth),
             .values = static_cast<std::size_t>(max_values)};
  return {};
}

base::Result<JsonPath> Json::path_of(const VariableRef& ref) const {
  if (ref.declaration == nullptr || ref.declaration->owner != this) return base::fail("it takes a $json(...)");
  if (ref.compiled != nullptr) return *static_cast<const JsonPath*>(ref.compiled);
  return JsonPath::parse(ref.sub_name);
}

// --- reading

Value Json::value_of(RouteContext& context, const Node& node, Style style) const {
  if (node.kind == Node::Kind::Text) return Value::text(context.keep(node.string));
  if (node.kind == Node::Kind::Integer) {
    if (std::in_range<std::int32_t>(node.number) || !enable_long_quoting) return Value::integer(node.number);
    return Value::text(context.keep(std::to_string(node.number)));
  }
  const auto text = json::write(node, style, limits_.bytes);
  if (!text) {
    log::error("$json: {}", text.error().message);
    return Value::null();
  }
  return Value::text(context.keep(*text));
}

Value Json::read_as(RouteContext& context, const VariableRef& ref, Style style) {
  auto* const documents = context.find_of_run<Documents>(this);
  if (documents == nullptr) return Value::null();
  const auto path = path_of(ref);
  if (!path) {
    log::error("$json({}): {}", ref.sub_name, path.error().message);
    return Value::null();
  }
  const NodePtr* node = documents->find(path->path);
  if (node == nullptr) return Value::null();
  const bool keys = path->walk == JsonPath::Walk::Keys;
  if (ref.index.kind != script::Index::Kind::At) {
    if (!keys) return value_of(context, **node, style);
    const auto names = Node::of(Node::Kind::Array);
    for (const auto& [name, member] : (*node)->members.list()) names->elements.push_back(Node::text(name));
    return value_of(context, *names, style);
  }
  if (keys && (*node)->kind != Node::Kind::Object) return Value::null();
  const NodePtr* element = element_of(**node, ref.index.at);
  if (element == nullptr) return Value::null();
  if (keys) {
    const auto place = static_cast<std::size_t>(
        ref.index.at < 0 ? static_cast<std::int64_t>((*node)->members.list().size()) + ref.index.at : ref.index.at);
    return Value::text(context.keep((*node)->members.list()[place].first));
  }
  const Value value = value_of(context, **element, style);
  documents->walked = *element;
  documents->walked_text = value.as_text().data();
  return value;
}

// --- writing

base::Result<NodePtr> Json::parse_text(Documents& documents, std::string_view text) const {
  documents.parsed += text.size();
  if (documents.parsed > limits_.bytes * kDocumentsOfARun) {
    return base::fail(fmt::format("one run parses at most {} bytes of JSON", limits_.bytes * kDocumentsOfARun));
  }
  return parse(text, limits_);
}

base::Result<NodePtr> Json::node_of(Documents& documents, const Value& value, WriteMode mode) const {
  if (value.is_null()) return NodePtr();
  if (mode == WriteMode::Iterate && documents.walked != nullptr && value.has_text() &&
      value.as_text().data() == documents.walked_text) {
    NodePtr element = copy(*documents.walked);
    if (element == nullptr) return base::fail("the element nests too deep");
    return element;
  }
  // What is a number and has a text too is a number here: $rs, $avp(count).
  if (value.has_integer()) return Node::integer(value.as_integer());
  if (mode == WriteMode::Replace) return parse_text(documents, value.as_text());
  if (value.as_text().size() > limits_.bytes) {
    return base::fail(fmt::format("{} bytes; max_size allows {}", value.as_text().size(), limits_.bytes));
  }
  return Node::text(value.as_text());
}

base::Result<> Json::write(RouteContext& context, const VariableRef& ref, const Value& value, WriteMode mode) {
  const auto path = path_of(ref);
  if (!path) return std::unexpected(path.error());
  if (ref.index.kind != script::Index::Kind::None) return base::fail("an index is written inside the parentheses");
  if (path->walk == JsonPath::Walk::Keys) return base::fail("the keys are read only");
  auto& documents = context.of_run<Documents>(this);
  auto node = node_of(documents, value, mode);
  if (!node) return std::unexpected(std::move(node.error()));
  return documents.put(path->path, std::move(*node));
}

// --- functions

base::Result<> Json::link(Documents& documents, const VariableRef& destination, const VariableRef& source) const {
  const auto to = path_of(destination);
  if (!to) return std::unexpected(to.error());
  const auto from = path_of(source);
  if (!from) return std::unexpected(from.error());
  const NodePtr* found = documents.find(from->path);
  if (found == nullptr) return base::fail("there is nothing to link to");
  NodePtr linked = *found;
  if (!to->path.steps.empty()) {
    const auto container = documents.container_of(to->path);
    if (!container) return std::unexpected(container.error());
    if (reaches(*linked, **container)) return base::fail("it would become a part of itself");
  }
  return documents.put(to->path, std::move(linked));
}

Verdict Json::json_link(RouteContext& context, Output destination, Input source) {
  const auto linked = link(context.of_run<Documents>(this), destination.variable(), source.variable());
  if (!linked) log::error("json_link(): {}", linked.error().message);
  return Verdict::of(linked.has_value());
}

Verdict Json::json_merge(RouteContext& context, std::string_view target, std::string_view patch, Output result) {
  auto& documents = context.of_run<Documents>(this);
  const auto fail = [](const base::Error& why) {
    log::error("json_merge(): {}", why.message);
    return kFalse;
  };
  const auto first = parse_text(documents, target);
  if (!first) return fail(first.error());
  const auto second = parse_text(documents, patch);
  if (!second) return fail(second.error());
  const NodePtr merged = merge_patch(*first, *second);
  if (const VariableRef& into = result.variable(); into.declaration != nullptr && into.declaration->owner == this) {
    const auto path = path_of(into);
    if (!path) return fail(path.error());
    if (auto put = documents.put(path->path, merged); !put) return fail(put.error());
    return kTrue;
  }
  const auto text = json::write(*merged, Style::Compact, limits_.bytes);
  if (!text) return fail(text.error());
  return Verdict::of(result.assign(Value::text(context.keep(*text))));
}

}  // namespace carillon::json
