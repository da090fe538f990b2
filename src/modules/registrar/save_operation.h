// SPDX-License-Identifier: Apache-2.0
// One REGISTER on its way into the location table: what of it changes which binding, all of it or nothing
// (RFC 3261 section 10.3 step 7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/registrar/flags.h"
#include "modules/registrar/rules.h"

namespace carillon::registrar {

// What another registrar has granted for one Contact, and what is kept of it.
struct Grant {
  std::uint32_t seconds = 0;  // 0: nothing
  std::uint64_t id = 0;       // of a contact that is new
  std::string keys = {};      // kept with the contact
};

class SaveOperation {
 public:
  SaveOperation(const Rules& rules, RouteContext& context, const Origin& origin, const SaveFlags& flags,
                const Registration& registration);

  // Why nothing can be done, before the table is looked at. Writes down the headers that belong to it.
  [[nodiscard]] std::optional<Refusal> check();
  // Lifetimes are another registrar's, one for each Contact of the registration, and not ours to correct.
  void set_grants(std::vector<Grant> grants) { grants_ = std::move(grants); }
  // With the AoR's partition locked: changes the bindings and writes down the Contact header of the answer, or refuses
  // and changes nothing.
  [[nodiscard]] std::optional<Refusal> apply(usrloc::Bindings& bindings);

  // Of the answer: complete lines.
  [[nodiscard]] std::string& headers() { return headers_; }
  // The Contact header alone, a complete line; empty when nothing is registered. After apply().
  [[nodiscard]] std::string_view contact_line() const { return std::string_view(headers_).substr(contacts_begin_); }
  // As apply() would grant it, before it is called.
  [[nodiscard]] std::uint32_t granted_seconds(const sip::Contact& contact) const;
  [[nodiscard]] std::uint32_t asked_seconds(const sip::Contact& contact) const;
  [[nodiscard]] usrloc::ContactKey key_of(const sip::Contact& contact) const;
  // The latest expiry of what was registered, Unix seconds; 0 when nothing was.
  [[nodiscard]] std::int64_t latest_expiry() const { return latest_expiry_; }

 private:
  enum class Freshness : std::uint8_t { Fresh, Retransmission, OutOfOrder };

  [[nodiscard]] std::optional<Refusal> remove_all(usrloc::Bindings& bindings) const;
  [[nodiscard]] std::optional<Refusal> check_order(const usrloc::Bindings& bindings) const;
  [[nodiscard]] std::optional<Refusal> make_room(usrloc::Bindings& bindings) const;
  void erase_oldest(usrloc::Bindings& bindings) const;
  void change(usrloc::Bindings& bindings, const sip::Contact& contact);
  void erase(usrloc::Bindings& bindings, const usrloc::Contact& binding) const;
  void write_contacts(const usrloc::Bindings& bindings);
  [[nodiscard]] bool is_mentioned(const usrloc::Contact& binding) const;
  [[nodiscard]] bool is_repeated(std::size_t index) const;

  [[nodiscard]] const Grant* grant_of(const sip::Contact& contact) const;
  [[nodiscard]] Freshness freshness_of(const usrloc::Contact& binding, std::int64_t now) const;
  [[nodiscard]] usrloc::ContactFields fields_of(const sip::Contact& contact, std::int64_t now) const;
  // The source that the Path names (flag path-received); empty when it names none.
  [[nodiscard]] std::string received_by_path() const;
  void note_source(RouteContext& context);
  void append_gruus(const usrloc::Contact& binding);
  [[nodiscard]] std::optional<Refusal> check_push();

  const Rules& rules_;
  const Origin& origin_;
  const SaveFlags& flags_;
  const Registration& registration_;
  std::uint32_t min_expires_;
  std::uint32_t max_expires_;
  unsigned max_contacts_;
  std::string path_received_;  // for all contacts
  std::string received_;       // for those that name no source of their own
  std::string_view attr_;
  std::uint32_t methods_;
  std::uint32_t branch_flags_;
  transport::ListenerId socket_;
  std::string headers_;
  std::size_t contacts_begin_ = 0;
  std::vector<Grant> grants_;
  std::int64_t latest_expiry_ = 0;
};

}  // namespace carillon::registrar
