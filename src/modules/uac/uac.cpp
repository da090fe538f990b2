// SPDX-License-Identifier: Apache-2.0
// See uac.h: start, names. Credentials are authentication.cpp.
#include "modules/uac/uac.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/strings.h"
#include "module/registry.h"
#include "modules/uac/record_route_params.h"
#include "routing/proxy_transaction.h"
#include "routing/settings.h"
#include "sip/edit_list.h"
#include "sip/grammar.h"
#include "sip/rack.h"

namespace carillon::uac {

using namespace module;

base::Result<> Uac::start(Services& services) {
  if (restore_mode == "none") {
    mode_ = Mode::None;
  } else if (restore_mode == "manual") {
    mode_ = Mode::Manual;
  } else if (restore_mode == "auto") {
    mode_ = Mode::Auto;
  } else {
    return base::fail("restore_mode must be none, manual or auto");
  }
  for (const std::string* name : {&rr_from_store_param, &rr_to_store_param}) {
    if (!sip::is_token(*name)) return base::fail(fmt::format("'{}' is no name of a parameter", *name));
  }
  if (rr_from_store_param == rr_to_store_param) {
    return base::fail("rr_from_store_param and rr_to_store_param are the same");
  }
  replaced_.emplace(restore_passwd);
  credentials_ = services.find<uac_auth::CredentialService>();
  dialogs_ = services.find<dialog::DialogService>();
  services.proxy_settings.route_listeners.push_back(this);
  return {};
}

Rewritten& Uac::rewritten(RouteContext& context) const {
  auto& observers = context.transaction_observers();
  for (const auto& observer : observers) {
    if (observer->owner() == this) return static_cast<Rewritten&>(*observer);
  }
  auto made = std::make_unique<Rewritten>(this);
  Rewritten& kept = *made;
  observers.push_back(std::move(made));
  return kept;
}

// --- names -----------------------------------------------------------------------------------------------------------

namespace {

bool is_clean(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

// A URI as it can stand between < and >.
bool is_usable_uri(std::string_view uri) {
  return is_clean(uri) && uri.find_first_of("<>\" ") == std::string_view::npos && sip::Uri::parse(uri).has_value();
}

// Behind what a Record-Route parameter says of the URI: the display name was changed too.
constexpr char kOtherDisplay = '.';

// Everything of the address in front of its parameters.
sip::Span name_part(const sip::Message& message, const sip::NameAddr& address) {
  const sip::Span whole = message.span(address.text);
  const std::uint32_t end = message.span(address.uri_text).end + (address.in_brackets ? 1U : 0U);
  return {.begin = whole.begin, .end = end};
}

void set_name(RouteContext& context, const sip::NameAddr& address, std::string_view display, std::string_view uri) {
  context.decision.edits.replace(name_part(context.message(), address),
                                 display.empty() ? fmt::format("<{}>", uri) : fmt::format("{} <{}>", display, uri));
}

const sip::NameAddr& address_of(const sip::Message& message, Side side) {
  return side == Side::From ? message.from() : message.to();
}

}  // namespace

Verdict Uac::replace(RouteContext& context, Side side, std::optional<std::string_view> display, std::string_view uri) {
  const sip::Message& message = context.message();
  if (!message.is_request() || (!uri.empty() && !is_usable_uri(uri))) return kFalse;
  if (display && !is_clean(*display)) return kFalse;
  const sip::NameAddr& address = address_of(message, side);
  std::string name(address.display_name);
  if (display) {
    const bool quoted = display->starts_with('"');
    if (quoted && sip::quoted_string_end(*display, 0) != display->size()) return kFalse;
    name = display->empty() || quoted ? std::string(*display) : sip::quote(*display);
  }
  const std::string_view new_uri = uri.empty() ? address.uri_text : uri;
  set_name(context, address, name, new_uri);
  if (mode_ == Mode::None) return kTrue;
  // Only what makes the dialog can say how its other requests are to be changed.
  if (message.to_tag().empty()) {
    std::string kept = new_uri == address.uri_text ? "" : replaced_->encode(address.uri_text, new_uri);
    if (name != address.display_name) kept += kOtherDisplay;
    set_record_route_param(context, param_of(side), kept);
  }
  static_cast<void>(rewritten(context));
  return kTrue;
}

bool Uac::restore_name(RouteContext& context, Side side) {
  if (!context.route.processed || !context.message().is_request()) return false;
  auto kept = sip::Params(context.route.params).find(param_of(side));
  if (!kept || kept->empty()) return false;
  // Who was to see another display name is not to see this one either. In the other direction it is the receiver's.
  const bool hides_display = kept->ends_with(kOtherDisplay);
  if (hides_display) kept->remove_suffix(1);
  // Of the two ends the caller's is From when the caller asks, and To when the callee does.
  const sip::Message& message = context.message();
  const sip::NameAddr& from_here = address_of(message, side);
  const sip::NameAddr& from_there = address_of(message, side == Side::From ? Side::To : Side::From);
  const sip::NameAddr* changed = &from_here;
  if (kept->empty()) {
    if (!came_from_caller(context)) return false;
    set_name(context, from_here, {}, from_here.uri_text);
    static_cast<void>(rewritten(context));
    return true;
  }
  auto uri = replaced_->replacement_of(from_here.uri_text, *kept);
  if (!uri) {
    changed = &from_there;
    uri = replaced_->original_of(from_there.uri_text, *kept);
  }
  if (!uri || !is_usable_uri(*uri)) return false;
  const bool hidden = hides_display && changed == &from_here;
  set_name(context, *changed, hidden ? std::string_view{} : changed->display_name, *uri);
  static_cast<void>(rewritten(context));
  return true;
}

void Uac::on_route(RouteContext& context) {
  if (mode_ == Mode::Auto) {
    restore_name(context, Side::From);
    restore_name(context, Side::To);
  }
  // A dialog that counts knows of this offset, and of requests that were made in between.
  if (dialogs_ != nullptr && dialogs_->moves_cseq(context)) return;
  const auto offset = cseq_offset_in(context);
  if (!offset || !set_cseq(context, *offset)) return;
  if (context.message().method() == sip::Method::Prack) {
    sip::move_rack(context.decision.edits, context.message(), *offset);
  }
}

}  // namespace carillon::uac
