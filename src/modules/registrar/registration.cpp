// SPDX-License-Identifier: Apache-2.0
// See registration.h.
#include "modules/registrar/registration.h"

#include <algorithm>

namespace carillon::registrar {
namespace {

using sip::HeaderId;

// What the columns of the location table hold.
constexpr std::size_t kMaxText = 255;

// What may stand inside quotes or brackets of a header of ours.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\' && c != '<' && c != '>'; });
}

std::optional<Refusal> check(const sip::Contact& contact, std::size_t max_contact) {
  if (contact.address.uri_text.size() > max_contact) return kContactTooLong;
  if (!contact.address.uri()) return kBadContact;
  if (!contact.received.empty() && !sip::Uri::parse(contact.received)) return kBadContact;
  if (contact.received.size() > kMaxText || contact.instance.size() > kMaxText - 2) return kContactTooLong;
  if (!is_plain(contact.instance)) return kBadContact;
  return std::nullopt;
}

std::optional<Refusal> read_contacts(const sip::Message& message, std::size_t max_contact, Registration& registration) {
  std::size_t count = 0;
  for (const sip::ListItem item : message.items(HeaderId::Contact)) {
    if (++count > kMaxContactsInRequest) return kTooManyInRequest;
    const auto contact = sip::Contact::parse(item.value);
    if (!contact) return kBadContact;
    if (contact->star) {
      registration.removes_all = true;
      continue;
    }
    if (const auto refusal = check(*contact, max_contact)) return refusal;
    registration.contacts.push_back(*contact);
  }
  if (!registration.removes_all) return std::nullopt;
  if (count > 1) return kStarAndContacts;
  if (registration.expires != 0U) return kStarWithExpires;
  return std::nullopt;
}

std::optional<Refusal> read_path(const sip::Message& message, Registration& registration) {
  for (const sip::ListItem item : message.items(HeaderId::Path)) {
    const auto hop = sip::NameAddr::parse(item.value);
    if (!hop || !hop->in_brackets || !hop->uri() || !hop->uri()->is_sip()) return kBadPath;
    // Requests are sent by way of the first one, which must be a loose router (RFC 3327 section 4).
    if (registration.path.empty() && !hop->uri()->params.contains("lr")) return kBadPath;
    if (item.value.find_first_of("\r\n") != std::string_view::npos) return kBadPath;
    if (!registration.path.empty()) registration.path += ',';
    registration.path += item.value;
    if (registration.path.size() > kMaxText) return kBadPath;
  }
  return std::nullopt;
}

}  // namespace

std::expected<Registration, Refusal> read_registration(const sip::Message& message, std::size_t max_contact,
                                                       PathMode path) {
  Registration registration;
  registration.call_id = message.call_id();
  registration.cseq = message.cseq().number;
  registration.expires = message.expires();
  registration.user_agent = message.value(HeaderId::UserAgent).substr(0, kMaxText);
  registration.supports_gruu = message.has_token(HeaderId::Supported, "gruu");
  registration.supports_path = message.has_token(HeaderId::Supported, "path");
  if (registration.call_id.size() > kMaxText) return std::unexpected(kCallIdTooLong);
  if (const auto refusal = read_contacts(message, max_contact, registration)) return std::unexpected(*refusal);
  if (path == PathMode::Ignore) return registration;
  if (const auto refusal = read_path(message, registration)) return std::unexpected(*refusal);
  return registration;
}

}  // namespace carillon::registrar
