// SPDX-License-Identifier: Apache-2.0
// See save_operation.h.
#include "modules/registrar/save_operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>

#include "base/random.h"
#include "routing/path.h"
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

SaveOperation::SaveOperation(const Rules& rules, RouteContext& context, const Origin& origin, const SaveFlags& flags,
                             const Registration& registration)
    : rules_(rules),
      origin_(origin),
      flags_(flags),
      registration_(registration),
      min_expires_(flags.min_expires.value_or(rules.min_expires)),
      max_expires_(flags.max_expires.value_or(rules.max_expires)),
      max_contacts_(flags.max_contacts.value_or(rules.max_contacts)),
      attr_(avp_text(context, rules.attr_avp())),
      methods_(usrloc::kAllMethods),
      branch_flags_(origin.branch_flags),
      socket_(origin.flow().listener) {
  if (max_contacts_ == 0) max_contacts_ = rules.max_bindings;
  if (origin.request().has(HeaderId::Allow)) {
    methods_ = 0;
    for (const sip::Header allow : origin.request().headers(HeaderId::Allow))
      methods_ |= usrloc::method_bits(allow.value);
  }
  if (flags.socket_header && !rules.sock_hdr_name.empty()) {
    if (const auto header = origin.request().find(rules.sock_hdr_name)) {
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
    if (auto received = routing::received_by_hop(*uri)) return *std::move(received);
    if (!uri->param("r2")) return {};
  }
  return {};
}

// What the first Path hop saw goes before what a Contact says itself, that before received_avp, and that before what we
// see.
void SaveOperation::note_source(RouteContext& context) {
  const std::uint32_t nat = rules_.locations().nat_branch_flag();
  if (flags_.path_received && !registration_.path.empty()) path_received_ = received_by_path();
  if (!path_received_.empty()) branch_flags_ |= nat;
  received_ = avp_text(context, rules_.received_avp());
  if (received_.empty() && (branch_flags_ & nat) != 0) received_ = routing::source_uri(origin_.flow());
  if (!received_.empty() && !sip::Uri::parse(received_)) received_.clear();
}

std::optional<Refusal> SaveOperation::check() {
  constexpr std::size_t kMaxText = 255;
  if (std::max(received_.size(), path_received_.size()) > kMaxText || attr_.size() > kMaxText) return kContactTooLong;
  if (flags_.path == PathMode::Strict && !registration_.path.empty() && !registration_.supports_path) {
    headers_ = fmt::format("Unsupported: path\r\nPath: {}\r\n", registration_.path);
    return kPathUnsupported;
  }
  if (const auto refusal = check_push()) return refusal;
  if (!rules_.reject_short_expires) return std::nullopt;
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

// RFC 8599 section 5.6.1: a service we don't know is refused, and who asks is told which we know.
std::optional<Refusal> SaveOperation::check_push() {
  const PushSettings& push = rules_.push_settings;
  if (!push.enabled) return std::nullopt;
  for (const sip::Contact& contact : registration_.contacts) {
    const auto provider = contact.address.uri()->param("pn-provider");
    if (!provider) continue;
    const std::string name = sip::unescape(*provider);
    if (asked_seconds(contact) == 0) continue;
    if (!name.empty() && !push.knows(name)) return kPushUnsupported;
    headers_ += feature_caps(push, name);
  }
  return std::nullopt;
}

std::optional<Refusal> SaveOperation::apply(Bindings& bindings) {
  // What is over counts no more, although its timer hasn't fired yet.
  bindings.erase_expired();
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
  while (!bindings.record().empty()) erase(bindings, *bindings.record().begin());
  return std::nullopt;
}

// What another registrar has removed needn't be removed there because it has gone here.
void SaveOperation::erase(Bindings& bindings, const usrloc::Contact& binding) const {
  const std::uint64_t id = binding.id();
  if (!grants_.empty() || registration_.removes_all) bindings.forget_keys(binding);
  const auto at = std::ranges::find(bindings.record(), id, &usrloc::Contact::id);
  bindings.erase(*at);
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
  if (rules_.allow_dup_cseq) return Freshness::Fresh;
  return binding.last_modified() + rules_.locations().cseq_delay() > now ? Freshness::Retransmission
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
  std::size_t added = 0;
  for (std::size_t i = 0; i < registration_.contacts.size(); ++i) {
    const sip::Contact& contact = registration_.contacts[i];
    if (is_repeated(i)) continue;
    const bool known = bindings.record().find(key_of(contact)) != nullptr;
    const bool stays = asked_seconds(contact) != 0;
    if (stays && !known) ++added;
    if (stays && !known) ++after;
    if (!stays && known) --after;
  }
  if (!bindings.has_room_for(added)) return kFull;
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
    if (binding != nullptr) erase(bindings, *binding);
    return;
  }
  const ContactFields fields = fields_of(contact, bindings.now());
  latest_expiry_ = std::max(latest_expiry_, fields.expires);
  if (binding == nullptr) {
    const Grant* grant = grant_of(contact);
    bindings.insert(fields, grant != nullptr ? grant->id : 0);
  } else {
    bindings.update(*binding, fields);
  }
}

void SaveOperation::write_contacts(const Bindings& bindings) {
  const std::size_t begin = contacts_begin_ = headers_.size();
  for (const usrloc::Contact& contact : bindings.record()) {
    if (!contact.is_valid_at(bindings.now())) continue;
    if (flags_.only_request_contacts && !is_mentioned(contact)) continue;
    headers_ += headers_.size() == begin ? "Contact: " : ", ";
    append_contact(headers_, contact, bindings.now(), rules_.received_param);
    if (registration_.supports_gruu && !rules_.disable_gruu && !contact.instance().empty()) append_gruus(contact);
  }
  if (headers_.size() != begin) headers_ += "\r\n";
}

// RFC 5627 section 5.2. What a GRUU stands for is the AoR that the phone registers.
void SaveOperation::append_gruus(const usrloc::Contact& binding) {
  const auto to = origin_.request().to().uri();
  const auto aor = rules_.aor_of(origin_.request().to().uri_text);
  if (!to || !aor) return;
  const std::string aor_uri =
      fmt::format("{}:{}@{}", to->scheme == sip::Uri::Scheme::Sips ? "sips" : "sip", to->user, to->host);
  const TemporaryGruu meaning{
      .aor = *aor, .instance = std::string(binding.instance()), .call_id = std::string(binding.call_id())};
  headers_ += fmt::format(";pub-gruu=\"{}\";temp-gruu=\"{}\"", Gruus::make_public(aor_uri, binding.instance()),
                          rules_.gruus().make_temporary(to->host, meaning));
}

const Grant* SaveOperation::grant_of(const sip::Contact& contact) const {
  if (grants_.empty()) return nullptr;
  return &grants_[static_cast<std::size_t>(&contact - registration_.contacts.data())];
}

std::uint32_t SaveOperation::asked_seconds(const sip::Contact& contact) const {
  if (const Grant* grant = grant_of(contact)) return grant->seconds;
  return contact.expires.value_or(registration_.expires.value_or(rules_.default_expires));
}

std::uint32_t SaveOperation::granted_seconds(const sip::Contact& contact) const {
  if (const Grant* grant = grant_of(contact)) return std::min(grant->seconds, kLongestExpires);
  const std::uint32_t longest = max_expires_ == 0 ? kLongestExpires : std::min(max_expires_, kLongestExpires);
  std::uint32_t seconds = std::min(std::max(asked_seconds(contact), min_expires_), longest);
  // Drawn from what the limits leave of the range, so that lifetimes don't pile up at a limit.
  if (const std::int64_t deviation = rules_.expires_max_deviation; deviation != 0) {
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
  const PushSettings& push = rules_.push_settings;
  const bool by_push = push.enabled && contact.address.uri()->param("pn-provider").has_value();
  return {.uri = contact.address.uri_text,
          .call_id = registration_.call_id,
          .instance = contact.instance,
          .reg_id = contact.reg_id.value_or(0),
          .matching = flags_.matching.value_or(rules_.locations().matching()),
          .parameter = flags_.matching_parameter,
          .parameters = by_push ? std::span<const std::string>(push.match_params) : std::span<const std::string>()};
}

ContactFields SaveOperation::fields_of(const sip::Contact& contact, std::int64_t now) const {
  std::optional<std::uint16_t> q = contact.q;
  if (!q && rules_.default_q >= 0) q = static_cast<std::uint16_t>(std::min(rules_.default_q, 1000));
  std::string_view received = path_received_;
  if (received.empty()) received = contact.received.empty() ? received_ : contact.received;
  return {.uri = contact.address.uri_text,
          .received = received,
          .path = registration_.path,
          .call_id = registration_.call_id,
          .instance = contact.instance,
          .attr = attr_,
          .keys = grant_of(contact) != nullptr ? std::string_view(grant_of(contact)->keys) : std::string_view(),
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
