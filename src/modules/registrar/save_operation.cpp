// SPDX-License-Identifier: Apache-2.0
// See save_operation.h.
#include "modules/registrar/save_operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>

#include "base/random.h"
#include "routing/proxy.h"
#include "sip/grammar.h"

namespace carillon::registrar {

using sip::HeaderId;
using usrloc::Bindings;
using usrloc::ContactFields;
using usrloc::ContactKey;

namespace {

// Longer than any registration is meant to last, and short enough for what a database counts seconds in.
constexpr std::uint32_t kLongestExpires = 10U * 365 * 86400;

// RFC 3261 section 19.1.1: the form a URI takes in a Contact header.
std::string source_uri(const transport::Flow& flow) {
  std::string uri = fmt::format("sip:{}:{}", flow.remote.address.to_uri_host(), flow.remote.port);
  if (flow.protocol != transport::Protocol::Udp) uri += fmt::format(";transport={}", transport::name(flow.protocol));
  return uri;
}

std::string_view avp_text(RouteContext& context, const std::string& name) {
  if (name.empty()) return {};
  const script::Value value = context.avps().get(script::AvpName(name));
  return value.has_text() ? value.as_text() : std::string_view{};
}

void append_contact(std::string& to, const usrloc::Contact& contact, std::int64_t now,
                    std::string_view received_param) {
  auto out = std::back_inserter(to);
  const std::int64_t left = contact.expires() == usrloc::kPermanent ? kLongestExpires : contact.expires() - now;
  fmt::format_to(out, "<{}>", contact.uri());
  if (contact.q()) fmt::format_to(out, ";q={}", sip::format_qvalue(*contact.q()));
  fmt::format_to(out, ";expires={}", left);
  if (!contact.received().empty()) fmt::format_to(out, ";{}=\"{}\"", received_param, contact.received());
  if (!contact.instance().empty()) fmt::format_to(out, ";+sip.instance=\"<{}>\"", contact.instance());
  if (contact.reg_id() != 0) fmt::format_to(out, ";reg-id={}", contact.reg_id());
}

}  // namespace

SaveOperation::SaveOperation(const Registrar& registrar, RouteContext& context, const Origin& origin,
                             const SaveFlags& flags, const Registration& registration)
    : registrar_(registrar),
      origin_(origin),
      flags_(flags),
      registration_(registration),
      min_expires_(flags.min_expires.value_or(registrar.min_expires)),
      max_expires_(flags.max_expires.value_or(registrar.max_expires)),
      max_contacts_(flags.max_contacts.value_or(registrar.max_contacts)),
      attr_(avp_text(context, registrar.attr_avp_)),
      methods_(usrloc::kAllMethods),
      branch_flags_(origin.branch_flags),
      socket_(origin.flow().listener) {
  if (max_contacts_ == 0) max_contacts_ = registrar.max_bindings;
  if (origin.request().has(HeaderId::Allow)) {
    methods_ = 0;
    for (const sip::Header allow : origin.request().headers(HeaderId::Allow))
      methods_ |= usrloc::method_bits(allow.value);
  }
  if (flags.socket_header && !registrar.sock_hdr_name.empty()) {
    if (const auto header = origin.request().find(registrar.sock_hdr_name)) {
      if (const auto* listener = context.proxy().transport().find_listener(header->value)) socket_ = listener->id;
    }
  }
  note_source(context);
}

// A proxy that speaks two protocols or networks names itself twice; what it saw is in its second entry.
std::string SaveOperation::received_by_path() const {
  for (const std::string_view entry : sip::CommaList(registration_.path)) {
    const auto hop = sip::NameAddr::parse(entry);
    const auto uri = hop ? hop->uri() : base::fail("no hop");
    if (!uri) return {};
    if (const auto received = uri->param("received")) {
      std::string source = sip::unescape(*received);
      if (source.find(':') == std::string::npos || !sip::Uri::parse(source)) source.insert(0, "sip:");
      return sip::Uri::parse(source) ? source : std::string{};
    }
    if (!uri->param("r2")) return {};
  }
  return {};
}

// What the first Path hop saw goes before what a Contact says itself, that before received_avp, and that before what we
// see.
void SaveOperation::note_source(RouteContext& context) {
  const std::uint32_t nat = registrar_.locations_->nat_branch_flag();
  if (flags_.path_received && !registration_.path.empty()) path_received_ = received_by_path();
  if (!path_received_.empty()) branch_flags_ |= nat;
  received_ = avp_text(context, registrar_.received_avp_);
  if (received_.empty() && (branch_flags_ & nat) != 0) received_ = source_uri(origin_.flow());
  if (!received_.empty() && !sip::Uri::parse(received_)) received_.clear();
}

std::optional<Refusal> SaveOperation::check() {
  constexpr std::size_t kMaxText = 255;
  if (std::max(received_.size(), path_received_.size()) > kMaxText || attr_.size() > kMaxText) return kContactTooLong;
  if (flags_.path == PathMode::Strict && !registration_.path.empty() && !registration_.supports_path) {
    headers_ = fmt::format("Unsupported: path\r\nPath: {}\r\n", registration_.path);
    return kPathUnsupported;
  }
  if (!registrar_.reject_short_expires) return std::nullopt;
  // What asks for an hour or more is never refused (RFC 3261 section 10.3 step 7).
  const std::uint32_t shortest = std::min(min_expires_, 3600U);
  const bool brief = std::ranges::any_of(registration_.contacts, [this, shortest](const sip::Contact& contact) {
    const std::uint32_t asked = asked_seconds(contact);
    return asked != 0 && asked < shortest;
  });
  if (!brief) return std::nullopt;
  headers_ = fmt::format("Min-Expires: {}\r\n", min_expires_);
  return kTooBrief;
}

std::optional<Refusal> SaveOperation::apply(Bindings& bindings) {
  // What is over counts no more, although its timer hasn't fired yet.
  bindings.erase_if([&](const usrloc::Contact& contact) { return !contact.is_valid_at(bindings.now()); });
  std::optional<Refusal> refusal;
  if (registration_.removes_all) {
    refusal = remove_all(bindings);
  } else if (!registration_.contacts.empty()) {
    refusal = check_order(bindings);
    if (!refusal) refusal = make_room(bindings);
    if (!refusal) {
      for (const sip::Contact& contact : registration_.contacts) change(bindings, contact);
    }
  }
  if (!refusal) write_contacts(bindings);
  return refusal;
}

std::optional<Refusal> SaveOperation::remove_all(Bindings& bindings) const {
  for (const usrloc::Contact& contact : bindings.record()) {
    if (freshness_of(contact, bindings.now()) != Freshness::Fresh) return kOutOfOrder;
  }
  bindings.erase_if([](const usrloc::Contact&) { return true; });
  return std::nullopt;
}

std::optional<Refusal> SaveOperation::check_order(const Bindings& bindings) const {
  for (const sip::Contact& contact : registration_.contacts) {
    const usrloc::Contact* binding = bindings.record().find(key_of(contact));
    if (binding != nullptr && freshness_of(*binding, bindings.now()) == Freshness::OutOfOrder) return kOutOfOrder;
  }
  return std::nullopt;
}

SaveOperation::Freshness SaveOperation::freshness_of(const usrloc::Contact& binding, std::int64_t now) const {
  if (binding.call_id() != registration_.call_id || registration_.cseq > binding.cseq()) return Freshness::Fresh;
  if (registration_.cseq < binding.cseq()) return Freshness::OutOfOrder;
  if (registrar_.allow_dup_cseq) return Freshness::Fresh;
  return binding.last_modified() + registrar_.locations_->cseq_delay() > now ? Freshness::Retransmission
                                                                             : Freshness::OutOfOrder;
}

bool SaveOperation::is_mentioned(const usrloc::Contact& binding) const {
  const auto alone = [&binding](const sip::Contact& contact) {
    return contact.address.uri_text == binding.uri() ||
           (contact.reg_id && contact.reg_id == binding.reg_id() && contact.instance == binding.instance());
  };
  return std::ranges::any_of(registration_.contacts, alone);
}

// Whether an earlier Contact of the request means the same binding.
bool SaveOperation::is_repeated(std::size_t index) const {
  const sip::Contact& contact = registration_.contacts[index];
  return std::ranges::any_of(std::span(registration_.contacts).first(index), [&contact](const sip::Contact& earlier) {
    return earlier.address.uri_text == contact.address.uri_text ||
           (contact.reg_id && contact.reg_id == earlier.reg_id && contact.instance == earlier.instance);
  });
}

// As many bindings as there may be; with force-registration the oldest give way.
std::optional<Refusal> SaveOperation::make_room(Bindings& bindings) const {
  const auto before = static_cast<std::ptrdiff_t>(bindings.record().valid_at(bindings.now()));
  std::ptrdiff_t after = before;
  for (std::size_t i = 0; i < registration_.contacts.size(); ++i) {
    const sip::Contact& contact = registration_.contacts[i];
    if (is_repeated(i)) continue;
    const bool known = bindings.record().find(key_of(contact)) != nullptr;
    const bool stays = asked_seconds(contact) != 0;
    if (stays && !known) ++after;
    if (!stays && known) --after;
  }
  const auto excess = after - static_cast<std::ptrdiff_t>(max_contacts_);
  if (excess <= 0 || after <= before) return std::nullopt;
  const auto others = std::ranges::count_if(bindings.record(),
                                            [this](const usrloc::Contact& binding) { return !is_mentioned(binding); });
  if (!flags_.force_registration || others < excess) return kTooManyContacts;
  for (std::ptrdiff_t i = 0; i < excess; ++i) erase_oldest(bindings);
  return std::nullopt;
}

void SaveOperation::erase_oldest(Bindings& bindings) const {
  const usrloc::Contact* oldest = nullptr;
  for (const usrloc::Contact& binding : bindings.record()) {
    if (is_mentioned(binding)) continue;
    if (oldest == nullptr || binding.last_modified() < oldest->last_modified()) oldest = &binding;
  }
  if (oldest != nullptr) bindings.erase(*oldest);
}

void SaveOperation::change(Bindings& bindings, const sip::Contact& contact) {
  const usrloc::Contact* binding = bindings.record().find(key_of(contact));
  if (binding != nullptr && freshness_of(*binding, bindings.now()) == Freshness::Retransmission) return;
  if (asked_seconds(contact) == 0) {
    if (binding != nullptr) bindings.erase(*binding);
    return;
  }
  const ContactFields fields = fields_of(contact, bindings.now());
  latest_expiry_ = std::max(latest_expiry_, fields.expires);
  if (binding == nullptr) {
    bindings.insert(fields);
  } else {
    bindings.update(*binding, fields);
  }
}

void SaveOperation::write_contacts(const Bindings& bindings) {
  const std::size_t begin = headers_.size();
  for (const usrloc::Contact& contact : bindings.record()) {
    if (!contact.is_valid_at(bindings.now())) continue;
    if (flags_.only_request_contacts && !is_mentioned(contact)) continue;
    headers_ += headers_.size() == begin ? "Contact: " : ", ";
    append_contact(headers_, contact, bindings.now(), registrar_.received_param);
  }
  if (headers_.size() != begin) headers_ += "\r\n";
}

std::uint32_t SaveOperation::asked_seconds(const sip::Contact& contact) const {
  return contact.expires.value_or(registration_.expires.value_or(registrar_.default_expires));
}

std::uint32_t SaveOperation::granted_seconds(const sip::Contact& contact) const {
  const std::uint32_t longest = max_expires_ == 0 ? kLongestExpires : std::min(max_expires_, kLongestExpires);
  std::uint32_t seconds = std::min(std::max(asked_seconds(contact), min_expires_), longest);
  // Drawn from what the limits leave of the range, so that lifetimes don't pile up at a limit.
  if (const std::int64_t deviation = registrar_.expires_max_deviation; deviation != 0) {
    const auto least = std::max<std::int64_t>({min_expires_, 1, seconds - deviation});
    const auto most = std::min<std::int64_t>(longest, seconds + deviation);
    if (least < most) {
      const auto choices = static_cast<std::uint64_t>(most - least) + 1;
      seconds = static_cast<std::uint32_t>(least + static_cast<std::int64_t>(base::random_u64() % choices));
    }
  }
  return seconds;
}

ContactKey SaveOperation::key_of(const sip::Contact& contact) const {
  return {.uri = contact.address.uri_text,
          .call_id = registration_.call_id,
          .instance = contact.instance,
          .reg_id = contact.reg_id.value_or(0),
          .matching = flags_.matching.value_or(registrar_.locations_->matching()),
          .parameter = flags_.matching_parameter};
}

ContactFields SaveOperation::fields_of(const sip::Contact& contact, std::int64_t now) const {
  std::optional<std::uint16_t> q = contact.q;
  if (!q && registrar_.default_q >= 0) q = static_cast<std::uint16_t>(std::min(registrar_.default_q, 1000));
  std::string_view received = path_received_;
  if (received.empty()) received = contact.received.empty() ? received_ : contact.received;
  return {.uri = contact.address.uri_text,
          .received = received,
          .path = registration_.path,
          .call_id = registration_.call_id,
          .instance = contact.instance,
          .attr = attr_,
          .user_agent = registration_.user_agent,
          .expires = now + granted_seconds(contact),
          .last_modified = now,
          .cseq = registration_.cseq,
          .flags = flags_.memory_only ? usrloc::kMemoryOnly : 0,
          .branch_flags = branch_flags_,
          .methods = contact.methods.empty() ? methods_ : usrloc::method_bits(contact.methods),
          .reg_id = contact.reg_id.value_or(0),
          .q = q,
          .socket = socket_,
          .connection = origin_.flow().connection};
}

}  // namespace carillon::registrar
