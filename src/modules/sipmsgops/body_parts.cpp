// SPDX-License-Identifier: Apache-2.0
// The body and its parts. See sipmsgops.h.
#include "base/strings.h"
#include "modules/sipmsgops/sipmsgops.h"
#include "sip/edited_body.h"
#include "sip/grammar.h"

namespace carillon::sipmsgops {

using namespace module;

base::Result<MediaType> MediaType::parse(std::string_view text) {
  const std::string_view type = sip::media_type(text);
  const std::size_t slash = type.find('/');
  const bool sound =
      slash != std::string_view::npos && sip::is_token(type.substr(0, slash)) && sip::is_token(type.substr(slash + 1));
  if (!sound || text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
    return base::fail("must be a type like application/sdp, with its parameters");
  }
  return MediaType{std::string(base::trim(text))};
}

base::Result<Revert> Revert::parse(std::string_view text) {
  if (!base::iequals(base::trim(text), "revert")) return base::fail("must be revert");
  return Revert{};
}

Verdict Sipmsgops::has_body_part(RouteContext& context, OptionalText mime) {
  const sip::EditedBody body(context.message(), context.decision.edits);
  if (body.content().empty()) return kFalse;
  return Verdict::of(!mime || sip::is_media_type(body.type(), *mime) || body.parts().find(*mime) != nullptr);
}

Verdict Sipmsgops::add_body_part(RouteContext& context, Text body, const Parsed<MediaType>& mime,
                                 const std::optional<Parsed<HeaderLines>>& headers) {
  sip::add_part(context.decision.edits, context.message(), mime->text, headers ? (*headers)->text : std::string(),
                body);
  return kTrue;
}

Verdict Sipmsgops::remove_body_part(RouteContext& context, OptionalText mime,
                                    const std::optional<Parsed<Revert>>& revert) {
  sip::EditList& edits = context.decision.edits;
  const sip::Message& message = context.message();
  if (!mime) {
    if (sip::EditedBody(message, edits).content().empty()) return kFalse;
    sip::remove_body(edits, message);
    return kTrue;
  }
  const bool others = revert.has_value();
  return Verdict::of(sip::remove_parts(edits, message, [&](const sip::BodyPart& part) {
                       return (!part.is_multipart || !others) && sip::is_media_type(part.type, *mime) != others;
                     }) != 0);
}

Verdict Sipmsgops::get_updated_body_part(RouteContext& context, OptionalText mime, Output variable) {
  const sip::EditedBody body(context.message(), context.decision.edits);
  std::string_view text = body.content();
  if (mime) {
    const sip::BodyPart* part = body.parts().find(*mime);
    if (part == nullptr) return kFalse;
    text = part->content;
  }
  if (text.empty()) return kFalse;
  return Verdict::of(variable.assign(script::Value::text(context.keep(text))));
}

}  // namespace carillon::sipmsgops
