// SPDX-License-Identifier: Apache-2.0
// The management commands of usrloc; names and shapes of what they answer are OpenSIPS's.
#include <fmt/format.h>

#include <algorithm>

#include "base/random.h"
#include "base/strings.h"
#include "modules/usrloc/usrloc.h"
#include "routing/flag_names.h"
#include "shard/context.h"
#include "shard/suspension.h"
#include "sip/contact.h"
#include "sip/uri.h"
#include "transport/transport_layer.h"

namespace carillon::usrloc {
namespace {

using management::Json;
using management::Parameters;
using routing::FlagSpace;

constexpr int kBadRequest = 400;
constexpr int kNotFound = 404;
constexpr int kServerError = 500;
constexpr int kUnavailable = 503;

// Bits, as OpenSIPS takes them, or names.
std::uint32_t branch_flags_of(std::string_view text, routing::FlagNames& names) {
  const auto bits = base::parse_number<std::uint32_t>(text);
  return bits ? *bits : names.parse(FlagSpace::Branch, text);
}

Json expires_of(const Contact& contact, std::int64_t now) {
  if (contact.expires() == kPermanent) return "permanent";
  if (contact.expires() <= now) return "expired";
  return contact.expires() - now;
}

}  // namespace

Json Usrloc::describe(const Contact& contact, std::int64_t now) const {
  Json object = Json::object();
  const auto add_text = [&object](std::string name, std::string_view text) {
    if (!text.empty()) object.add(std::move(name), text);
  };
  object.add("Contact", contact.uri());
  object.add("ContactID", std::to_string(contact.id()));
  object.add("Expires", expires_of(contact, now));
  object.add("Q", contact.q() ? sip::format_qvalue(*contact.q()) : std::string());
  object.add("Callid", contact.call_id());
  object.add("Cseq", contact.cseq());
  add_text("User-agent", contact.user_agent());
  add_text("Received", contact.received());
  add_text("Path", contact.path());
  object.add("State", contact.state());
  object.add("Flags", contact.flags());
  object.add("Cflags", services_->flag_names.names(FlagSpace::Branch, contact.branch_flags()));
  const auto listeners = services_->transport.listeners();
  const auto socket = static_cast<std::size_t>(contact.socket());
  if (socket < listeners.size()) object.add("Socket", listeners[socket].name);
  object.add("Methods", contact.methods());
  if (!contact.instance().empty()) object.add("SIP_instance", fmt::format("<{}>", contact.instance()));
  if (contact.reg_id() != 0) object.add("Reg-id", contact.reg_id());
  add_text("Attr", contact.attr());
  return object;
}

Json Usrloc::describe(std::string_view aor, const AorRecord& record, bool brief) const {
  const std::int64_t now = services_->clock.unix_seconds();
  Json object = Json::object();
  object.add("AOR", aor);
  if (brief) return object;
  Json& contacts = object.add("Contacts", Json::array());
  for (const Contact& contact : record) contacts.push_back(describe(contact, now));
  if (mi_dump_kv_store && record.keys() != nullptr) object.add("KV-Store", keys_text(*record.keys()));
  return object;
}

base::Result<LocationTable*> Usrloc::named_table(const Parameters& parameters) const {
  const auto name = parameters.text("table_name");
  if (!name) return std::unexpected(name.error());
  Domain* domain = find(*name);
  if (domain == nullptr) return base::fail("Table not found", kNotFound);
  return &domain->table;
}

base::Result<std::string> Usrloc::named_aor(const Parameters& parameters) const {
  const auto text = parameters.text("aor");
  if (!text) return std::unexpected(text.error());
  std::string aor = aor_of(*text);
  if (aor.empty() || (use_domain_ && aor.find('@') == std::string::npos)) {
    return base::fail("Domain missing in AOR", kBadRequest);
  }
  return aor;
}

Usrloc::Reply Usrloc::show_contact(Parameters parameters) {
  const auto table = named_table(parameters);
  if (!table) co_return std::unexpected(table.error());
  const auto aor = named_aor(parameters);
  if (!aor) co_return std::unexpected(aor.error());
  Json result;
  const auto found = co_await read(**table, *shard::context.shard, *aor,
                                   [&](const AorRecord& record) { result = describe(*aor, record, false); });
  if (!found) co_return base::fail(found.error().message, kServerError);
  if (!*found) co_return base::fail("AOR not found", kNotFound);
  co_return result;
}

Usrloc::Reply Usrloc::rm(Parameters parameters) {
  const auto table = named_table(parameters);
  if (!table) co_return std::unexpected(table.error());
  const auto aor = named_aor(parameters);
  if (!aor) co_return std::unexpected(aor.error());
  // That it isn't there any more is all that is asked for.
  const auto removed = co_await change(**table, *shard::context.shard, *aor, [](Bindings& bindings) {
    bindings.erase_if([](const Contact&) { return true; });
  });
  if (!removed) co_return base::fail(removed.error().message, kServerError);
  co_return Json("OK");
}

Usrloc::Reply Usrloc::rm_contact(Parameters parameters) {
  const auto table = named_table(parameters);
  if (!table) co_return std::unexpected(table.error());
  const auto aor = named_aor(parameters);
  const auto uri = parameters.text("contact");
  if (!aor || !uri) co_return std::unexpected(!aor ? aor.error() : uri.error());
  bool known = false;
  bool removed = false;
  const auto changed = co_await change(**table, *shard::context.shard, *aor, [&](Bindings& bindings) {
    known = !bindings.record().empty();
    // Whatever matching_mode says: a command knows no Call-ID.
    const Contact* contact = bindings.record().find({.uri = *uri});
    if (contact == nullptr) return;
    bindings.erase(*contact);
    removed = true;
  });
  if (!changed) co_return base::fail(changed.error().message, kServerError);
  if (!known) co_return base::fail("AOR not found", kNotFound);
  if (!removed) co_return base::fail("Contact not found", kNotFound);
  co_return Json("OK");
}

Usrloc::Reply Usrloc::flush(Parameters /*parameters*/) {
  shard::Shard& shard = *shard::context.shard;
  bool written = true;
  for (Domain* domain : domains()) {
    if (domain->write_back != nullptr) written = co_await domain->write_back->commit(shard) && written;
  }
  if (!written) co_return base::fail("Failed to write to the database", kServerError);
  co_return Json("OK");
}

Usrloc::Reply Usrloc::add(Parameters parameters) {
  const auto table = named_table(parameters);
  if (!table) co_return std::unexpected(table.error());
  const auto aor = named_aor(parameters);
  if (!aor) co_return std::unexpected(aor.error());
  auto added = co_await add_contact(**table, *aor, parameters);
  if (!added) co_return std::unexpected(std::move(added.error()));
  co_return Json("OK");
}

base::Task<base::Result<>> Usrloc::add_contact(LocationTable& table, const std::string& aor,
                                               const Parameters& parameters) {
  const auto uri = parameters.text("contact");
  const auto expires = parameters.integer("expires");
  const auto q = parameters.text("q");
  const auto flags = parameters.integer("flags");
  const auto branch_flags = parameters.text("cflags");
  const auto methods = parameters.integer("methods");
  for (const auto* text : {&uri, &q, &branch_flags}) {
    if (!*text) co_return std::unexpected(text->error());
  }
  for (const auto* number : {&expires, &flags, &methods}) {
    if (!*number) co_return std::unexpected(number->error());
    const std::int64_t least = number == &methods ? -1 : 0;  // -1: all of them
    if (**number < least || **number > std::numeric_limits<std::uint32_t>::max()) {
      co_return base::fail("Bad parameter value", kBadRequest);
    }
  }
  const auto preference = sip::parse_qvalue(*q);
  if (!preference || !sip::Uri::parse(*uri)) co_return base::fail("Bad parameter value", kBadRequest);
  const std::int64_t now = services_->clock.unix_seconds();
  const std::string call_id = base::random_token(16) + "@management";
  ContactFields fields = {.uri = *uri,
                          .call_id = call_id,
                          .user_agent = "Carillon management",
                          .expires = *expires == 0 ? kPermanent : now + *expires,
                          .last_modified = now,
                          .cseq = next_cseq_.fetch_add(1),
                          .flags = static_cast<std::uint32_t>(*flags),
                          .branch_flags = branch_flags_of(*branch_flags, services_->flag_names),
                          .methods = *methods == 0 ? kAllMethods : static_cast<std::uint32_t>(*methods),
                          .q = preference};
  if (!fields.storable()) co_return base::fail("Contact too long", kBadRequest);
  bool full = false;
  auto changed = co_await change(table, *shard::context.shard, aor, [&](Bindings& bindings) {
    if (const Contact* known = bindings.record().find({.uri = *uri})) {
      bindings.update(*known, fields);
    } else if (bindings.has_room_for(1)) {
      bindings.insert(fields);
    } else {
      full = true;
    }
  });
  if (full) co_return base::fail("max_bindings is reached", kUnavailable);
  if (!changed) co_return base::fail(changed.error().message, kServerError);
  co_return base::Result<>();
}

}  // namespace carillon::usrloc
