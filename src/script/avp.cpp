// SPDX-License-Identifier: Apache-2.0
// Attribute-value pairs as one linked list, newest first: scripts have a handful of them.
#include "script/avp.h"

#include <charconv>
#include <utility>

namespace carillon::script {

AvpList::AvpList(AvpList&& other) noexcept
    : arena_(other.arena_), head_(std::exchange(other.head_, nullptr)), free_(std::exchange(other.free_, nullptr)) {}

AvpList& AvpList::operator=(AvpList&& other) noexcept {
  arena_ = other.arena_;
  head_ = std::exchange(other.head_, nullptr);
  free_ = std::exchange(other.free_, nullptr);
  return *this;
}

Value AvpList::keep(const Value& value) {
  if (value.has_text()) {
    const std::string_view text = arena_->copy(value.as_text());
    return value.has_integer() ? Value::both(text, value.as_integer()) : Value::text(text);
  }
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value.as_integer()).ptr;
  return Value::both(arena_->copy({digits, static_cast<std::size_t>(end - digits)}), value.as_integer());
}

AvpList::Node* AvpList::make_node(AvpName name, const Value& value) {
  // A name that is in the list already, or just left it, is not copied again.
  std::string_view kept;
  if (free_ != nullptr && free_->hash == name.hash && free_->name == name.text) kept = free_->name;
  for (const Node* node = head_; node != nullptr && kept.empty(); node = node->next) {
    if (node->hash == name.hash && node->name == name.text) kept = node->name;
  }
  if (kept.empty()) kept = arena_->copy(name.text);
  Node* node = free_;
  if (node != nullptr) {
    free_ = node->next;
  } else {
    node = arena_->make<Node>();
  }
  *node = {kept, keep(value), nullptr, name.hash};
  return node;
}

// The link that leads to the value at an index; null when there is none.
AvpList::Node** AvpList::find(AvpName name, int index) {
  if (index < 0) {
    const auto total = static_cast<int>(count(name));
    index += total;
    if (index < 0) return nullptr;
  }
  for (Node** link = &head_; *link != nullptr; link = &(*link)->next) {
    if ((*link)->hash != name.hash || (*link)->name != name.text) continue;
    if (index-- == 0) return link;
  }
  return nullptr;
}

void AvpList::push(AvpName name, const Value& value) {
  if (value.is_null()) return;
  Node* node = make_node(name, value);
  node->next = head_;
  head_ = node;
}

Value AvpList::get(AvpName name, int index) const {
  // find() changes nothing; it is shared with the functions that do.
  Node** link = const_cast<AvpList*>(this)->find(name, index);
  return link == nullptr ? Value::null() : (*link)->value;
}

bool AvpList::set(AvpName name, int index, const Value& value) {
  Node** link = find(name, index);
  if (link == nullptr || value.is_null()) return false;
  (*link)->value = keep(value);
  return true;
}

void AvpList::append(AvpName name, const Value& value) {
  if (value.is_null()) return;
  Node* node = make_node(name, value);
  Node** end = &head_;
  while (*end != nullptr) end = &(*end)->next;
  *end = node;
}

void AvpList::release(Node** link) {
  Node* node = *link;
  *link = node->next;
  node->next = free_;
  free_ = node;
}

bool AvpList::remove(AvpName name, int index) {
  Node** link = find(name, index);
  if (link == nullptr) return false;
  release(link);
  return true;
}

std::size_t AvpList::remove_all(AvpName name) {
  std::size_t removed = 0;
  for (Node** link = &head_; *link != nullptr;) {
    if ((*link)->hash == name.hash && (*link)->name == name.text) {
      release(link);
      ++removed;
    } else {
      link = &(*link)->next;
    }
  }
  return removed;
}

std::size_t AvpList::count(AvpName name) const {
  std::size_t total = 0;
  for (const Node* node = head_; node != nullptr; node = node->next) {
    if (node->hash == name.hash && node->name == name.text) ++total;
  }
  return total;
}

void AvpList::clear() {
  while (head_ != nullptr) release(&head_);
}

AvpList AvpList::copy_to(base::Arena& arena) const {
  AvpList copy(arena);
  Node** end = &copy.head_;
  for (const Node* node = head_; node != nullptr; node = node->next) {
    *end = copy.make_node({node->name, node->hash}, node->value);
    end = &(*end)->next;
  }
  return copy;
}

}  // namespace carillon::script
