// SPDX-License-Identifier: Apache-2.0
// Attribute-value pairs: named stacks of values that travel with a message and then with its transaction.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/arena.h"
#include "script/value.h"

namespace carillon::script {

// FNV-1a, constexpr so that names in scripts and modules are hashed once.
[[nodiscard]] constexpr std::uint32_t avp_hash(std::string_view name) {
  std::uint32_t hash = 2166136261U;
  for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619U;
  return hash;
}

struct AvpName {
  std::string_view text;
  std::uint32_t hash = 0;

  constexpr AvpName() = default;
  template <typename Text>
    requires std::convertible_to<const Text&, std::string_view>
  constexpr AvpName(const Text& name)  // NOLINT(google-explicit-constructor)
      : text(name), hash(avp_hash(text)) {}
  constexpr AvpName(std::string_view name, std::uint32_t known_hash) : text(name), hash(known_hash) {}
};

// Names are case-sensitive. Everything lives in the arena: names and texts are copied on entry, and text read out stays
// valid as long as the arena, also after the value was removed. One shard's; no lock.
class AvpList {
 public:
  explicit AvpList(base::Arena& arena) : arena_(&arena) {}
  AvpList(const AvpList&) = delete;
  AvpList& operator=(const AvpList&) = delete;
  AvpList(AvpList&& other) noexcept;
  AvpList& operator=(AvpList&& other) noexcept;

  // Puts a value on top: it becomes index 0. Numbers keep their decimal text too. NULL is not stored.
  void push(AvpName name, const Value& value);
  // index 0 is the newest; negative counts from the oldest, -1. NULL when there is none.
  [[nodiscard]] Value get(AvpName name, int index = 0) const;
  // Changes the value at an index; false when there is none.
  bool set(AvpName name, int index, const Value& value);
  // Puts a value below the oldest.
  void append(AvpName name, const Value& value);
  // Removes one value; false when there is none.
  bool remove(AvpName name, int index = 0);
  // Removes every value of the name; how many there were.
  std::size_t remove_all(AvpName name);
  [[nodiscard]] std::size_t count(AvpName name) const;
  void clear();
  [[nodiscard]] bool empty() const { return head_ == nullptr; }

  // The same pairs in the same order in another arena, as when a transaction takes over from a message.
  [[nodiscard]] AvpList copy_to(base::Arena& arena) const;

  // Newest first, all names: for_each([](std::string_view name, const Value& value) { ... }).
  template <typename Visitor>
  void for_each(Visitor visit) const {
    for (const Node* node = head_; node != nullptr; node = node->next) visit(node->name, node->value);
  }

 private:
  struct Node {
    std::string_view name;
    Value value;
    Node* next;
    std::uint32_t hash;
  };

  [[nodiscard]] Node** find(AvpName name, int index);
  [[nodiscard]] Node* make_node(AvpName name, const Value& value);
  [[nodiscard]] Value keep(const Value& value);
  void release(Node** link);

  base::Arena* arena_;
  Node* head_ = nullptr;
  Node* free_ = nullptr;  // removed nodes, reused by push
};

}  // namespace carillon::script
