// SPDX-License-Identifier: Apache-2.0
// See location_row.h.
#include "modules/usrloc/location_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/strings.h"
#include "management/json.h"
#include "routing/flag_names.h"
#include "transport/transport_layer.h"

namespace carillon::usrloc {
namespace {

using routing::FlagSpace;
using storage::Null;
using storage::Value;

constexpr storage::Column counted(storage::Column column) {
  column.auto_increment = true;
  return column;
}

constexpr auto kColumns = std::to_array<storage::Column>({
    counted(storage::big_integer("contact_id").no_sign()),
    storage::character("username", 64).or_default(""),
    storage::character("domain", 64).null(),
    storage::text("contact"),
    storage::character("received", 255).null(),
    storage::character("path", 255).null(),
    storage::integer("expires"),
    storage::floating("q", 10, 2).or_default("1.0"),
    storage::character("callid", 255).or_default("Default-Call-ID"),
    storage::integer("cseq").or_default("13"),
    storage::date_time("last_modified").or_default("1900-01-01 00:00:01"),
    storage::integer("flags").or_default("0"),
    storage::character("cflags", 255).null(),
    storage::character("user_agent", 255).or_default(""),
    storage::character("socket", 64).null(),
    storage::integer("methods").null(),
    storage::character("sip_instance", 255).null(),
    storage::text("kv_store", 512).null(),
    storage::character("attr", 255).null(),
});

// Positions in a row, as names() gives them.
enum Cell : std::size_t {
  kContactId,
  kUsername,
  kDomain,
  kContact,
  kReceived,
  kPath,
  kExpires,
  kQ,
  kCallId,
  kCSeq,
  kLastModified,
  kFlags,
  kCFlags,
  kUserAgent,
  kSocket,
  kMethods,
  kSipInstance,
  kAttr,
  kKvStore,
};

Value text_or_null(std::string_view text) { return text.empty() ? Value(Null{}) : Value(std::string(text)); }

constexpr std::string_view kRegId = ";reg-id=";

// "<urn:uuid:...>", and the reg-id behind it, for which OpenSIPS has no column.
std::string instance_text(const Contact& contact) {
  if (contact.instance().empty()) return {};
  std::string text = fmt::format("<{}>", contact.instance());
  if (contact.reg_id() != 0) text += fmt::format("{}{}", kRegId, contact.reg_id());
  return text;
}

void read_instance(std::string_view text, ContactFields& fields) {
  if (const std::size_t at = text.find(kRegId); at != std::string_view::npos) {
    fields.reg_id = base::parse_number<std::uint32_t>(text.substr(at + kRegId.size())).value_or(0);
    text = text.substr(0, at);
  }
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  if (text.size() >= 2 && text.front() == '<' && text.back() == '>') text = text.substr(1, text.size() - 2);
  fields.instance = text;
}

// A contact's column holds values of the contact, which are none of ours, and among them those of its AoR, as a text.
constexpr std::string_view kKeysOfAor = "_urec_kvs";

std::string keys_column(const KeyValues* keys, std::string_view of_contact) {
  if (keys == nullptr) return std::string(of_contact);
  auto object = management::Json::object();
  if (const auto own = management::Json::parse(of_contact); own && own->if_object() != nullptr) object = *own;
  object.add(std::string(kKeysOfAor), keys_text(*keys));
  return object.text();
}

KeyValues read_keys(std::string_view text) {
  KeyValues keys;
  const auto json = management::Json::parse(text);
  if (!json || json->if_object() == nullptr) return keys;
  for (const auto& [name, value] : *json->if_object()) {
    if (const std::string* one = value.if_string()) keys.emplace_back(name, *one);
    if (const std::int64_t* number = value.if_integer()) keys.emplace_back(name, std::to_string(*number));
  }
  return keys;
}

struct KeysColumn {
  KeyValues of_aor;
  std::string of_contact;
};

KeysColumn read_keys_column(std::string_view text) {
  KeysColumn keys;
  const auto json = management::Json::parse(text);
  if (!json || json->if_object() == nullptr) return keys;
  auto own = management::Json::object();
  bool any = false;
  for (const auto& [name, value] : *json->if_object()) {
    if (name != kKeysOfAor) {
      own.add(name, value);
      any = true;
    } else if (value.if_string() != nullptr) {
      keys.of_aor = read_keys(*value.if_string());
    }
  }
  if (any) keys.of_contact = own.text();
  return keys;
}

std::optional<std::uint16_t> read_q(double q) {
  if (!(q >= 0.0) || q > 1.0) return std::nullopt;
  return static_cast<std::uint16_t>(std::lround(q * 1000.0));
}

// What goes into headers must not be able to end one, whoever wrote it into the table.
bool fits_header(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}
bool fits_brackets(std::string_view text) {
  return fits_header(text) && text.find_first_of(" <>\"") == std::string_view::npos;
}

template <typename T>
T clamped(std::int64_t value) {
  return static_cast<T>(std::clamp<std::int64_t>(value, 0, std::numeric_limits<T>::max()));
}

constexpr std::array<std::uint32_t, 1> kOlderVersions = {1012};

}  // namespace

constinit const storage::TableSpec kLocationTable = {.name = "location",
                                                     .version = 1013,
                                                     .group = "usrloc",
                                                     .columns = kColumns,
                                                     .keys = {},
                                                     .older_versions = kOlderVersions};

std::string keys_text(const KeyValues& keys) {
  auto object = management::Json::object();
  for (const auto& [key, value] : keys) object.add(key, value);
  return object.text();
}

ContactFields LocatedContact::fields() const {
  ContactFields fields = fields_;
  fields.uri = uri_;
  fields.received = received_;
  fields.path = path_;
  fields.call_id = call_id_;
  fields.instance = instance_;
  fields.attr = attr_;
  fields.keys = keys_;
  fields.user_agent = user_agent_;
  return fields;
}

std::vector<std::string> LocationRow::names() const {
  const Columns& c = columns_;
  std::vector<std::string> all = {c.contact_id, c.username,   c.domain, c.contact, c.received,      c.path,
                                  c.expires,    c.q,          c.callid, c.cseq,    c.last_modified, c.flags,
                                  c.cflags,     c.user_agent, c.socket, c.methods, c.sip_instance,  c.attr};
  if (with_keys_) all.push_back(c.kv_store);
  return all;
}

std::vector<storage::Condition> LocationRow::where(std::string_view aor) const {
  const std::size_t at = use_domain_ ? aor.rfind('@') : std::string_view::npos;
  std::vector<storage::Condition> conditions = {{.column = columns_.username, .value = std::string(aor.substr(0, at))}};
  if (use_domain_) {
    const auto domain = at == std::string_view::npos ? std::string_view{} : aor.substr(at + 1);
    conditions.push_back({.column = columns_.domain, .value = text_or_null(domain)});
  }
  return conditions;
}

void LocationRow::write(std::string_view aor, const AorRecord& record, const Contact& contact,
                        std::vector<Value>& values) const {
  const std::size_t at = use_domain_ ? aor.rfind('@') : std::string_view::npos;
  const std::string_view domain = at == std::string_view::npos ? std::string_view{} : aor.substr(at + 1);
  const auto listeners = transport_.listeners();
  const auto socket = static_cast<std::size_t>(contact.socket());
  values.emplace_back(static_cast<std::int64_t>(contact.id()));
  values.emplace_back(std::string(aor.substr(0, at)));
  values.push_back(text_or_null(domain));
  values.emplace_back(std::string(contact.uri()));
  values.push_back(text_or_null(contact.received()));
  values.push_back(text_or_null(contact.path()));
  values.emplace_back(contact.expires());
  values.emplace_back(contact.q() ? *contact.q() / 1000.0 : -1.0);
  values.emplace_back(std::string(contact.call_id()));
  values.emplace_back(static_cast<std::int64_t>(contact.cseq()));
  values.emplace_back(storage::DateTime{contact.last_modified()});
  values.emplace_back(static_cast<std::int64_t>(contact.flags()));
  values.push_back(text_or_null(flag_names_.names(FlagSpace::Branch, contact.branch_flags())));
  values.emplace_back(std::string(contact.user_agent()));
  values.push_back(socket < listeners.size() ? Value(listeners[socket].name) : Value(Null{}));
  values.push_back(contact.methods() == kAllMethods ? Value(Null{})
                                                    : Value(static_cast<std::int64_t>(contact.methods())));
  values.push_back(text_or_null(instance_text(contact)));
  values.push_back(text_or_null(contact.attr()));
  if (with_keys_) values.push_back(text_or_null(keys_column(record.keys(), contact.keys())));
}

std::optional<LocatedContact> LocationRow::read(const storage::Row& row) const {
  LocatedContact contact;
  contact.aor_ = row.text(kUsername);
  if (use_domain_) contact.aor_.append("@").append(row.text(kDomain));
  contact.uri_ = row.text(kContact);
  contact.received_ = row.text(kReceived);
  contact.path_ = row.text(kPath);
  contact.call_id_ = row.text(kCallId);
  contact.attr_ = row.text(kAttr);
  contact.user_agent_ = row.text(kUserAgent);
  const std::int64_t id = row.integer(kContactId);
  ContactFields& fields = contact.fields_;
  fields = {.expires = row.integer(kExpires),
            .last_modified = row.unix_seconds(kLastModified),
            .cseq = clamped<std::uint32_t>(row.integer(kCSeq)),
            .flags = clamped<std::uint32_t>(row.integer(kFlags)) & ~kMemoryOnly,
            .branch_flags = flag_names_.parse(FlagSpace::Branch, row.text(kCFlags)),
            // OpenSIPS writes all methods as -1 where the column has a sign.
            .methods = row.is_null(kMethods) ? kAllMethods : static_cast<std::uint32_t>(row.integer(kMethods)),
            .q = read_q(row.real(kQ))};
  const std::string instance(row.text(kSipInstance));
  read_instance(instance, fields);
  contact.instance_ = fields.instance;
  if (with_keys_ && !row.text(kKvStore).empty()) {
    KeysColumn keys = read_keys_column(row.text(kKvStore));
    contact.aor_keys_ = std::move(keys.of_aor);
    contact.keys_ = std::move(keys.of_contact);
  }
  if (const transport::Listener* listener = transport_.find_listener(row.text(kSocket))) fields.socket = listener->id;
  if (contact.uri_.empty() || row.text(kUsername).empty() || id <= 0 || !contact.fields().storable()) {
    return std::nullopt;
  }
  if (!fits_brackets(contact.uri_) || !fits_brackets(contact.received_) || !fits_brackets(contact.instance_) ||
      !fits_header(contact.path_)) {
    return std::nullopt;
  }
  contact.id_ = static_cast<std::uint64_t>(id);
  return contact;
}

}  // namespace carillon::usrloc
