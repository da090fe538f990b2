// SPDX-License-Identifier: Apache-2.0
// See document.h.
#include "modules/json/document.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include "shard/partitioned_table.h"

namespace carillon::json {

// --- Members

// Whoever sends a document chooses its names: they are hashed with a key.
struct Members::Places {
  absl::flat_hash_map<std::string, std::size_t, shard::TableHash, std::equal_to<>> by_name;
};

Members::Members() = default;
Members::~Members() = default;

std::size_t Members::place_of(std::string_view name) const {
  if (list_.size() > kSmall) {
    if (places_ == nullptr) {
      places_ = std::make_unique<Places>();
      for (std::size_t i = 0; i < list_.size(); ++i) places_->by_name.emplace(list_[i].first, i);
    }
    const auto found = places_->by_name.find(name);
    return found == places_->by_name.end() ? list_.size() : found->second;
  }
  std::size_t at = 0;
  while (at < list_.size() && list_[at].first != name) ++at;
  return at;
}

const NodePtr* Members::find_shared(std::string_view name) const {
  const std::size_t at = place_of(name);
  return at == list_.size() ? nullptr : &list_[at].second;
}

Node* Members::find(std::string_view name) const {
  const NodePtr* found = find_shared(name);
  return found == nullptr ? nullptr : found->get();
}

void Members::set(std::string_view name, NodePtr value) {
  const std::size_t at = place_of(name);
  if (at < list_.size()) {
    list_[at].second = std::move(value);
    return;
  }
  list_.emplace_back(name, std::move(value));
  if (places_ != nullptr) places_->by_name.emplace(name, at);
}

bool Members::erase(std::string_view name) {
  const std::size_t at = place_of(name);
  if (at == list_.size()) return false;
  list_.erase(list_.begin() + static_cast<std::ptrdiff_t>(at));
  places_.reset();
  return true;
}

// --- Node

Node::~Node() {
  std::vector<NodePtr> pending = std::move(elements);
  const auto take_members = [&pending](Node& of) {
    for (auto& [name, child] : of.members.take()) pending.push_back(std::move(child));
  };
  take_members(*this);
  while (!pending.empty()) {
    const NodePtr child = std::move(pending.back());
    pending.pop_back();
    if (child == nullptr || child.use_count() > 1) continue;
    for (NodePtr& element : child->elements) pending.push_back(std::move(element));
    child->elements.clear();
    take_members(*child);
  }
}

NodePtr Node::of(Kind kind) {
  auto node = std::make_shared<Node>();
  node->kind = kind;
  return node;
}

NodePtr Node::integer(std::int64_t number) {
  auto node = of(Kind::Integer);
  node->number = number;
  return node;
}

NodePtr Node::text(std::string_view text) {
  auto node = of(Kind::Text);
  node->string = text;
  return node;
}

// --- trees

NodePtr merge_patch(const NodePtr& target, const NodePtr& patch) {
  if (patch->kind != Node::Kind::Object) return patch;
  auto merged = Node::of(Node::Kind::Object);
  if (target != nullptr && target->kind == Node::Kind::Object) {
    for (const auto& [name, value] : target->members.list()) merged->members.set(name, value);
  }
  for (const auto& [name, value] : patch->members.list()) {
    if (value->kind == Node::Kind::Null) {
      merged->members.erase(name);
      continue;
    }
    const NodePtr* present = merged->members.find_shared(name);
    merged->members.set(name, merge_patch(present == nullptr ? nullptr : *present, value));
  }
  return merged;
}

bool reaches(const Node& from, const Node& wanted) {
  absl::flat_hash_set<const Node*> seen;
  std::vector<const Node*> pending{&from};
  while (!pending.empty()) {
    const Node* node = pending.back();
    pending.pop_back();
    if (node == &wanted) return true;
    if (!node->is_container() || !seen.insert(node).second) continue;
    for (const NodePtr& element : node->elements) pending.push_back(element.get());
    for (const auto& [name, member] : node->members.list()) pending.push_back(member.get());
  }
  return false;
}

}  // namespace carillon::json
