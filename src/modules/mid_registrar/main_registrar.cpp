// SPDX-License-Identifier: Apache-2.0
// See main_registrar.h.
#include "modules/mid_registrar/main_registrar.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "management/json.h"
#include "sip/grammar.h"

namespace carillon::mid_registrar {
namespace {

using management::Json;

constexpr std::string_view kMember = "mid_registrar";

std::string text_of(const Json& object, std::string_view name) {
  const Json* member = object.find(name);
  return member != nullptr && member->if_string() != nullptr ? *member->if_string() : std::string();
}

std::string_view scheme_of(const sip::Uri& uri) { return uri.scheme == sip::Uri::Scheme::Sips ? "sips" : "sip"; }

// A text that ends with `end` in whatever case of its letters: "%40" and "%4a" are escapes.
std::size_t find_folded(std::string_view text, std::string_view part) {
  if (part.empty() || part.size() > text.size()) return std::string_view::npos;
  for (std::size_t at = text.size() - part.size() + 1; at-- > 0;) {
    if (base::iequals(text.substr(at, part.size()), part)) return at;
  }
  return std::string_view::npos;
}

}  // namespace

std::string RemoteBinding::text() const {
  Json own = Json::object();
  own.add("until", until);
  own.add("contact", contact);
  own.add("ruri", request_uri);
  if (!next_hop.empty()) own.add("hop", next_hop);
  own.add("from", from);
  if (to != from) own.add("to", to);
  Json keys = Json::object();
  keys.add(std::string(kMember), std::move(own));
  return keys.text();
}

std::optional<RemoteBinding> RemoteBinding::read(std::string_view keys) {
  if (keys.empty()) return std::nullopt;
  const auto json = Json::parse(keys);
  const Json* own = json ? json->find(kMember) : nullptr;
  const Json* until = own != nullptr ? own->find("until") : nullptr;
  if (until == nullptr || until->if_integer() == nullptr) return std::nullopt;
  RemoteBinding binding{.until = *until->if_integer(),
                        .contact = text_of(*own, "contact"),
                        .request_uri = text_of(*own, "ruri"),
                        .next_hop = text_of(*own, "hop"),
                        .from = text_of(*own, "from"),
                        .to = text_of(*own, "to")};
  if (binding.to.empty()) binding.to = binding.from;
  return binding;
}

// What says how the phone itself is reached stays out: it is we who are reached.
std::string contact_uri(const sip::Uri& uri, const OwnAddress& own, std::uint64_t id, const ContactForm& form,
                        std::string_view more_params) {
  std::string text = fmt::format("{}:", scheme_of(uri));
  if (form.place == IdPlace::Username) {
    text += fmt::format("{}@", id);
  } else if (!uri.user.empty()) {
    text += fmt::format("{}@", uri.user);
  }
  text += own.host_port;
  text += own.transport;
  for (const sip::Param& param : uri.params) {
    const bool is_ours = base::iequals(param.name, form.parameter);
    if (is_ours || base::iequals(param.name, "transport") || base::iequals(param.name, "maddr")) continue;
    text += fmt::format(";{}", param.text);
  }
  if (form.place == IdPlace::Parameter) text += fmt::format(";{}={}", form.parameter, id);
  return text.append(more_params);
}

std::string aor_uri(std::string_view aor, const OwnAddress& own, const ContactForm& form,
                    std::string_view more_params) {
  const std::size_t at = aor.rfind('@');
  std::string user = sip::escape_user(aor.substr(0, at));
  if (at != std::string_view::npos) user += form.at_sign + std::string(aor.substr(at + 1));
  return fmt::format("sip:{}@{}{}{}", user, own.host_port, own.transport, more_params);
}

std::optional<std::uint64_t> id_in(const sip::Uri& uri, const ContactForm& form) {
  if (form.place == IdPlace::Username) return base::parse_number<std::uint64_t>(uri.user);
  const auto value = uri.param(form.parameter);
  return value ? base::parse_number<std::uint64_t>(*value) : std::nullopt;
}

std::string aor_in(const sip::Uri& uri, const ContactForm& form) {
  const std::size_t at = find_folded(uri.user, form.at_sign);
  if (at == std::string_view::npos) return std::string(uri.user);
  return fmt::format("{}@{}", uri.user.substr(0, at), uri.user.substr(at + form.at_sign.size()));
}

std::string contact_value(const sip::Contact& contact, std::string_view uri, std::optional<std::uint32_t> expires) {
  std::string text = fmt::format("<{}>", uri);
  for (const sip::Param& param : contact.address.params) {
    if (expires && base::iequals(param.name, "expires")) continue;
    text += fmt::format(";{}", param.text);
  }
  if (expires) text += fmt::format(";expires={}", *expires);
  return text;
}

}  // namespace carillon::mid_registrar
