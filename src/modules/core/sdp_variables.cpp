// SPDX-License-Identifier: Apache-2.0
// $sdp and its pieces: the session description of the message as edited so far, by whomever. A change is an edit of the
// body like any other. See variables.h and sdp_filter.h.
#include <memory>
#include <string>
#include <utility>

#include "modules/core/sdp_filter.h"
#include "modules/core/variables.h"
#include "script/transformations.h"
#include "sip/edited_body.h"

namespace carillon::core {
namespace {

using namespace module;
using script::ReadResult;
using script::Value;
using script::VariableRef;
using Scope = SdpFilter::Scope;

// The body that a variable is about: of the route's own message with its edits, of another one as received.
struct SdpOf {
  SdpOf(RouteContext& context, const sip::Message& message)
      : body(message, &message == &context.message() ? context.decision.edits : none), part(body.parts().sdp()) {}

  const sip::EditList none;
  const sip::EditedBody body;
  const sip::BodyPart* const part;  // null: there is no description, or none that can be read
};

// A piece of the description as a value.
Value value_of(RouteContext& context, const SdpOf& sdp, std::string_view piece) {
  return Value::text(sdp.body.as_received() ? piece : context.keep(piece));
}

Value read_sdp(RouteContext& context, const VariableRef& ref) {
  const sip::Message* message = context.message_in(ref.context);
  if (message == nullptr) return Value::null();
  const SdpOf sdp(context, *message);
  return sdp.part != nullptr && !sdp.part->content.empty() ? value_of(context, sdp, sdp.part->content) : Value::null();
}

base::Result<> check_own(RouteContext& context, const VariableRef& ref) {
  if (context.message_in(ref.context) == &context.message()) return {};
  return base::fail("only the message that the route runs on can be changed");
}

base::Result<> write_sdp(RouteContext& context, const VariableRef& ref, const Value& value) {
  if (auto own = check_own(context, ref); !own) return own;
  sip::set_sdp(context.decision.edits, context.message(), script::to_text(value, context.arena()));
  return {};
}

// --- what a filter finds

// The filter of a variable: made with the script, or now when it has variables in it.
template <Scope scope>
base::Result<std::shared_ptr<const SdpFilter>> filter_of(const VariableRef& ref) {
  if (ref.compiled != nullptr) {
    return std::shared_ptr<const SdpFilter>(std::shared_ptr<const SdpFilter>(),
                                            static_cast<const SdpFilter*>(ref.compiled));
  }
  auto filter = SdpFilter::parse(ref.sub_name, scope);
  if (!filter) return std::unexpected(std::move(filter.error()));
  return std::make_shared<const SdpFilter>(std::move(*filter));
}

template <Scope scope>
base::Result<script::Constant> compile_filter(const Value& literal, void* /*owner*/) {
  auto filter = SdpFilter::parse(literal.as_text(), scope);
  if (!filter) return std::unexpected(std::move(filter.error()));
  return std::make_shared<const SdpFilter>(std::move(*filter));
}

// Calls `read(sdp, lines, match)` on what the variable's filter finds.
template <Scope scope, typename Read>
ReadResult find(RouteContext& context, const VariableRef& ref, Read read) {
  const auto filter = filter_of<scope>(ref);
  if (!filter) return ReadResult::error();
  const sip::Message* message = context.message_in(ref.context);
  if (message == nullptr) return Value::null();
  const SdpOf sdp(context, *message);
  if (sdp.part == nullptr) return Value::null();
  const auto lines = sip::Sdp::parse(sdp.part->content);
  if (!lines) return Value::null();
  const auto match = (*filter)->find(*lines);
  return match ? read(sdp, *lines, *match) : Value::null();
}

template <Scope scope>
ReadResult read_piece(RouteContext& context, const VariableRef& ref) {
  return find<scope>(context, ref, [&](const SdpOf& sdp, const sip::Sdp& lines, const SdpFilter::Match& match) {
    if (match.whole) return Value::text(context.keep(lines.text(match.lines)));
    std::string_view text = lines.line(match.lines.begin);
    if (match.token) text = text.substr(match.token->begin, match.token->end - match.token->begin);
    return value_of(context, sdp, text);
  });
}

ReadResult read_stream_index(RouteContext& context, const VariableRef& ref) {
  return find<Scope::Stream>(context, ref, [](const SdpOf&, const sip::Sdp&, const SdpFilter::Match& match) {
    return Value::integer(static_cast<std::int64_t>(match.lines.begin));
  });
}

template <Scope scope>
base::Result<> write_piece(RouteContext& context, const VariableRef& ref, const Value& value) {
  const auto filter = filter_of<scope>(ref);
  if (!filter) return std::unexpected(filter.error());
  if (auto own = check_own(context, ref); !own) return own;
  const SdpOf sdp(context, context.message());
  if (sdp.part == nullptr && value.is_null()) return {};
  if (sdp.part == nullptr) return base::fail("there is no session description");
  auto lines = sip::Sdp::parse(sdp.part->content);
  if (!lines) return std::unexpected(std::move(lines.error()));
  const auto match = (*filter)->find(*lines);
  if (value.is_null()) {
    if (!match) return {};
    (*filter)->remove(*lines, *match);
  } else {
    if (!match) return base::fail("the session description has no such line");
    auto assigned = (*filter)->assign(*lines, *match, script::to_text(value, context.arena()));
    if (!assigned) return assigned;
  }
  sip::set_sdp(context.decision.edits, context.message(), lines->text());
  return {};
}

template <Scope scope>
constexpr VariableTraits kFiltered{
    .sub_name = script::SubName::Optional, .takes_context = true, .compile_sub_name = &compile_filter<scope>};

constexpr auto kRows = std::to_array({
    variable<&read_sdp, &write_sdp>("sdp", "The session description as edited so far; NULL removes it.",
                                    {.takes_context = true}),
    variable<&read_piece<Scope::Lines>, &write_piece<Scope::Lines>>(
        "sdp.line", "A line, or a token of it: (prefix[n]/token[n]); NULL removes it.", kFiltered<Scope::Lines>),
    variable<&read_piece<Scope::Session>, &write_piece<Scope::Session>>(
        "sdp.session", "Likewise of what stands before the first m= line; without a filter all of it.",
        kFiltered<Scope::Session>),
    variable<&read_piece<Scope::Stream>, &write_piece<Scope::Stream>>(
        "sdp.stream", "Likewise of a stream: (media[n]/prefix[n]/token[n]); without a line the whole stream.",
        kFiltered<Scope::Stream>),
    variable<&read_stream_index>("sdp.stream.idx",
                                 "The number of the line that such a filter finds, for $sdp.line([n]).",
                                 kFiltered<Scope::Stream>),
});

}  // namespace

const std::span<const VariableDecl> kSdpVariables = kRows;

}  // namespace carillon::core
