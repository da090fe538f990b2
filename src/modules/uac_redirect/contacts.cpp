// SPDX-License-Identifier: Apache-2.0
// See contacts.h.
#include "modules/uac_redirect/contacts.h"

#include <algorithm>

#include "base/log.h"
#include "module/user_uri.h"
#include "routing/proxy_transaction.h"
#include "routing/route_context.h"
#include "sip/contact.h"

namespace carillon::uac_redirect {
namespace {

using routing::RequestTarget;
using routing::RouteContext;

// Thousandths; what says nothing goes behind all that does (OpenSIPS's value).
constexpr std::uint16_t kWithoutQ = 10;

bool is_redirection(const routing::Branch& branch) {
  return branch.status() >= 300 && branch.status() < 400 && branch.response();
}

bool same_place(std::string_view one, const sip::Uri& other) {
  const auto uri = sip::Uri::parse(one);
  return uri && sip::equivalent(*uri, other);
}

// A Request-URI has no headers (RFC 3261 section 19.1.1).
std::string_view without_headers(const sip::Uri& uri) {
  if (uri.headers.empty()) return uri.text;
  return uri.text.substr(0, static_cast<std::size_t>(uri.headers.text().data() - uri.text.data()) - 1);
}

// The contacts that a proxy can send to, best first.
std::vector<sip::Contact> contacts_of(const sip::Message& response) {
  std::vector<sip::Contact> contacts;
  for (const sip::ListItem& item : response.items(sip::HeaderId::Contact)) {
    auto contact = sip::Contact::parse(item.value);
    if (!contact || contact->star || !module::is_request_uri(contact->address.uri_text)) continue;
    const auto uri = contact->address.uri();
    if (uri && uri->is_sip()) contacts.push_back(std::move(*contact));
  }
  std::ranges::stable_sort(contacts, std::greater<>(),
                           [](const sip::Contact& contact) { return contact.q.value_or(kWithoutQ); });
  return contacts;
}

}  // namespace

std::vector<RequestTarget> redirected_to(RouteContext& context, const Filters& filters, const ContactLimits& limits) {
  const routing::ProxyTransaction& transaction = *context.transaction;
  std::vector<RequestTarget> found;
  const auto is_known = [&](const sip::Uri& uri) {
    return std::ranges::any_of(transaction.branches(),
                               [&](const auto& branch) { return same_place(branch->target.uri, uri); }) ||
           std::ranges::any_of(context.decision.targets,
                               [&](const RequestTarget& target) { return same_place(target.uri, uri); }) ||
           std::ranges::any_of(found, [&](const RequestTarget& target) { return same_place(target.uri, uri); });
  };
  for (const auto& branch : transaction.last_set()) {
    if (!is_redirection(*branch)) continue;
    std::size_t of_branch = 0;
    for (const sip::Contact& contact : contacts_of(branch->response()->message())) {
      if (found.size() >= limits.total || of_branch >= limits.per_branch) break;
      const std::string_view text = contact.address.uri_text;
      if (!filters.let_pass(text)) {
        log::debug("get_redirects(): {} is filtered", text);
        continue;
      }
      const auto uri = sip::Uri::parse(without_headers(*contact.address.uri()));
      if (!uri || is_known(*uri)) continue;
      RequestTarget target;
      target.uri = context.keep(uri->text);
      target.q = contact.q;
      found.push_back(target);
      ++of_branch;
    }
  }
  return found;
}

}  // namespace carillon::uac_redirect
