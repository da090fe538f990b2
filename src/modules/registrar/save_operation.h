// SPDX-License-Identifier: Apache-2.0
// One REGISTER on its way into the location table: what of it changes which binding, all of it or nothing
// (RFC 3261 section 10.3 step 7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modules/registrar/registrar.h"
#include "transaction/stored_message.h"

namespace carillon::registrar {

// Where a registration comes from: the REGISTER this run of the script is for, or whose response it is for. Keeps it,
// as the transaction may end while the run waits.
struct Origin {
  transaction::StoredMessagePtr stored;
  std::uint32_t branch_flags = 0;
  std::uint32_t message_flags = 0;

  [[nodiscard]] const sip::Message& request() const { return stored->message(); }
  [[nodiscard]] const transport::Flow& flow() const { return stored->flow(); }
};

class SaveOperation {
 public:
  SaveOperation(const Registrar& registrar, RouteContext& context, const Origin& origin, const SaveFlags& flags,
                const Registration& registration);

  // Why nothing can be done, before the table is looked at. Writes down the headers that belong to it.
  [[nodiscard]] std::optional<Refusal> check();
  // With the AoR's partition locked: changes the bindings and writes down the Contact header of the answer, or refuses
  // and changes nothing.
  [[nodiscard]] std::optional<Refusal> apply(usrloc::Bindings& bindings);

  // Of the answer: complete lines.
  [[nodiscard]] std::string& headers() { return headers_; }
  // The latest expiry of what was registered, Unix seconds; 0 when nothing was.
  [[nodiscard]] std::int64_t latest_expiry() const { return latest_expiry_; }

 private:
  enum class Freshness : std::uint8_t { Fresh, Retransmission, OutOfOrder };

  [[nodiscard]] std::optional<Refusal> remove_all(usrloc::Bindings& bindings) const;
  [[nodiscard]] std::optional<Refusal> check_order(const usrloc::Bindings& bindings) const;
  [[nodiscard]] std::optional<Refusal> make_room(usrloc::Bindings& bindings) const;
  void erase_oldest(usrloc::Bindings& bindings) const;
  void change(usrloc::Bindings& bindings, const sip::Contact& contact);
  void write_contacts(const usrloc::Bindings& bindings);
  [[nodiscard]] bool is_mentioned(const usrloc::Contact& binding) const;
  [[nodiscard]] bool is_repeated(std::size_t index) const;

  // Of a Contact as asked for; as granted.
  [[nodiscard]] std::uint32_t asked_seconds(const sip::Contact& contact) const;
  [[nodiscard]] std::uint32_t granted_seconds(const sip::Contact& contact) const;
  [[nodiscard]] usrloc::ContactKey key_of(const sip::Contact& contact) const;
  [[nodiscard]] Freshness freshness_of(const usrloc::Contact& binding, std::int64_t now) const;
  [[nodiscard]] usrloc::ContactFields fields_of(const sip::Contact& contact, std::int64_t now) const;
  // The source that the Path names (flag path-received); empty when it names none.
  [[nodiscard]] std::string received_by_path() const;
  void note_source(RouteContext& context);

  const Registrar& registrar_;
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
  std::int64_t latest_expiry_ = 0;
};

}  // namespace carillon::registrar
