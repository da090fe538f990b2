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

// Whether there is a session description and it is what `ask` looks for; as edited so far.
Verdict with_sdp(RouteContext& context, base::FunctionRef<bool(sip::Sdp&)> ask) {
  const sip::EditedBody body(context.message(), context.decision.edits);
  const sip::BodyPart* part = body.parts().sdp();
  if (part == nullptr) return kFalse;
  auto sdp = sip::Sdp::parse(part->content);
  if (sdp) return Verdict::of(ask(*sdp));
  log::info("{}", sdp.error().message);
  return kFalse;
}

// What `edit` makes of the description is kept when it returns true.
Verdict edit_sdp(RouteContext& context, base::FunctionRef<bool(sip::Sdp&)> edit) {
  return with_sdp(context, [&](sip::Sdp& sdp) {
    if (!edit(sdp)) return false;
    sip::set_sdp(context.decision.edits, context.message(), sdp.text());
    return true;
  });
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

// Regular expressions on names that a stranger chose. One that gives up on a name neither keeps nor removes anything.
class Search {
 public:
  bool matches(const Pattern& pattern, std::string_view text) {
    const auto found = pattern->matches(text);
    if (!found && !failed_) log::warning("'{}': {}", pattern->pattern(), found.error().message);
    failed_ = failed_ || !found;
    return found.value_or(false);
  }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  bool failed_ = false;
};

Verdict move_matching(RouteContext& context, const Pattern& name, End end) {
  return edit_sdp(context, [&](sip::Sdp& sdp) {
    Search search;
    const auto wanted = [&](const Codec& codec) { return search.matches(name, codec.name); };
    return move_codecs(sdp, wanted, end) && !search.failed();
  });
}

bool is_stream(Search& search, const sip::SdpMedia& stream, const Pattern& media,
               const std::optional<Pattern>& transport) {
  return search.matches(media, stream.media) && (!transport || search.matches(*transport, stream.transport));
}

}  // namespace

Verdict Sipmsgops::codec_exists(RouteContext& context, Text name, OptionalText clock) {
  return with_sdp(context, [&](const sip::Sdp& sdp) { return has_codec(sdp, Named(name, clock)); });
}

Verdict Sipmsgops::codec_exists_re(RouteContext& context, const Pattern& name) {
  return with_sdp(context, [&](const sip::Sdp& sdp) {
    Search search;
    return has_codec(sdp, [&](const Codec& codec) { return search.matches(name, codec.name); });
  });
}

Verdict Sipmsgops::codec_delete(RouteContext& context, Text name, OptionalText clock) {
  return edit_sdp(context, [&](sip::Sdp& sdp) { return delete_codecs(sdp, Named(name, clock)); });
}

Verdict Sipmsgops::codec_delete_re(RouteContext& context, const Pattern& name) {
  return edit_sdp(context, [&](sip::Sdp& sdp) {
    Search search;
    const auto doomed = [&](const Codec& codec) { return search.matches(name, codec.name); };
    return delete_codecs(sdp, doomed) && !search.failed();
  });
}

Verdict Sipmsgops::codec_delete_except_re(RouteContext& context, const Pattern& name) {
  return edit_sdp(context, [&](sip::Sdp& sdp) {
    Search search;
    const auto doomed = [&](const Codec& codec) { return !search.matches(name, codec.name); };
    return delete_codecs(sdp, doomed) && !search.failed();
  });
}

Verdict Sipmsgops::codec_move_up(RouteContext& context, Text name, OptionalText clock) {
  return edit_sdp(context, [&](sip::Sdp& sdp) { return move_codecs(sdp, Named(name, clock), End::Front); });
}

Verdict Sipmsgops::codec_move_up_re(RouteContext& context, const Pattern& name) {
  return move_matching(context, name, End::Front);
}

Verdict Sipmsgops::codec_move_down(RouteContext& context, Text name, OptionalText clock) {
  return edit_sdp(context, [&](sip::Sdp& sdp) { return move_codecs(sdp, Named(name, clock), End::Back); });
}

Verdict Sipmsgops::codec_move_down_re(RouteContext& context, const Pattern& name) {
  return move_matching(context, name, End::Back);
}

Verdict Sipmsgops::stream_exists(RouteContext& context, const Pattern& media, const std::optional<Pattern>& transport) {
  return with_sdp(context, [&](const sip::Sdp& sdp) {
    Search search;
    return has_stream(sdp, [&](const sip::SdpMedia& one) { return is_stream(search, one, media, transport); });
  });
}

Verdict Sipmsgops::stream_delete(RouteContext& context, const Pattern& media, const std::optional<Pattern>& transport) {
  return edit_sdp(context, [&](sip::Sdp& sdp) {
    Search search;
    const auto doomed = [&](const sip::SdpMedia& one) { return is_stream(search, one, media, transport); };
    return delete_streams(sdp, doomed) && !search.failed();
  });
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
