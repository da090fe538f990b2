// SPDX-License-Identifier: Apache-2.0
// Codecs and streams of the session description. See sipmsgops.h.
#include "base/function_ref.h"
#include "base/log.h"
#include "base/strings.h"
#include "modules/sipmsgops/sdp_codecs.h"
#include "modules/sipmsgops/sdp_questions.h"
#include "modules/sipmsgops/sipmsgops.h"
#include "sip/edited_body.h"

namespace carillon::sipmsgops {

using namespace module;

namespace {

// Shows the description as edited so far to `act`, and keeps what that made of it when it says that it changed it.
enum class Act : std::uint8_t { Ask, Change };
Verdict with_sdp(RouteContext& context, Act act, base::FunctionRef<bool(sip::Sdp&)> run) {
  const sip::EditedBody body(context.message(), context.decision.edits);
  const sip::BodyPart* part = body.parts().sdp();
  if (part == nullptr) return kFalse;
  auto sdp = sip::Sdp::parse(part->content);
  if (!sdp) {
    log::info("{}", sdp.error().message);
    return kFalse;
  }
  if (!run(*sdp)) return kFalse;
  if (act == Act::Change) sip::set_sdp(context.decision.edits, context.message(), sdp->text());
  return kTrue;
}

// By name, and by clock rate with or without the number of channels; case doesn't matter.
class Named {
 public:
  Named(std::string_view name, std::optional<std::string_view> clock) : name_(name), clock_(clock) {}
  bool operator()(const Codec& codec) const {
    if (!base::iequals(codec.name, name_)) return false;
    return !clock_ || base::iequals(codec.clock, *clock_) ||
           base::iequals(codec.clock.substr(0, codec.clock.find('/')), *clock_);
  }

 private:
  std::string_view name_;
  std::optional<std::string_view> clock_;
};

bool matches(const Pattern& pattern, std::string_view text) { return pattern->matches(text).value_or(false); }

class Matching {
 public:
  explicit Matching(const Pattern& pattern) : pattern_(pattern) {}
  bool operator()(const Codec& codec) const { return matches(pattern_, codec.name); }

 private:
  const Pattern& pattern_;
};

class StreamOf {
 public:
  StreamOf(const Pattern& media, const std::optional<Pattern>& transport) : media_(media), transport_(transport) {}
  bool operator()(const sip::SdpMedia& stream) const {
    return matches(media_, stream.media) && (!transport_ || matches(*transport_, stream.transport));
  }

 private:
  const Pattern& media_;
  const std::optional<Pattern>& transport_;
};

Verdict exists(RouteContext& context, CodecFilter wanted) {
  return with_sdp(context, Act::Ask, [&](const sip::Sdp& sdp) { return has_codec(sdp, wanted); });
}
Verdict remove(RouteContext& context, CodecFilter doomed) {
  return with_sdp(context, Act::Change, [&](sip::Sdp& sdp) { return delete_codecs(sdp, doomed); });
}
Verdict move(RouteContext& context, CodecFilter wanted, End end) {
  return with_sdp(context, Act::Change, [&](sip::Sdp& sdp) { return move_codecs(sdp, wanted, end); });
}

}  // namespace

Verdict Sipmsgops::codec_exists(RouteContext& context, Text name, OptionalText clock) {
  return exists(context, Named(name, clock));
}

Verdict Sipmsgops::codec_exists_re(RouteContext& context, const Pattern& name) {
  return exists(context, Matching(name));
}

Verdict Sipmsgops::codec_delete(RouteContext& context, Text name, OptionalText clock) {
  return remove(context, Named(name, clock));
}

Verdict Sipmsgops::codec_delete_re(RouteContext& context, const Pattern& name) {
  return remove(context, Matching(name));
}

Verdict Sipmsgops::codec_delete_except_re(RouteContext& context, const Pattern& name) {
  return remove(context, std::not_fn(Matching(name)));
}

Verdict Sipmsgops::codec_move_up(RouteContext& context, Text name, OptionalText clock) {
  return move(context, Named(name, clock), End::Front);
}

Verdict Sipmsgops::codec_move_up_re(RouteContext& context, const Pattern& name) {
  return move(context, Matching(name), End::Front);
}

Verdict Sipmsgops::codec_move_down(RouteContext& context, Text name, OptionalText clock) {
  return move(context, Named(name, clock), End::Back);
}

Verdict Sipmsgops::codec_move_down_re(RouteContext& context, const Pattern& name) {
  return move(context, Matching(name), End::Back);
}

Verdict Sipmsgops::stream_exists(RouteContext& context, const Pattern& media, const std::optional<Pattern>& transport) {
  return with_sdp(context, Act::Ask, [&](const sip::Sdp& sdp) { return has_stream(sdp, StreamOf(media, transport)); });
}

Verdict Sipmsgops::stream_delete(RouteContext& context, const Pattern& media, const std::optional<Pattern>& transport) {
  return with_sdp(context, Act::Change, [&](sip::Sdp& sdp) { return delete_streams(sdp, StreamOf(media, transport)); });
}

Verdict Sipmsgops::is_audio_on_hold(RouteContext& context) {
  const sip::EditedBody body(context.message(), context.decision.edits);
  const sip::BodyPart* part = body.parts().sdp();
  switch (part != nullptr ? audio_hold(part->content) : Hold::None) {
    case Hold::NullAddress:
      return 1;
    case Hold::Direction:
      return 2;
    case Hold::None:
      break;
  }
  return kFalse;
}

}  // namespace carillon::sipmsgops
