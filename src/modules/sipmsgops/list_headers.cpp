// SPDX-License-Identifier: Apache-2.0
// Options in comma-separated headers (Supported, Require, Allow). See sipmsgops.h.
#include <fmt/format.h>

#include "base/log.h"
#include "base/strings.h"
#include "modules/sipmsgops/sipmsgops.h"
#include "sip/edit_list.h"
#include "sip/grammar.h"

namespace carillon::sipmsgops {

using namespace module;

namespace {

// The values of all headers of that name.
sip::ItemRange options_of(const RouteContext& context, std::string_view name) {
  return sip::ItemRange(context.message().headers(name));
}

}  // namespace

Verdict Sipmsgops::list_hdr_has_option(RouteContext& context, Text name, Text option) {
  for (const sip::ListItem& item : options_of(context, name)) {
    if (base::iequals(item.value, option)) return kTrue;
  }
  return kFalse;
}

Verdict Sipmsgops::list_hdr_add_option(RouteContext& context, Text name, Text option) {
  if (!sip::is_token(name) || !sip::is_token(option)) {
    log::error("list_hdr_add_option(): header and option must be tokens");
    return kFalse;
  }
  const sip::Message& message = context.message();
  sip::EditList& edits = context.decision.edits;
  for (const sip::ListItem& item : options_of(context, name)) {
    if (base::iequals(item.value, option) && !edits.covers(message.span(item.value))) return kTrue;
  }
  for (const sip::Header& header : message.headers(name)) {
    if (header.value.empty() || edits.covers(message.span(header.value))) continue;
    edits.insert(message.span(header.value).end, fmt::format(", {}", option));
    return kTrue;
  }
  sip::append_header(edits, message, fmt::format("{}: {}\r\n", name, option));
  return kTrue;
}

Verdict Sipmsgops::list_hdr_remove_option(RouteContext& context, Text name, Text option) {
  bool found = false;
  for (const sip::ListItem& item : options_of(context, name)) {
    if (!base::iequals(item.value, option)) continue;
    sip::remove_item(context.decision.edits, context.message(), item);
    found = true;
  }
  return Verdict::of(found);
}

}  // namespace carillon::sipmsgops
