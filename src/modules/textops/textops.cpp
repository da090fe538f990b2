// SPDX-License-Identifier: Apache-2.0
// Searching, and replacing what was found with one text. See textops.h.
#include "modules/textops/textops.h"

#include <optional>
#include <vector>

#include "base/log.h"
#include "modules/textops/message_edits.h"

namespace carillon::textops {

using namespace module;

namespace {

using script::Regex;

// Of an expression that takes too long nobody knows whether it matches.
Verdict cannot_tell(std::string_view function, const base::Error& error) {
  log::error("{}(): {}", function, error.message);
  return kFalse;
}

Verdict matches(std::string_view function, const Regex& regex, std::string_view text) {
  const auto found = regex.matches(text);
  return found ? Verdict::of(*found) : cannot_tell(function, found.error());
}

// Behind the first match.
Verdict append(RouteContext& context, std::string_view function, Part part, const Regex& regex, std::string_view text) {
  const auto found = regex.search(text_of(context.message(), part));
  if (!found) return cannot_tell(function, found.error());
  if (found->empty()) return kFalse;
  const std::size_t end = found->front().end;
  const Change change{.begin = end, .end = end, .text = std::string(text)};
  return Verdict::of(record(context, function, part, {&change, 1}));
}

Verdict replace_first(RouteContext& context, std::string_view function, Part part, const Regex& regex,
                      std::string_view text) {
  const auto found = regex.search(text_of(context.message(), part));
  if (!found) return cannot_tell(function, found.error());
  if (found->empty()) return kFalse;
  const Change change{.begin = found->front().begin, .end = found->front().end, .text = std::string(text)};
  return Verdict::of(record(context, function, part, {&change, 1}));
}

Verdict replace_each(RouteContext& context, std::string_view function, Part part, const Regex& regex,
                     std::string_view text) {
  const std::string_view searched = text_of(context.message(), part);
  std::vector<Change> changes;
  for (std::size_t from = 0; from <= searched.size();) {
    const auto found = regex.search(searched, from);
    if (!found) return cannot_tell(function, found.error());
    if (found->empty()) break;
    const Regex::Group match = found->front();
    // An expression that matches nothing at all ("x*") would do so everywhere.
    if (match.begin == match.end) {
      from = match.end + 1;
      continue;
    }
    changes.push_back({.begin = match.begin, .end = match.end, .text = std::string(text)});
    if (changes.size() * text.size() > kMostText) {
      log::error("{}(): more than {} bytes of text", function, kMostText);
      return kFalse;
    }
    from = match.end;
  }
  if (changes.empty()) return kFalse;
  return Verdict::of(record(context, function, part, changes));
}

}  // namespace

base::Result<BodyPattern> BodyPattern::parse(std::string_view text) {
  auto regex = script::cached_regex(text, script::kComparisonRegex);
  if (!regex) return std::unexpected(std::move(regex.error()));
  return BodyPattern{std::move(*regex)};
}

Verdict Textops::search(RouteContext& context, const Pattern& re) {
  return matches("search", *re, context.message().bytes());
}

Verdict Textops::search_body(RouteContext& context, const Pattern& re) {
  if (context.message().body().empty()) return kFalse;
  return matches("search_body", *re, context.message().body());
}

Verdict Textops::search_append(RouteContext& context, const Pattern& re, Text txt) {
  return append(context, "search_append", Part::BehindStartLine, *re, txt);
}

Verdict Textops::search_append_body(RouteContext& context, const Pattern& re, Text txt) {
  if (context.message().body().empty()) return kFalse;
  return append(context, "search_append_body", Part::Body, *re, txt);
}

Verdict Textops::replace(RouteContext& context, const Pattern& re, Text txt) {
  return replace_first(context, "replace", Part::BehindStartLine, *re, txt);
}

Verdict Textops::replace_body(RouteContext& context, const Pattern& re, Text txt) {
  if (context.message().body().empty()) return kFalse;
  return replace_first(context, "replace_body", Part::Body, *re, txt);
}

Verdict Textops::replace_all(RouteContext& context, const Pattern& re, Text txt) {
  return replace_each(context, "replace_all", Part::BehindStartLine, *re, txt);
}

Verdict Textops::replace_body_all(RouteContext& context, const Pattern& re, Text txt) {
  return replace_each(context, "replace_body_all", Part::Body, *re, txt);
}

Verdict Textops::replace_body_atonce(RouteContext& context, const Parsed<BodyPattern>& re, Text txt) {
  return replace_each(context, "replace_body_atonce", Part::Body, *re->regex, txt);
}

}  // namespace carillon::textops
