// SPDX-License-Identifier: Apache-2.0
// See aor_record.h.
#include "modules/usrloc/aor_record.h"

#include <algorithm>
#include <optional>

#include "base/assert.h"
#include "sip/uri.h"

namespace carillon::usrloc {
namespace {

// Whether URIs are the one looked for. Most are the same bytes, or tell it by a look at both.
class UriMatch {
 public:
  explicit UriMatch(const ContactKey& key) : key_(key) {}

  [[nodiscard]] bool operator()(std::string_view uri) {
    if (uri == key_.uri) return true;
    if (!wanted_) wanted_ = sip::Uri::parse(key_.uri);
    if (!*wanted_) return false;
    const auto other = sip::Uri::parse(uri);
    if (!other) return false;
    if (!key_.parameters.empty()) {
      return std::ranges::all_of(
          key_.parameters, [&](const std::string& name) { return other->param(name) == (*wanted_)->param(name); });
    }
    if (key_.matching == Matching::Parameter) {
      const auto value = (*wanted_)->param(key_.parameter);
      if (value) return other->param(key_.parameter) == value;
    }
    return sip::equivalent(**wanted_, *other);
  }

 private:
  const ContactKey& key_;
  std::optional<base::Result<sip::Uri>> wanted_;
};

bool is_flow(std::string_view instance, std::uint32_t reg_id) { return !instance.empty() && reg_id != 0; }

// Without a q last of all.
int rank(const Contact& contact) { return contact.q() ? *contact.q() : -1; }

}  // namespace

std::size_t AorRecord::valid_at(std::int64_t now) const {
  return static_cast<std::size_t>(std::ranges::count_if(*this, [now](const Contact& c) { return c.is_valid_at(now); }));
}

const Contact* AorRecord::find(const ContactKey& key) const {
  const bool by_flow = is_flow(key.instance, key.reg_id);
  UriMatch same_uri(key);
  const Contact* found = nullptr;
  for (const Contact& contact : *this) {
    if (by_flow && is_flow(contact.instance(), contact.reg_id())) {
      if (contact.instance() == key.instance && contact.reg_id() == key.reg_id) return &contact;
      continue;
    }
    if (key.parameters.empty() && key.matching == Matching::ContactCallId && contact.call_id() != key.call_id) continue;
    if (found == nullptr && same_uri(contact.uri())) found = &contact;
  }
  return found;
}

bool AorRecord::has_key(std::string_view key) const {
  return keys_ != nullptr && std::ranges::find(*keys_, key, &KeyValues::value_type::first) != keys_->end();
}

std::string_view AorRecord::value_of(std::string_view key) const {
  if (keys_ == nullptr) return {};
  const auto found = std::ranges::find(*keys_, key, &KeyValues::value_type::first);
  return found == keys_->end() ? std::string_view{} : std::string_view(found->second);
}

void AorRecord::insert(Contact::Ptr contact, bool newest_first) {
  Contact::Ptr* at = &first_;
  while (!newest_first && *at && rank(**at) >= rank(*contact)) at = &(*at)->next_;
  contact->next_ = std::move(*at);
  *at = std::move(contact);
}

Contact::Ptr& AorRecord::link_of(const Contact& contact) {
  Contact::Ptr* at = &first_;
  while (at->get() != &contact) {
    CARILLON_ASSERT(*at != nullptr);
    at = &(*at)->next_;
  }
  return *at;
}

Contact::Ptr AorRecord::take(const Contact& contact) {
  Contact::Ptr& link = link_of(contact);
  Contact::Ptr taken = std::move(link);
  link = std::move(taken->next_);
  return taken;
}

}  // namespace carillon::usrloc
