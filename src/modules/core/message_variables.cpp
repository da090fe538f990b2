// SPDX-License-Identifier: Apache-2.0
// Variables that read headers, the first line and the body of a message. See variables.h.
#include <span>
#include <vector>

#include "base/strings.h"
#include "modules/core/core.h"
#include "modules/core/variables.h"
#include "sip/contact.h"

namespace carillon::core {
namespace {

using namespace module;
using script::Index;
using script::Value;
using script::VariableRef;
using sip::HeaderId;

// Calls `read(message)` on the message the variable names.
template <typename Read>
Value with_message(RouteContext& context, const VariableRef& ref, Read read) {
  const sip::Message* message = context.message_in(ref.context);
  return message != nullptr ? read(*message) : Value::null();
}

// The value of a range that an index picks: from 0, negative from the end, without index the first.
template <typename Range>
auto pick(Range range, const Index& index) -> std::optional<std::decay_t<decltype(*range.begin())>> {
  std::int32_t wanted = index.kind == Index::Kind::At ? index.at : 0;
  if (wanted < 0) {
    std::int32_t count = 0;
    for (auto at = range.begin(); at != range.end(); ++at) ++count;
    wanted += count;
  }
  if (wanted < 0) return std::nullopt;
  for (auto at = range.begin(); at != range.end(); ++at) {
    if (wanted-- == 0) return *at;
  }
  return std::nullopt;
}

template <HeaderId id>
Value read_value(RouteContext& context, const VariableRef& ref) {
  return with_message(context, ref, [](const sip::Message& message) {
    const auto header = message.find(id);
    return header ? text_or_null(header->value) : Value::null();
  });
}

Value read_hdr(RouteContext& context, const VariableRef& ref) {
  return with_message(context, ref, [&](const sip::Message& message) {
    const auto header = pick(message.headers(ref.sub_name), ref.index);
    return header ? Value::text(header->value) : Value::null();
  });
}

Value read_hdr_name(RouteContext& context, const VariableRef& ref) {
  return with_message(context, ref, [&](const sip::Message& message) {
    const auto header = pick(message.headers(), ref.index);
    return header ? Value::text(header->name) : Value::null();
  });
}

Value read_hdrcnt(RouteContext& context, const VariableRef& ref) {
  return with_message(context, ref, [&](const sip::Message& message) {
    return Value::integer(static_cast<std::int64_t>(message.headers(ref.sub_name).count()));
  });
}

Value read_contact(RouteContext& context, const VariableRef& ref) {
  return with_message(context, ref, [&](const sip::Message& message) {
    const auto item = pick(message.items(HeaderId::Contact), ref.index);
    return item ? Value::text(item->value) : Value::null();
  });
}

Value contact_field(RouteContext& context, const sip::Contact& contact, std::string_view field) {
  if (field == "name") return text_or_null(contact.address.display_name);
  if (field == "uri") return Value::text(contact.star ? "*" : contact.address.uri_text);
  if (field == "params") return text_or_null(contact.address.params.text());
  if (field == "q") return text_or_null(contact.address.param("q").value_or(""));
  if (field == "expires") return contact.expires ? number(context, *contact.expires) : Value::null();
  if (field == "methods") return text_or_null(contact.methods);
  if (field == "received") return text_or_null(contact.received);
  return Value::null();
}

Value read_contact_field(RouteContext& context, const VariableRef& ref) {
  return with_message(context, ref, [&](const sip::Message& message) {
    const auto item = pick(message.items(HeaderId::Contact), ref.index);
    const auto contact = item ? sip::Contact::parse(item->value) : base::fail("no Contact");
    return contact ? contact_field(context, *contact, ref.sub_name) : Value::null();
  });
}

Value read_method(RouteContext& context, const VariableRef& ref) {
  return with_message(context, ref, [](const sip::Message& message) { return text_or_null(message.method_name()); });
}

Value read_cseq(RouteContext& context, const VariableRef& ref) {
  return with_message(context, ref,
                      [&](const sip::Message& message) { return number(context, message.cseq().number); });
}

Value read_status(RouteContext& context, const VariableRef& ref) {
  return with_message(context, ref, [&](const sip::Message& message) {
    return message.is_request() ? Value::null() : number(context, message.status());
  });
}

Value read_reason(RouteContext& context, const VariableRef& ref) {
  return with_message(context, ref, [](const sip::Message& message) {
    return message.is_request() ? Value::null() : text_or_null(message.reason());
  });
}

Value read_content_length(RouteContext& context, const VariableRef& ref) {
  return with_message(context, ref, [&](const sip::Message& message) {
    const auto length = message.content_length();
    return length ? number(context, *length) : Value::null();
  });
}

Value read_bytes(RouteContext& context, const VariableRef& ref) {
  return with_message(context, ref, [](const sip::Message& message) { return Value::text(message.bytes()); });
}

Value read_length(RouteContext& context, const VariableRef& ref) {
  return with_message(context, ref, [](const sip::Message& message) {
    return Value::integer(static_cast<std::int64_t>(message.bytes().size()));
  });
}

Value read_is_request(RouteContext& context, const VariableRef& ref) {
  return with_message(context, ref,
                      [](const sip::Message& message) { return Value::integer(message.is_request() ? 1 : 0); });
}

Value read_type(RouteContext& context, const VariableRef& ref) {
  return with_message(context, ref, [](const sip::Message& message) {
    return Value::text(message.is_request() ? "request" : "reply");
  });
}

base::Result<script::Constant> check_contact_field(const Value& literal, void* /*owner*/) {
  static constexpr std::string_view kFields[] = {"name", "uri", "q", "expires", "methods", "received", "params"};
  for (const std::string_view field : kFields) {
    if (field == literal.as_text()) return script::Constant{};
  }
  return base::fail("a Contact has the fields name, uri, q, expires, methods, received and params");
}

constexpr VariableTraits kAnyMessage{.takes_context = true};
constexpr VariableTraits kList{.indexable = true, .takes_context = true};

constexpr auto kRows = std::to_array({
    variable<&read_hdr>("hdr", "Value of a header by name; [n] counts its lines.",
                        {.sub_name = script::SubName::Required, .indexable = true, .takes_context = true}),
    variable<&read_hdr_name>("hdr_name", "Name of the n-th header.", kList),
    variable<&read_hdrcnt>("hdrcnt", "Number of lines of a header.",
                           {.sub_name = script::SubName::Required, .takes_context = true}),
    variable<&read_contact>("ct", "A Contact, as sent.", kList),
    variable<&read_contact_field>("ct.fields", "A field of a Contact.",
                                  {.sub_name = script::SubName::Required,
                                   .indexable = true,
                                   .takes_context = true,
                                   .compile_sub_name = &check_contact_field}),
    variable<&read_value<HeaderId::CallId>>("ci", "Call-ID.", kAnyMessage),
    variable<&read_cseq>("cs", "Number of CSeq.", kAnyMessage),
    older("$cs", variable<&read_cseq>("cseq", "Older spelling of $cs.", kAnyMessage)),
    variable<&read_content_length>("cl", "Content-Length.", kAnyMessage),
    variable<&read_value<HeaderId::UserAgent>>("ua", "User-Agent.", kAnyMessage),
    variable<&read_value<HeaderId::Path>>("path", "Path.", kAnyMessage),
    variable<&read_method>("rm", "Method; of a reply that of CSeq.", kAnyMessage),
    variable<&read_status>("rs", "Status of a reply.", kAnyMessage),
    variable<&read_reason>("rr", "Reason phrase of a reply.", kAnyMessage),
    variable<&read_bytes>("mb", "The whole message as received.", kAnyMessage),
    variable<&read_length>("ml", "Its length in bytes.", kAnyMessage),
    variable<&read_is_request>("msg.is_request", "1 for a request, 0 for a reply.", kAnyMessage),
    variable<&read_type>("msg.type", "\"request\" or \"reply\".", kAnyMessage),
});

}  // namespace

const std::span<const VariableDecl> kMessageVariables = kRows;

}  // namespace carillon::core
