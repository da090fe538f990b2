// SPDX-License-Identifier: Apache-2.0
// See shared_entry.h.
#include "modules/usrloc/shared_entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/strings.h"
#include "management/json.h"
#include "routing/flag_names.h"
#include "transport/transport_layer.h"

namespace carillon::usrloc {
namespace {

using management::Json;
using routing::FlagSpace;

constexpr std::size_t kMaxEntries = 10'000;  // of one change

// The next "length:text".
std::optional<std::string_view> take_text(std::string_view& bytes) {
  const std::size_t colon = bytes.find(':');
  if (colon == std::string_view::npos || colon > 10) return std::nullopt;
  const auto size = base::parse_number<std::uint32_t>(bytes.substr(0, colon));
  if (!size || *size > bytes.size() - colon - 1) return std::nullopt;
  const std::string_view text = bytes.substr(colon + 1, *size);
  bytes.remove_prefix(colon + 1 + *size);
  return text;
}

template <typename T>
std::optional<T> take_number(std::string_view& bytes) {
  const auto text = take_text(bytes);
  return text ? base::parse_number<T>(*text) : std::nullopt;
}

// What goes into headers must not be able to end one, whoever wrote it into the store.
bool fits_header(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}
bool fits_brackets(std::string_view text) {
  return fits_header(text) && text.find_first_of(" <>\"") == std::string_view::npos;
}

std::string text_of(const Json& json, std::string_view name) {
  const Json* value = json.find(name);
  const std::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : *text;
}

template <typename T>
T number_of(const Json& json, std::string_view name, T otherwise) {
  const Json* value = json.find(name);
  const std::int64_t* number = value == nullptr ? nullptr : value->if_integer();
  if (number == nullptr) return otherwise;
  return static_cast<T>(
      std::clamp<std::int64_t>(*number, 0,
                               static_cast<std::int64_t>(std::min<std::uint64_t>(
                                   std::numeric_limits<T>::max(), std::numeric_limits<std::int64_t>::max()))));
}

}  // namespace

std::string SharedEntry::value() const { return fmt::format("{} {} {}", version_text(version), expires, document); }

std::optional<SharedEntry> SharedEntry::read(std::string_view identity, std::string_view value) {
  const auto version = read_version(base::take_until(value, ' '));
  const auto expires = base::parse_number<std::int64_t>(base::take_until(value, ' '));
  if (!version || *version == 0 || !expires || *expires < 0) return std::nullopt;
  return SharedEntry{
      .identity = std::string(identity), .version = *version, .expires = *expires, .document = std::string(value)};
}

std::string identity_of(const ContactFields& contact, Matching matching) {
  if (!contact.instance.empty() && contact.reg_id != 0) {
    return fmt::format("instance:{};{}", contact.reg_id, contact.instance);
  }
  if (matching == Matching::ContactCallId) return fmt::format("call:{} {}", contact.call_id, contact.uri);
  return std::string(contact.uri);
}

base::Result<SharedChange> SharedChange::parse(std::string_view bytes) {
  const auto bad = [] { return base::fail("not a change of contacts"); };
  SharedChange change;
  const auto bucket = take_number<std::uint32_t>(bytes);
  const auto sequence = take_number<std::uint64_t>(bytes);
  const auto epoch = take_text(bytes);
  const auto server = take_text(bytes);
  const auto aor = take_text(bytes);
  if (!bucket || !sequence || !epoch || !server || !aor || aor->empty()) return bad();
  change.bucket = *bucket;
  change.sequence = *sequence;
  change.epoch = *epoch;
  change.server = *server;
  change.aor = *aor;
  while (!bytes.empty()) {
    const auto identity = take_text(bytes);
    const auto value = take_text(bytes);
    if (!identity || !value || change.entries.size() == kMaxEntries) return bad();
    auto entry = SharedEntry::read(*identity, *value);
    if (!entry) return bad();
    change.entries.push_back(std::move(*entry));
  }
  return change;
}

std::string SharedDocument::write(const Contact& contact) const {
  Json json = Json::object();
  const auto add = [&json](const char* name, std::string_view text) {
    if (!text.empty()) json.add(name, text);
  };
  add("contact", contact.uri());
  add("received", contact.received());
  add("path", contact.path());
  add("callid", contact.call_id());
  add("sip_instance", contact.instance());
  add("attr", contact.attr());
  add("keys", contact.keys());
  add("user_agent", contact.user_agent());
  add("cflags", flag_names_.names(FlagSpace::Branch, contact.branch_flags()));
  const auto listeners = transport_.listeners();
  if (const auto socket = static_cast<std::size_t>(contact.socket()); socket < listeners.size()) {
    add("socket", listeners[socket].name);
  }
  json.add("expires", contact.expires());
  json.add("last_mod", contact.last_modified());
  json.add("cseq", contact.cseq());
  json.add("flags", contact.flags() & ~kMemoryOnly);
  if (contact.methods() != kAllMethods) json.add("methods", contact.methods());
  if (contact.reg_id() != 0) json.add("reg_id", contact.reg_id());
  if (contact.q()) json.add("q", *contact.q());
  return json.text();
}

std::unique_ptr<SharedContact> SharedDocument::read(std::string_view document) const {
  const auto json = Json::parse(document, {.bytes = 1U << 18, .depth = 4, .values = 100});
  if (!json || json->if_object() == nullptr) return nullptr;
  auto contact = std::make_unique<SharedContact>();
  contact->uri_ = text_of(*json, "contact");
  contact->received_ = text_of(*json, "received");
  contact->path_ = text_of(*json, "path");
  contact->call_id_ = text_of(*json, "callid");
  contact->instance_ = text_of(*json, "sip_instance");
  contact->attr_ = text_of(*json, "attr");
  contact->keys_ = text_of(*json, "keys");
  contact->user_agent_ = text_of(*json, "user_agent");
  ContactFields& fields = contact->fields_;
  fields = {.uri = contact->uri_,
            .received = contact->received_,
            .path = contact->path_,
            .call_id = contact->call_id_,
            .instance = contact->instance_,
            .attr = contact->attr_,
            .keys = contact->keys_,
            .user_agent = contact->user_agent_,
            .expires = number_of<std::int64_t>(*json, "expires", kPermanent),
            .last_modified = number_of<std::int64_t>(*json, "last_mod", 0),
            .cseq = number_of<std::uint32_t>(*json, "cseq", 0),
            .flags = number_of<std::uint32_t>(*json, "flags", 0) & ~kMemoryOnly,
            .branch_flags = flag_names_.parse(FlagSpace::Branch, text_of(*json, "cflags")),
            .methods = number_of<std::uint32_t>(*json, "methods", kAllMethods),
            .reg_id = number_of<std::uint32_t>(*json, "reg_id", 0)};
  if (json->find("q") != nullptr) fields.q = std::min<std::uint16_t>(number_of<std::uint16_t>(*json, "q", 0), 1000);
  if (const auto* listener = transport_.find_listener(text_of(*json, "socket"))) fields.socket = listener->id;
  const bool usable = !fields.uri.empty() && fits_brackets(fields.uri) && fits_brackets(fields.received) &&
                      fits_brackets(fields.instance) && fits_header(fields.path) && fields.storable();
  return usable ? std::move(contact) : nullptr;
}

}  // namespace carillon::usrloc
