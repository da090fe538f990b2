// SPDX-License-Identifier: Apache-2.0
// Adding, removing and finding headers. See sipmsgops.h.
#include "base/glob.h"
#include "base/log.h"
#include "base/strings.h"
#include "modules/sipmsgops/sipmsgops.h"
#include "sip/edit_list.h"
#include "sip/header_lines.h"

namespace carillon::sipmsgops {

using namespace module;

namespace {

// Names are compared without regard to case, so the pattern is too.
bool matches_glob(std::string_view pattern, std::string_view name) {
  return base::glob_matches(pattern, name, base::GlobCase::Ignored);
}

// A compact form is found by its full name too: nobody slips past a filter by writing "k" for Supported.
template <typename Matches>
bool matches_either_name(const sip::Header& header, const Matches& matches) {
  const std::string_view full = sip::header_info(header.id).name;
  return matches(header.name) || (!full.empty() && matches(full));
}

template <typename Headers, typename Matches>
Verdict remove_headers(RouteContext& context, const Headers& headers, const Matches& matches) {
  bool found = false;
  for (const sip::Header& header : headers) {
    if (!matches(header)) continue;
    context.decision.edits.remove(context.message().span(header.line));
    found = true;
  }
  return Verdict::of(found);
}

}  // namespace

base::Result<HeaderLines> HeaderLines::parse(std::string_view text) {
  if (!sip::are_header_lines(text)) return base::fail("must be header lines, each \"Name: value\\r\\n\"");
  return HeaderLines{std::string(text)};
}

Verdict Sipmsgops::append_hf(RouteContext& context, const Parsed<HeaderLines>& lines, OptionalText anchor) {
  const sip::Message& message = context.message();
  const auto header = anchor ? message.find(*anchor) : std::nullopt;
  context.decision.edits.insert(header ? message.span(header->line).end : message.headers_end(), lines->text);
  return kTrue;
}

Verdict Sipmsgops::insert_hf(RouteContext& context, const Parsed<HeaderLines>& lines, OptionalText anchor) {
  const sip::Message& message = context.message();
  const auto header = anchor ? message.find(*anchor) : std::nullopt;
  context.decision.edits.insert(header ? message.span(header->line).begin : message.headers_begin(), lines->text,
                                sip::EditList::Place::Front);
  return kTrue;
}

Verdict Sipmsgops::append_urihf(RouteContext& context, Text prefix, Text suffix) {
  const sip::Message& message = context.message();
  std::string lines(prefix);
  lines += message.request_uri_text();
  lines += suffix;
  if (!message.is_request() || !sip::are_header_lines(lines)) {
    log::error("append_urihf(): prefix, Request-URI and suffix make no header line");
    return kFalse;
  }
  sip::append_header(context.decision.edits, message, lines);
  return kTrue;
}

Verdict Sipmsgops::remove_hf(RouteContext& context, Text name) {
  return remove_headers(context, context.message().headers(name), [](const sip::Header&) { return true; });
}

Verdict Sipmsgops::remove_hf_re(RouteContext& context, const Pattern& name) {
  return remove_headers(context, context.message().headers(), [&](const sip::Header& header) {
    return matches_either_name(header, [&](std::string_view text) { return name->matches(text).value_or(false); });
  });
}

Verdict Sipmsgops::remove_hf_glob(RouteContext& context, Text pattern) {
  return remove_headers(context, context.message().headers(), [&](const sip::Header& header) {
    return matches_either_name(header, [&](std::string_view text) { return matches_glob(pattern, text); });
  });
}

Verdict Sipmsgops::is_present_hf(RouteContext& context, Text name) {
  return Verdict::of(context.message().find(name).has_value());
}

Verdict Sipmsgops::get_glob_headers_values(RouteContext& context, Text pattern, Output names, Output values) {
  bool found = false;
  for (const sip::Header& header : context.message().headers()) {
    if (!matches_either_name(header, [&](std::string_view text) { return matches_glob(pattern, text); })) continue;
    found = true;
    if (!names.assign(script::Value::text(header.name)) || !values.assign(script::Value::text(header.value))) {
      return kFalse;
    }
  }
  return Verdict::of(found);
}

}  // namespace carillon::sipmsgops
