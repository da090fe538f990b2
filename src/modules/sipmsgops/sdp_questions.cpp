// SPDX-License-Identifier: Apache-2.0
// See sdp_questions.h.
#include "modules/sipmsgops/sdp_questions.h"

#include "base/strings.h"
#include "sip/sdp.h"

namespace carillon::sipmsgops {
namespace {

using sip::Sdp;
using sip::SdpField;
using sip::SdpMedia;

// What a hold is told by; the session's holds for a medium that has none of its own.
struct MediumState {
  std::string_view address;
  std::string_view direction;
};

bool is_direction(std::string_view attribute) {
  return attribute == "sendrecv" || attribute == "sendonly" || attribute == "recvonly" || attribute == "inactive";
}

// The address of a c= line; empty when it has none.
std::string_view address_of(std::string_view value) {
  static_cast<void>(sip::take_word(value));
  static_cast<void>(sip::take_word(value));
  return sip::take_word(value);
}

MediumState state_of(const Sdp& sdp, Sdp::Range lines, MediumState state) {
  for (std::size_t n = lines.begin; n < lines.end; ++n) {
    const SdpField field = sdp.field(n);
    if (field.type == 'c') state.address = address_of(field.value);
    if (field.type == 'a' && is_direction(field.value)) state.direction = field.value;
  }
  return state;
}

Hold hold_of(const MediumState& medium) {
  if (medium.address == "0.0.0.0") return Hold::NullAddress;
  const bool held = medium.direction == "sendonly" || medium.direction == "inactive";
  return held ? Hold::Direction : Hold::None;
}

bool is_media_line(std::string_view value) {
  const auto media = SdpMedia::parse(value);
  return media && !media->formats.empty() &&
         base::parse_number<std::uint16_t>(media->port.substr(0, media->port.find('/')));
}

}  // namespace

std::string_view sdp_problem(std::string_view text) {
  if (!text.starts_with("v=0")) return "no v=0 line";
  const auto sdp = Sdp::parse(text);
  if (!sdp) return "too many lines";
  bool origin = false;
  bool time = false;
  for (std::size_t n = 0; n < sdp->size(); ++n) {
    const SdpField field = sdp->field(n);
    if (field.type == '\0') return "a line that is not x=value";
    origin = origin || field.type == 'o';
    time = time || field.type == 't';
    if (field.type == 'm' && !is_media_line(field.value)) return "bad m= line";
    if (field.type == 'c' && address_of(field.value).empty()) return "bad c= line";
  }
  if (!origin) return "no o= line";
  return time ? std::string_view{} : "no t= line";
}

Hold audio_hold(std::string_view text) {
  const auto sdp = Sdp::parse(text);
  if (!sdp) return Hold::None;
  const MediumState session = state_of(*sdp, sdp->session(), {});
  for (std::size_t n = 0; n < sdp->streams(); ++n) {
    const Sdp::Range lines = sdp->stream(n);
    std::string_view media = sdp->field(lines.begin).value;
    if (sip::take_word(media) != "audio") continue;
    if (const Hold hold = hold_of(state_of(*sdp, lines, session)); hold != Hold::None) return hold;
  }
  return Hold::None;
}

}  // namespace carillon::sipmsgops
