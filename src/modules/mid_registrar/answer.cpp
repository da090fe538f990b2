// SPDX-License-Identifier: Apache-2.0
// See answer.h.
#include "modules/mid_registrar/answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "routing/proxy.h"
#include "routing/proxy_transaction.h"
#include "sip/edit_list.h"

namespace carillon::mid_registrar {

using registrar::Grant;
using registrar::Refusal;
using registrar::SaveOperation;
using usrloc::Bindings;

bool Answer::is_ours(const sip::Uri& uri) const {
  const std::string address =
      uri.port ? fmt::format("{}:{}", uri.host, *uri.port) : fmt::format("{}:{}", uri.host, uri.port_or_default());
  return address == own_ && (by_aor_ || id_in(uri, form_).has_value());
}

std::uint32_t Answer::granted_to(const sip::Message& response, std::optional<std::uint64_t> id) const {
  for (const sip::ListItem item : response.items(sip::HeaderId::Contact)) {
    const auto contact = sip::Contact::parse(item.value);
    if (!contact || contact->star) continue;
    const auto uri = contact->address.uri();
    if (!uri || (id ? id_in(*uri, form_) != id : !is_ours(*uri))) continue;
    if (!id && uri->user != sip::Uri::parse(request_.sent_aor_uri)->user) continue;
    return contact->expires.value_or(response.expires().value_or(rules_.default_expires));
  }
  return 0;
}

// As the branch was sent that is answered now.
RemoteBinding Answer::remote_of(const routing::RouteContext& context) const {
  const sip::Message& request = request_.origin.request();
  RemoteBinding remote{.contact = {},
                       .request_uri = std::string(request.request_uri_text()),
                       .next_hop = {},
                       .from = std::string(request.from().uri_text),
                       .to = std::string(request.to().uri_text)};
  const auto* transaction = context.transaction;
  if (transaction != nullptr && context.branch && *context.branch < transaction->branches().size()) {
    const routing::RequestTarget& target = transaction->branches()[*context.branch]->target;
    remote.request_uri = target.uri;
    remote.next_hop = target.destination;
  }
  return remote;
}

std::vector<Grant> Answer::grants_of(const routing::RouteContext& context, std::int64_t now) const {
  std::vector<Grant> grants;
  const sip::Message& response = context.message();
  RemoteBinding remote = remote_of(context);
  const std::uint32_t of_aor = by_aor_ ? granted_to(response, std::nullopt) : 0;
  for (const Request::Entry& entry : request_.entries) {
    Grant grant{.seconds = 0, .id = entry.id, .keys = {}};
    if (entry.asked != 0) {
      const std::uint32_t there = by_aor_ ? of_aor : granted_to(response, entry.id);
      grant.seconds = mirrors_ ? there : std::min(entry.granted, there);
      if (!mirrors_ && grant.seconds != 0) {
        remote.until = now + there;
        remote.contact = by_aor_ ? request_.sent_aor_uri : entry.sent_uri;
        grant.keys = remote.text();
      }
    }
    grants.push_back(std::move(grant));
  }
  return grants;
}

// Each contact of an AoR knows what the main registrar has of it: the last to go takes it back.
void Answer::share_keys(Bindings& bindings, const std::string& keys) {
  std::vector<std::uint64_t> others;
  for (const usrloc::Contact& binding : bindings.record()) {
    if (binding.keys() != keys) others.push_back(binding.id());
  }
  for (const std::uint64_t id : others) {
    const auto binding = std::ranges::find(bindings.record(), id, &usrloc::Contact::id);
    usrloc::ContactFields fields = binding->fields();
    fields.keys = keys;
    bindings.update(*binding, fields);
  }
}

base::Task<> Answer::on_response(routing::RouteContext& context) {
  const sip::Message& response = context.message();
  // What it refuses, or asks a password for, the phone hears as it is.
  if (response.status() < 200 || response.status() >= 300) co_return;
  const std::int64_t now = context.proxy().clock().unix_seconds();
  SaveOperation operation(rules_, context, request_.origin, request_.flags, request_.registration);
  if (const auto refusal = operation.check()) co_return;
  std::vector<Grant> grants = grants_of(context, now);
  std::string keys;
  for (const Grant& grant : grants) {
    if (by_aor_ && !grant.keys.empty()) keys = grant.keys;
  }
  operation.set_grants(std::move(grants));
  std::optional<Refusal> refusal;
  request_.table->change(request_.aor, [&](Bindings& bindings) {
    refusal = operation.apply(bindings);
    if (!refusal && !keys.empty()) share_keys(bindings, keys);
  });
  if (refusal) co_return;
  if (rules_.locations().is_write_awaited()) {
    static_cast<void>(co_await rules_.locations().written(*request_.table, context.proxy().shard(), request_.aor));
  }
  rules_.keep_connection(context, request_.origin, operation.latest_expiry());
  show_contacts(context, operation.headers());
}

// The phone knows its contacts by their own URIs, and all that are registered here; those that the main registrar has
// from elsewhere stay.
void Answer::show_contacts(routing::RouteContext& context, std::string_view headers) const {
  const sip::Message& response = context.message();
  sip::EditList& edits = context.decision.edits;
  for (const sip::ListItem item : response.items(sip::HeaderId::Contact)) {
    const auto contact = sip::NameAddr::parse(item.value);
    const auto uri = contact ? contact->uri() : base::fail("no address");
    if (uri && is_ours(*uri)) sip::remove_item(edits, response, item);
  }
  if (!headers.empty()) sip::append_header(edits, response, headers);
}

}  // namespace carillon::mid_registrar
