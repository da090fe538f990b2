// SPDX-License-Identifier: Apache-2.0
// A contact as servers tell each other of it: who it is, when it was written, and all of it as a JSON document.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/usrloc/aor_record.h"
#include "modules/usrloc/contact_version.h"

namespace carillon::routing {
class FlagNames;
}
namespace carillon::transport {
class TransportLayer;
}

namespace carillon::usrloc {

// What stands in the store under an identity, as "version expires document".
struct SharedEntry {
  std::string identity;
  ContactVersion version = 0;
  std::int64_t expires = kPermanent;  // of one that was removed: when it would have expired, at the latest
  std::string document = {};          // empty: the contact was removed

  [[nodiscard]] bool removed() const { return document.empty(); }
  [[nodiscard]] std::string value() const;
  [[nodiscard]] static std::optional<SharedEntry> read(std::string_view identity, std::string_view value);
};

// The same contact on all servers: its instance and reg-id (RFC 5626), otherwise its URI, with ContactCallId and the
// Call-ID.
[[nodiscard]] std::string identity_of(const ContactFields& contact, Matching matching);

// What one write changed of one AoR. The form on the wire: each text as "length:text", one behind the other.
struct SharedChange {
  std::uint32_t bucket = 0;
  std::uint64_t sequence = 0;  // of the bucket: one that is missing was lost on the way
  std::string epoch;           // another one: the store was emptied in between
  std::string server;          // whose write it was
  std::string aor;
  std::vector<SharedEntry> entries;

  [[nodiscard]] static base::Result<SharedChange> parse(std::string_view bytes);
};

// A contact read from a document: owns its texts.
class SharedContact {
 public:
  [[nodiscard]] const ContactFields& fields() const { return fields_; }

 private:
  friend class SharedDocument;
  std::string uri_, received_, path_, call_id_, instance_, attr_, keys_, user_agent_;
  ContactFields fields_;
};

// Immutable; any thread. What it refers to outlives it.
class SharedDocument {
 public:
  SharedDocument(routing::FlagNames& flag_names, const transport::TransportLayer& transport)
      : flag_names_(flag_names), transport_(transport) {}

  [[nodiscard]] std::string write(const Contact& contact) const;
  // Nothing when it can't be a contact.
  [[nodiscard]] std::unique_ptr<SharedContact> read(std::string_view document) const;

 private:
  routing::FlagNames& flag_names_;
  const transport::TransportLayer& transport_;
};

}  // namespace carillon::usrloc
