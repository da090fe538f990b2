// SPDX-License-Identifier: Apache-2.0
// See sdp_lines.h.
#include "modules/sipmsgops/sdp_lines.h"

#include <cstdint>

#include "base/strings.h"

namespace carillon::sipmsgops {
namespace {

// What a hold is told by; the session's holds for a medium that has none of its own.
struct MediumState {
  std::string_view address;
  std::string_view direction;
};

bool is_direction(std::string_view attribute) {
  return attribute == "sendrecv" || attribute == "sendonly" || attribute == "recvonly" || attribute == "inactive";
}

void note(MediumState& state, const SdpLine& line) {
  if (line.type == 'c') state.address = sdp_word(line.value, 2);
  if (line.type == 'a' && is_direction(line.value)) state.direction = line.value;
}

Hold hold_of(const MediumState& medium) {
  if (medium.address == "0.0.0.0") return Hold::NullAddress;
  const bool held = medium.direction == "sendonly" || medium.direction == "inactive";
  return held ? Hold::Direction : Hold::None;
}

bool is_media_line(std::string_view value) {
  const std::string_view ports = sdp_word(value, 1);
  return !sdp_word(value, 0).empty() && base::parse_number<std::uint16_t>(ports.substr(0, ports.find('/'))) &&
         !sdp_word(value, 2).empty() && !sdp_word(value, 3).empty();
}

}  // namespace

std::optional<SdpLine> take_sdp_line(std::string_view& rest) {
  std::string_view line = base::take_until(rest, '\n');
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() < 2 || !base::is_alpha(line[0]) || line[1] != '=') return std::nullopt;
  return SdpLine{line[0], line.substr(2)};
}

std::string_view sdp_word(std::string_view value, unsigned n) {
  for (; n > 0; --n) static_cast<void>(base::take_until(value, ' '));
  return value.substr(0, value.find(' '));
}

std::string_view sdp_problem(std::string_view body) {
  if (!body.starts_with("v=0")) return "no v=0 line";
  bool origin = false;
  bool time = false;
  while (!body.empty()) {
    const auto line = take_sdp_line(body);
    if (!line) return "a line that is not x=value";
    origin = origin || line->type == 'o';
    time = time || line->type == 't';
    if (line->type == 'm' && !is_media_line(line->value)) return "bad m= line";
    if (line->type == 'c' && sdp_word(line->value, 2).empty()) return "bad c= line";
  }
  if (!origin) return "no o= line";
  return time ? std::string_view{} : "no t= line";
}

Hold audio_hold(std::string_view body) {
  MediumState session;
  MediumState medium;
  bool in_media = false;
  bool audio = false;
  while (!body.empty()) {
    const auto line = take_sdp_line(body);
    if (!line) continue;
    if (line->type == 'm') {
      if (audio && hold_of(medium) != Hold::None) break;
      in_media = true;
      audio = sdp_word(line->value, 0) == "audio";
      medium = session;
    } else {
      note(in_media ? medium : session, *line);
    }
  }
  return audio ? hold_of(medium) : Hold::None;
}

}  // namespace carillon::sipmsgops
