// SPDX-License-Identifier: Apache-2.0
// Finding and changing parts of a run's documents. See json.h.
#include <fmt/format.h>

#include "modules/json/json.h"

namespace carillon::json {

using module::PathStep;
using module::VariablePath;

namespace {

// Of `count` elements, counted from either end.
std::optional<std::size_t> place_of(std::int32_t index, std::size_t count) {
  const auto size = static_cast<std::int64_t>(count);
  const std::int64_t at = index < 0 ? size + index : index;
  return at < 0 || at >= size ? std::nullopt : std::optional(static_cast<std::size_t>(at));
}

const NodePtr* child_of(const Node& node, const PathStep& step) {
  if (step.kind == PathStep::Kind::Key) {
    return node.kind == Node::Kind::Object ? node.members.find_shared(step.key) : nullptr;
  }
  if (step.kind != PathStep::Kind::Index || node.kind != Node::Kind::Array) return nullptr;
  const auto at = place_of(step.index, node.elements.size());
  return at ? &node.elements[*at] : nullptr;
}

base::Result<> put_element(Node& array, const PathStep& step, NodePtr value) {
  if (array.kind != Node::Kind::Array) return base::fail("what is given an index is no array");
  if (step.kind == PathStep::Kind::Append) {
    if (value == nullptr) return base::fail("[] is where something new goes; there is nothing to remove");
    array.elements.push_back(std::move(value));
    return {};
  }
  const auto at = place_of(step.index, array.elements.size());
  if (!at) return base::fail(fmt::format("the array has {} elements, none at {}", array.elements.size(), step.index));
  if (value == nullptr) {
    array.elements.erase(array.elements.begin() + static_cast<std::ptrdiff_t>(*at));
  } else {
    array.elements[*at] = std::move(value);
  }
  return {};
}

}  // namespace

base::Result<JsonPath> JsonPath::parse(std::string_view text) {
  constexpr std::string_view kKeys = ".keys";
  constexpr std::string_view kValues = ".values";
  Walk walk = Walk::Values;
  if (const auto at = module::path_ending(text, kKeys); at != std::string_view::npos) {
    text = text.substr(0, at);
    walk = Walk::Keys;
  } else if (const auto values = module::path_ending(text, kValues); values != std::string_view::npos) {
    text = text.substr(0, values);
  }
  auto path = VariablePath::parse(text);
  if (!path) return std::unexpected(std::move(path.error()));
  return JsonPath{.path = std::move(*path), .walk = walk};
}

const NodePtr* Documents::find(const VariablePath& path) const {
  const auto root = roots.find(path.name);
  if (root == roots.end()) return nullptr;
  const NodePtr* node = &root->second;
  for (const PathStep& step : path.steps) {
    node = child_of(**node, step);
    if (node == nullptr) return nullptr;
  }
  return node;
}

base::Result<Node*> Documents::container_of(const VariablePath& path) const {
  VariablePath above = path;
  above.steps.pop_back();
  const NodePtr* container = find(above);
  if (container == nullptr) return base::fail("there is nothing that this could be a part of");
  return container->get();
}

base::Result<> Documents::put(const VariablePath& path, NodePtr value) {
  if (path.steps.empty()) {
    if (value == nullptr) {
      roots.erase(path.name);
    } else {
      roots.insert_or_assign(path.name, std::move(value));
    }
    return {};
  }
  const auto container = container_of(path);
  if (!container) return std::unexpected(container.error());
  const PathStep& last = path.steps.back();
  if (last.kind == PathStep::Kind::Nowhere) return base::fail("a variable in the path is NULL");
  if (last.kind != PathStep::Kind::Key) return put_element(**container, last, std::move(value));
  if ((*container)->kind != Node::Kind::Object) return base::fail("what is given a key is no object");
  if (value == nullptr) {
    (*container)->members.erase(last.key);
  } else {
    (*container)->members.set(last.key, std::move(value));
  }
  return {};
}

}  // namespace carillon::json
