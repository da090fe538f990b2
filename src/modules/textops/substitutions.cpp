// SPDX-License-Identifier: Apache-2.0
// subst() and its kin. See textops.h.
#include <fmt/format.h>

#include <vector>

#include "base/log.h"
#include "module/user_uri.h"
#include "modules/textops/message_edits.h"
#include "modules/textops/textops.h"

namespace carillon::textops {

using namespace module;

namespace {

Verdict substitute(RouteContext& context, std::string_view function, Part part, const script::Substitution& subst) {
  auto found = subst.matches(text_of(context.message(), part), kMostText);
  if (!found) {
    log::error("{}(): {}", function, found.error().message);
    return kFalse;
  }
  if (found->empty()) return kFalse;
  std::vector<Change> changes;
  for (script::Substitution::Match& match : *found) {
    changes.push_back({.begin = match.begin, .end = match.end, .text = std::move(match.text)});
  }
  return Verdict::of(record(context, function, part, changes));
}

// `text` with its matches replaced; nothing when there is none.
std::optional<std::string> substituted(std::string_view function, const script::Substitution& subst,
                                       std::string_view text) {
  auto replaced = subst.apply(text, kMostText);
  if (!replaced) log::error("{}(): {}", function, replaced.error().message);
  if (!replaced || replaced->count == 0) return std::nullopt;
  return std::move(replaced->text);
}

Verdict store(RouteContext& context, std::string_view function, std::string_view uri) {
  if (!module::is_request_uri(uri)) {
    log::error("{}(): '{}' would be no Request-URI", function, uri);
    return kFalse;
  }
  context.set_request_uri(uri);
  return kTrue;
}

}  // namespace

Verdict Textops::subst(RouteContext& context, const Subst& subst) {
  return substitute(context, "subst", Part::BehindStartLine, *subst);
}

Verdict Textops::subst_body(RouteContext& context, const Subst& subst) {
  if (context.message().body().empty()) return kFalse;
  return substitute(context, "subst_body", Part::Body, *subst);
}

Verdict Textops::subst_uri(RouteContext& context, const Subst& subst) {
  if (!context.message().is_request()) return kFalse;
  const auto uri = substituted("subst_uri", *subst, context.request_target().uri);
  return uri ? store(context, "subst_uri", *uri) : kFalse;
}

// A URI without a user part has an empty one, so that one can be given to it.
Verdict Textops::subst_user(RouteContext& context, const Subst& subst) {
  if (!context.message().is_request()) return kFalse;
  const auto& uri = context.request_uri();
  if (!uri || (!uri->is_sip() && !uri->is_tel())) return kFalse;
  const auto user = substituted("subst_user", *subst, uri->user);
  if (!user) return kFalse;
  const std::size_t scheme_end = uri->scheme_text.size() + 1;
  std::string_view behind = uri->text.substr(scheme_end);
  if (uri->has_user) behind.remove_prefix(uri->user.size());
  std::string text = fmt::format("{}{}", uri->text.substr(0, scheme_end), *user);
  if (uri->is_sip() && !uri->has_user && !user->empty()) text += '@';
  if (user->empty() && uri->has_user && uri->is_sip()) behind.remove_prefix(behind.find('@') + 1);
  return store(context, "subst_user", text.append(behind));
}

}  // namespace carillon::textops
