// SPDX-License-Identifier: Apache-2.0
// Variables that read the body of a message as received, and its parts. See variables.h.
#include <string>

#include "modules/core/variables.h"
#include "sip/body_parts.h"

namespace carillon::core {
namespace {

using namespace module;
using script::Index;
using script::Value;
using script::VariableRef;
using sip::BodyPart;
using sip::BodyParts;

Value read_body(RouteContext& context, const VariableRef& ref) {
  const sip::Message* message = context.message_in(ref.context);
  if (message == nullptr) return Value::null();
  const bool indexed = ref.index.kind == Index::Kind::At;
  if (ref.sub_name.empty() && !indexed) return text_or_null(message->body());
  const BodyParts parts(*message);
  const BodyPart* part = ref.sub_name.empty() ? parts.at(ref.index.at) : parts.find(ref.sub_name, ref.index.at);
  return part != nullptr ? Value::text(part->content) : Value::null();
}

// $(rb[*]) is the body; of a type its parts one behind the other would be no text to do something with.
script::ReadResult read_whole_body(script::Environment& environment, const VariableRef& ref) {
  VariableRef whole = ref;
  whole.index = {};
  return read_body(static_cast<RouteContext&>(environment), whole);
}

Value read_type(RouteContext& context, const VariableRef& ref) {
  const sip::Message* message = context.message_in(ref.context);
  if (message == nullptr) return Value::null();
  if (ref.index.kind != Index::Kind::At) return text_or_null(message->value(sip::HeaderId::ContentType));
  const BodyParts parts(*message);
  const BodyPart* part = parts.at(ref.index.at);
  // Of the body itself there is only what its header says.
  if (!parts.is_multipart()) {
    return part != nullptr ? text_or_null(message->value(sip::HeaderId::ContentType)) : Value::null();
  }
  // A type that is none of the message's bytes is static.
  return part != nullptr ? Value::text(part->type) : Value::null();
}

// $(cT[*]): that of the message, then those of its parts.
script::ReadResult read_all_types(script::Environment& environment, const VariableRef& ref) {
  auto& context = static_cast<RouteContext&>(environment);
  const sip::Message* message = context.message_in(ref.context);
  if (message == nullptr) return Value::null();
  std::string types(message->value(sip::HeaderId::ContentType));
  const BodyParts parts(*message);
  if (parts.is_multipart()) {
    for (const BodyPart& part : parts.all()) types.append(", ").append(part.type);
  }
  return types.empty() ? Value::null() : Value::text(context.keep(types));
}

constexpr auto kRows = std::to_array({
    variable<&read_body>("rb", "The body as received; [n] a part of it, (type) the first part of that type.",
                         {.sub_name = script::SubName::Optional,
                          .indexable = true,
                          .takes_context = true,
                          .read_all = &read_whole_body}),
    variable<&read_type>("cT", "Content-Type; [n] that of a part, [*] all of them.",
                         {.indexable = true, .takes_context = true, .read_all = &read_all_types}),
});

}  // namespace

const std::span<const VariableDecl> kBodyVariables = kRows;

}  // namespace carillon::core
