// SPDX-License-Identifier: Apache-2.0
// A hash table whose links are members of what it finds: no allocation but for the array of buckets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.h"

namespace carillon::transaction {

// A member of T. Not copied, not moved, removed from its index before it dies.
template <typename T>
struct IndexLink {
  explicit IndexLink(T& of) : owner(&of) {}
  IndexLink(const IndexLink&) = delete;
  IndexLink& operator=(const IndexLink&) = delete;

  T* owner;
  IndexLink* next = nullptr;
  std::uint64_t hash = 0;
  bool linked = false;
};

// One thread at a time. Hashes must be spread well, as keyed hashes and random numbers are; several entries may share
// one, the predicate of find() tells them apart.
template <typename T>
class IntrusiveIndex {
 public:
  void insert(IndexLink<T>& link, std::uint64_t hash) {
    CARILLON_ASSERT(!link.linked);
    if (size_ >= buckets_.size()) grow();
    link.hash = hash;
    link.linked = true;
    push(link);
    ++size_;
  }

  // Does nothing for a link that isn't in the index.
  void remove(IndexLink<T>& link) {
    if (!link.linked) return;
    IndexLink<T>** at = &bucket(link.hash);
    while (*at != &link) at = &(*at)->next;
    *at = link.next;
    link.next = nullptr;
    link.linked = false;
    --size_;
  }

  // An entry with `hash` for which `matches(const T&)` holds; null when there is none.
  template <typename Matches>
  [[nodiscard]] T* find(std::uint64_t hash, Matches&& matches) {
    if (buckets_.empty()) return nullptr;
    for (IndexLink<T>* link = bucket(hash); link != nullptr; link = link->next) {
      if (link->hash == hash && matches(*link->owner)) return link->owner;
    }
    return nullptr;
  }

  // What `visit(T&)` does must not insert or remove.
  template <typename Visit>
  void for_each(Visit&& visit) {
    for (IndexLink<T>* link : buckets_) {
      for (; link != nullptr; link = link->next) visit(*link->owner);
    }
  }

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kFirstBuckets = 16;

  [[nodiscard]] IndexLink<T>*& bucket(std::uint64_t hash) { return buckets_[hash & (buckets_.size() - 1)]; }

  void push(IndexLink<T>& link) {
    IndexLink<T>*& head = bucket(link.hash);
    link.next = head;
    head = &link;
  }

  void grow() {
    std::vector<IndexLink<T>*> old(buckets_.empty() ? kFirstBuckets : buckets_.size() * 2);
    old.swap(buckets_);
    for (IndexLink<T>* link : old) {
      while (link != nullptr) {
        IndexLink<T>* next = link->next;
        push(*link);
        link = next;
      }
    }
  }

  std::vector<IndexLink<T>*> buckets_;
  std::size_t size_ = 0;
};

}  // namespace carillon::transaction
