// SPDX-License-Identifier: Apache-2.0
// One registered contact, packed into a single allocation: a million of them must fit. What save() stores and
// lookup() reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "modules/usrloc/contact_version.h"
#include "modules/usrloc/user_agents.h"
#include "transport/flow.h"

namespace carillon::usrloc {

// `methods` of a contact that takes all, or that didn't say.
inline constexpr std::uint32_t kAllMethods = 0xffffffff;
// Contact::flags: never written to the database (OpenSIPS's FL_MEM).
inline constexpr std::uint32_t kMemoryOnly = 1;
// `expires` of a contact that stays until it is removed.
inline constexpr std::int64_t kPermanent = 0;

// What a contact is made of. Texts are the caller's.
struct ContactFields {
  std::string_view uri = {};
  std::string_view received = {};  // URI it was registered from, behind a NAT; empty: reached by its own URI
  std::string_view path = {};      // RFC 3327: Route entries, as they stand in the header
  std::string_view call_id = {};
  std::string_view instance = {};  // +sip.instance without quotes and brackets
  std::string_view attr = {};
  std::string_view keys = {};  // what modules attach to it: a JSON object, or nothing
  std::string_view user_agent = {};
  std::int64_t expires = kPermanent;  // Unix seconds
  std::int64_t last_modified = 0;     // Unix seconds
  std::uint32_t cseq = 0;
  std::uint32_t flags = 0;
  std::uint32_t branch_flags = 0;
  std::uint32_t methods = kAllMethods;                         // bits as OpenSIPS numbers them (methods.h)
  std::uint32_t reg_id = 0;                                    // RFC 5626; 0: none
  std::optional<std::uint16_t> q = {};                         // thousandths
  transport::ListenerId socket = transport::ListenerId::None;  // where the registration came in
  transport::ConnectionId connection = transport::ConnectionId::None;

  // A contact can hold them: 65535 bytes of texts in all.
  [[nodiscard]] bool storable() const;
};

// Touched only with the lock of its AoR's partition held. Views end when it is changed or erased.
class Contact {
 public:
  struct Delete {
    void operator()(Contact* contact) const noexcept;
  };
  using Ptr = std::unique_ptr<Contact, Delete>;

  // `fields` must be storable().
  [[nodiscard]] static Ptr make(const ContactFields& fields, std::uint64_t id, UserAgents& agents);

  [[nodiscard]] std::string_view uri() const { return piece(0, uri_end_); }
  [[nodiscard]] std::string_view received() const { return piece(uri_end_, received_end_); }
  [[nodiscard]] std::string_view path() const { return piece(received_end_, path_end_); }
  [[nodiscard]] std::string_view call_id() const { return piece(path_end_, call_id_end_); }
  [[nodiscard]] std::string_view instance() const { return piece(call_id_end_, instance_end_); }
  [[nodiscard]] std::string_view attr() const { return piece(instance_end_, attr_end_); }
  [[nodiscard]] std::string_view keys() const { return piece(attr_end_, keys_end_); }
  [[nodiscard]] std::string_view user_agent() const { return agent_.text(); }

  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] std::int64_t expires() const { return expires_; }
  [[nodiscard]] std::int64_t last_modified() const { return last_modified_; }
  [[nodiscard]] std::uint32_t cseq() const { return cseq_; }
  [[nodiscard]] std::uint32_t flags() const { return flags_; }
  [[nodiscard]] std::uint32_t branch_flags() const { return branch_flags_; }
  [[nodiscard]] std::uint32_t methods() const { return methods_; }
  [[nodiscard]] std::uint32_t reg_id() const { return reg_id_; }
  // When it was last written, by which of the servers that share it; 0: it isn't shared.
  [[nodiscard]] ContactVersion version() const { return version_; }
  // Microseconds that the last ping took; 0: not known.
  [[nodiscard]] std::uint32_t latency() const { return latency_; }
  [[nodiscard]] std::optional<std::uint16_t> q() const {
    return q_ == kNoQ ? std::nullopt : std::optional<std::uint16_t>(q_);
  }
  [[nodiscard]] transport::ListenerId socket() const { return socket_; }
  [[nodiscard]] transport::ConnectionId connection() const { return connection_; }

  [[nodiscard]] bool is_valid_at(std::int64_t now) const { return expires_ == kPermanent || expires_ > now; }
  [[nodiscard]] bool is_memory_only() const { return (flags_ & kMemoryOnly) != 0; }
  // What the database knows of it, in OpenSIPS's words: CS_NEW nothing, CS_DIRTY an older state, CS_SYNC all.
  [[nodiscard]] std::string_view state() const;
  // A phone that sleeps until a push notification wakes it (RFC 8599).
  [[nodiscard]] bool is_woken_by_push() const { return uri().find(";pn-provider=") != std::string_view::npos; }
  // All of it, as views into this contact.
  [[nodiscard]] ContactFields fields() const;

  Contact(const Contact&) = delete;
  Contact& operator=(const Contact&) = delete;

 private:
  friend class AorRecord;
  friend class Bindings;
  friend class LocationTable;
  friend class SqlOnly;

  static constexpr std::uint16_t kNoQ = 0xffff;

  Contact(const ContactFields& fields, std::uint64_t id, UserAgents& agents);
  ~Contact() = default;

  // Takes over all but the texts; they must be the same already.
  void refresh(const ContactFields& fields);
  [[nodiscard]] bool has_texts_of(const ContactFields& fields) const;
  [[nodiscard]] std::string_view piece(std::uint32_t begin, std::uint32_t end) const {
    return {reinterpret_cast<const char*>(this + 1) + begin, end - begin};
  }
  std::uint16_t append(std::uint16_t at, std::string_view text);

  Ptr next_;
  UserAgent agent_;
  std::uint64_t id_;
  ContactVersion version_ = 0;
  std::int64_t expires_ = 0;
  std::int64_t last_modified_ = 0;
  transport::ConnectionId connection_ = transport::ConnectionId::None;
  std::uint32_t cseq_ = 0;
  std::uint32_t flags_ = 0;
  std::uint32_t branch_flags_ = 0;
  std::uint32_t methods_ = kAllMethods;
  std::uint32_t reg_id_ = 0;
  std::uint32_t latency_ = 0;
  // Where each text ends behind this header; they stand one after the other.
  std::uint16_t uri_end_ = 0;
  std::uint16_t received_end_ = 0;
  std::uint16_t path_end_ = 0;
  std::uint16_t call_id_end_ = 0;
  std::uint16_t instance_end_ = 0;
  std::uint16_t attr_end_ = 0;
  std::uint16_t keys_end_ = 0;
  std::uint16_t q_ = kNoQ;
  transport::ListenerId socket_ = transport::ListenerId::None;
  bool unwritten_ = false;  // changed since the database was told
  bool in_database_ = false;
  bool refresh_asked_ = false;
};

}  // namespace carillon::usrloc
