// SPDX-License-Identifier: Apache-2.0
// What the location table keeps of one AoR: its contacts in the order lookup() takes them, and keys scripts attach.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/usrloc/contact.h"

namespace carillon::usrloc {

enum class Matching : std::uint8_t {
  Contact,        // matching_mode 0: the same URI by the rules of RFC 3261 section 19.1.4
  ContactCallId,  // 1: that, and the same Call-ID
  Parameter,      // the same value of one URI parameter
};

// What a contact must have to be the one that a registration means. With an instance and a reg-id on both sides these
// decide alone (RFC 5626 section 6).
struct ContactKey {
  std::string_view uri;
  std::string_view call_id = {};
  std::string_view instance = {};
  std::uint32_t reg_id = 0;
  Matching matching = Matching::Contact;
  std::string_view parameter = {};  // of Matching::Parameter; a URI without it matches as Matching::Contact does
  // When any are named, URIs with the same values of all of them match (RFC 8599), whatever `matching` says.
  std::span<const std::string> parameters = {};
};

using KeyValues = std::vector<std::pair<std::string, std::string>>;

// Touched only with its partition's lock held. 16 bytes and its contacts.
class AorRecord {
 public:
  class Iterator {
   public:
    using value_type = Contact;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::forward_iterator_tag;
    Iterator() = default;
    explicit Iterator(const Contact* at) : at_(at) {}
    const Contact& operator*() const { return *at_; }
    const Contact* operator->() const { return at_; }
    Iterator& operator++() {
      at_ = at_->next_.get();
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(Iterator a, Iterator b) { return a.at_ == b.at_; }

   private:
    const Contact* at_ = nullptr;
  };

  // Best first: by q, without one last, equal ones in the order they came; or newest first (desc_time_order). Expired
  // contacts may be among them.
  [[nodiscard]] Iterator begin() const { return Iterator(first_.get()); }
  [[nodiscard]] Iterator end() const { return Iterator(); }
  [[nodiscard]] bool empty() const { return first_ == nullptr; }
  [[nodiscard]] std::size_t valid_at(std::int64_t now) const;

  // Also an expired one. Null when there is none.
  [[nodiscard]] const Contact* find(const ContactKey& key) const;

  [[nodiscard]] bool has_key(std::string_view key) const;
  // Empty when there is no such key.
  [[nodiscard]] std::string_view value_of(std::string_view key) const;
  [[nodiscard]] const KeyValues* keys() const { return keys_.get(); }

 private:
  friend class Bindings;
  friend class LocationTable;
  friend class SqlOnly;

  void insert(Contact::Ptr contact, bool newest_first);
  // The link that holds it; it must be here.
  [[nodiscard]] Contact::Ptr& link_of(const Contact& contact);
  [[nodiscard]] Contact::Ptr take(const Contact& contact);

  Contact::Ptr first_;
  std::unique_ptr<KeyValues> keys_;
};

}  // namespace carillon::usrloc
