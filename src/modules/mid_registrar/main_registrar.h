// SPDX-License-Identifier: Apache-2.0
// What the main registrar is told of a contact or an AoR, and what we remember of it: the Contact URIs that lead to us,
// and where to take them back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/contact.h"
#include "sip/uri.h"
#include "transport/listener.h"

namespace carillon::mid_registrar {

// Kept with a contact (as a member of its keys), so that it outlives a restart.
struct RemoteBinding {
  std::int64_t until = 0;   // Unix seconds: when it ends at the main registrar
  std::string contact;      // the URI it is registered by there
  std::string request_uri;  // of the REGISTER, as it was sent
  std::string next_hop;     // where it went; empty: to the Request-URI
  std::string from;         // URIs
  std::string to;

  [[nodiscard]] std::string text() const;
  // Nothing when `keys` hold none.
  [[nodiscard]] static std::optional<RemoteBinding> read(std::string_view keys);
};

// Where a contact's number stands in the URIs that the main registrar is given.
enum class IdPlace : std::uint8_t { Parameter, Username };

struct ContactForm {
  IdPlace place = IdPlace::Parameter;
  std::string parameter = "ctid";
  std::string at_sign = "%40";  // between user and domain of an AoR that is a username
};

// "host:port" of ours, with the transport parameter it needs.
struct OwnAddress {
  std::string host_port;
  std::string transport;  // ";transport=tcp"; empty for UDP
};

// The URI for one contact: its own with our address, and its number.
[[nodiscard]] std::string contact_uri(const sip::Uri& uri, const OwnAddress& own, std::uint64_t id,
                                      const ContactForm& form, std::string_view more_params);
// The URI for a whole AoR.
[[nodiscard]] std::string aor_uri(std::string_view aor, const OwnAddress& own, const ContactForm& form,
                                  std::string_view more_params);
// The number in a URI that contact_uri() has made.
[[nodiscard]] std::optional<std::uint64_t> id_in(const sip::Uri& uri, const ContactForm& form);
// The AoR in a URI that aor_uri() has made, as "user@domain" or a user.
[[nodiscard]] std::string aor_in(const sip::Uri& uri, const ContactForm& form);

// A Contact value with another URI, and another lifetime if one is given.
[[nodiscard]] std::string contact_value(const sip::Contact& contact, std::string_view uri,
                                        std::optional<std::uint32_t> expires);

}  // namespace carillon::mid_registrar
