// SPDX-License-Identifier: Apache-2.0
// uac_auth() and the number of CSeq. See uac.h.
#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/strings.h"
#include "modules/uac/record_route_params.h"
#include "modules/uac/uac.h"
#include "routing/proxy.h"
#include "routing/proxy_transaction.h"
#include "sip/digest.h"
#include "sip/edit_list.h"

namespace carillon::uac {

using namespace module;

namespace {

// Somebody who always says that the nonce is stale is not believed for ever.
constexpr unsigned kMostAttempts = 4;

// Adds what has been answered until now, instead of what was added before, and takes away what the caller sent for the
// same realms.
void set_credentials(RouteContext& context, const std::vector<uac_auth::Answer>& answers) {
  const sip::Message& message = context.message();
  for (const auto id : {sip::HeaderId::Authorization, sip::HeaderId::ProxyAuthorization}) {
    std::string lines;
    for (const uac_auth::Answer& answer : answers) {
      if (answer.header != id) continue;
      lines += answer.line;
      for (const sip::Header& header : message.headers(id)) {
        const auto theirs = sip::DigestFields::parse(header.value);
        if (theirs && theirs->realm == answer.realm) context.decision.edits.remove(message.span(header.line));
      }
    }
    if (!lines.empty()) context.decision.edits.insert_header(message.headers_end(), id, lines);
  }
}

}  // namespace

Verdict Uac::uac_auth(RouteContext& context, const std::optional<Parsed<uac_auth::Algorithms>>& algorithms) {
  static const uac_auth::Algorithms kAll;
  if (credentials_ == nullptr) {
    log::error("uac: uac_auth() needs the module uac_auth");
    return kFalse;
  }
  const routing::Branch* winner = context.transaction != nullptr ? context.transaction->winner() : nullptr;
  if (context.kind() != script::RouteKind::Failure || winner == nullptr || !winner->response()) return kFalse;
  const sip::Message& response = winner->response()->message();
  if (response.status() != 401 && response.status() != 407) return kFalse;

  const sip::Message& request = context.message();
  const std::string_view uri = context.request_target().uri;
  if (uri.find_first_of("\"\\\r\n") != std::string_view::npos) return kFalse;
  const std::string body = sip::edited(request, context.decision.edits, request.body());
  Rewritten& kept = rewritten(context);
  if (++kept.attempts > kMostAttempts) return kFalse;
  bool added = false;
  for (uac_auth::Answer& answer :
       credentials_->answer(response, {.method = request.method_name(), .uri = uri, .body = body},
                            algorithms ? **algorithms : kAll, &context)) {
    const auto before = std::ranges::find_if(kept.answers, [&](const uac_auth::Answer& other) {
      return other.header == answer.header && other.realm == answer.realm;
    });
    // What was refused once isn't tried again (RFC 3261 section 22.2).
    if (before != kept.answers.end() && !answer.stale) continue;
    added = true;
    if (before != kept.answers.end()) {
      *before = std::move(answer);
    } else {
      kept.answers.push_back(std::move(answer));
    }
  }
  if (!added) return kFalse;
  set_credentials(context, kept.answers);
  count_on(context, kept);
  return kTrue;
}

void Uac::count_on(RouteContext& context, Rewritten& kept) {
  const bool by_record_route = may_count_on(context);
  const auto by_dialog = dialogs_ != nullptr ? dialogs_->count_on(context) : std::nullopt;
  if (!by_dialog && !by_record_route) return;
  const std::uint32_t offset = by_dialog.value_or(kept.cseq_offset + 1);
  if (!set_cseq(context, offset)) return;
  kept.cseq_offset = offset;
  if (by_record_route && context.decision.record_route) set_cseq_offset(context, offset);
}

// A request with credentials is another one and has the next number. What follows in a dialog has to be counted on too,
// which we can when we stay in its path, or the module dialog counts; otherwise the number stays, which servers let
// pass.
bool Uac::may_count_on(const RouteContext& context) const {
  const sip::Message& request = context.message();
  if (!request.to_tag().empty()) return false;
  switch (request.method()) {
    case sip::Method::Invite:
    case sip::Method::Subscribe:
    case sip::Method::Refer:
      return context.decision.record_route.has_value() && context.proxy().settings().append_fromtag;
    default:
      return true;
  }
}

bool Uac::set_cseq(RouteContext& context, std::uint32_t offset) {
  const sip::Message& request = context.message();
  const sip::CSeq& cseq = request.cseq();
  constexpr std::uint32_t kMost = 0x7fffffff;  // RFC 3261 section 8.1.1.5
  if (cseq.number > kMost - offset) return false;
  context.decision.edits.replace(request.span(request.value(sip::HeaderId::CSeq)),
                                 fmt::format("{} {}", cseq.number + offset, cseq.method_name));
  static_cast<void>(rewritten(context));
  return true;
}

Verdict Uac::uac_inc_cseq(RouteContext& context, int by) {
  if (!context.message().is_request() || by <= 0) return kFalse;
  return Verdict::of(set_cseq(context, static_cast<std::uint32_t>(by)));
}

}  // namespace carillon::uac
