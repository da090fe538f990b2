// SPDX-License-Identifier: Apache-2.0
// See sdp_codecs.h.
#include "modules/sipmsgops/sdp_codecs.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/strings.h"

namespace carillon::sipmsgops {
namespace {

using sip::Sdp;
using sip::SdpField;
using sip::SdpMedia;
using sip::take_word;

// RFC 3551 section 6.
constexpr auto kStaticPayloads = std::to_array<Codec>({
    {"0", "PCMU", "8000"},    {"3", "GSM", "8000"},    {"4", "G723", "8000"},   {"5", "DVI4", "8000"},
    {"6", "DVI4", "16000"},   {"7", "LPC", "8000"},    {"8", "PCMA", "8000"},   {"9", "G722", "8000"},
    {"10", "L16", "44100/2"}, {"11", "L16", "44100"},  {"12", "QCELP", "8000"}, {"13", "CN", "8000"},
    {"14", "MPA", "90000"},   {"15", "G728", "8000"},  {"16", "DVI4", "11025"}, {"17", "DVI4", "22050"},
    {"18", "G729", "8000"},   {"25", "CelB", "90000"}, {"26", "JPEG", "90000"}, {"28", "nv", "90000"},
    {"31", "H261", "90000"},  {"32", "MPV", "90000"},  {"33", "MP2T", "90000"}, {"34", "H263", "90000"},
});

// Attributes whose value begins with the payload type they are about.
constexpr std::array<std::string_view, 4> kPayloadAttributes = {"rtpmap", "fmtp", "rtcp-fb", "imageattr"};

bool contains(std::span<const std::string_view> sorted, std::string_view one) {
  return std::ranges::binary_search(sorted, one);
}

// The payload type an attribute is about, and leaves the rest of its value; empty: it isn't about one.
std::string_view take_payload(std::string_view& value) {
  const std::string_view name = base::take_until(value, ':');
  if (std::ranges::find(kPayloadAttributes, name) == kPayloadAttributes.end()) return {};
  return take_word(value);
}

// "a=rtpmap:96 opus/48000/2"
std::optional<Codec> mapped_codec(const SdpField& field) {
  if (field.type != 'a' || !field.value.starts_with("rtpmap:")) return std::nullopt;
  std::string_view value = field.value;
  Codec codec;
  codec.payload = take_payload(value);
  codec.clock = take_word(value);
  codec.name = base::take_until(codec.clock, '/');
  return codec;
}

// An RTP stream and its codecs, in the order of its m= line.
struct Stream {
  Sdp::Range lines;
  SdpMedia media;
  std::vector<Codec> codecs;
};

// Whether a stream has codecs at all.
bool carries_rtp(const Sdp& sdp, Sdp::Range lines, const SdpMedia& media) {
  const bool rtp = media.transport.starts_with("RTP/") || media.transport.find("/RTP/") != std::string_view::npos;
  const std::string_view port = media.port.substr(0, media.port.find('/'));
  return rtp && (port != "0" || sdp.attribute(lines, "bundle-only"));
}

std::optional<Stream> rtp_stream(const Sdp& sdp, std::size_t n) {
  const Sdp::Range lines = sdp.stream(n);
  const auto media = SdpMedia::parse(sdp.field(lines.begin).value);
  if (!media || !carries_rtp(sdp, lines, *media)) return std::nullopt;
  std::vector<Codec> maps;
  for (std::size_t at = lines.begin; at < lines.end; ++at) {
    if (const auto codec = mapped_codec(sdp.field(at))) maps.push_back(*codec);
  }
  std::ranges::stable_sort(maps, {}, &Codec::payload);
  Stream stream{.lines = lines, .media = *media, .codecs = {}};
  std::string_view formats = media->formats;
  while (true) {
    const std::string_view payload = take_word(formats);
    if (payload.empty()) return stream;
    Codec codec{.payload = payload, .name = {}, .clock = {}};
    const auto map = std::ranges::lower_bound(maps, payload, {}, &Codec::payload);
    const auto known = std::ranges::find(kStaticPayloads, payload, &Codec::payload);
    if (map != maps.end() && map->payload == payload) {
      codec = *map;
    } else if (known != kStaticPayloads.end()) {
      codec = {.payload = payload, .name = known->name, .clock = known->clock};
    }
    stream.codecs.push_back(codec);
  }
}

std::string media_line(const SdpMedia& media, std::string_view port, std::span<const std::string_view> formats) {
  std::string line = "m=";
  line.append(media.media).append(" ").append(port).append(" ").append(media.transport);
  for (const std::string_view format : formats) line.append(" ").append(format);
  return line;
}

// "97 apt=96": the format that 97 repeats; empty for other parameters.
std::string_view repeated_format(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view one = base::trim(base::take_until(parameters, ';'));
    if (base::iequals(base::trim(base::take_until(one, '=')), "apt")) return base::trim(one);
  }
  return {};
}

// Adds to the sorted `doomed` the formats that repeat what is in it.
void add_repeating(const Sdp& sdp, const Stream& stream, std::vector<std::string_view>& doomed) {
  std::vector<std::string_view> repeating;
  for (std::size_t at = stream.lines.begin; at < stream.lines.end; ++at) {
    SdpField field = sdp.field(at);
    if (field.type != 'a' || !field.value.starts_with("fmtp:")) continue;
    const std::string_view payload = take_payload(field.value);
    if (contains(doomed, repeated_format(field.value))) repeating.push_back(payload);
  }
  doomed.insert(doomed.end(), repeating.begin(), repeating.end());
  std::ranges::sort(doomed);
}

// Marks what goes with the formats in `doomed`. `rejected`: the stream isn't offered any more.
void mark_attributes(const Sdp& sdp, const Stream& stream, std::span<const std::string_view> doomed, bool rejected,
                     std::vector<bool>& marks) {
  for (std::size_t at = stream.lines.begin; at < stream.lines.end; ++at) {
    SdpField field = sdp.field(at);
    if (field.type != 'a') continue;
    if (rejected && field.value == "bundle-only") marks[at] = true;
    const std::string_view payload = take_payload(field.value);
    if (!payload.empty() && contains(doomed, payload)) marks[at] = true;
  }
}

}  // namespace

bool has_codec(const Sdp& sdp, CodecFilter wanted) {
  for (std::size_t n = 0; n < sdp.streams(); ++n) {
    const auto stream = rtp_stream(sdp, n);
    if (stream && std::ranges::any_of(stream->codecs, wanted)) return true;
  }
  return false;
}

bool delete_codecs(Sdp& sdp, CodecFilter doomed) {
  std::vector<bool> marks(sdp.size());
  bool found = false;
  for (std::size_t n = 0; n < sdp.streams(); ++n) {
    const auto stream = rtp_stream(sdp, n);
    if (!stream) continue;
    std::vector<std::string_view> gone;
    for (const Codec& codec : stream->codecs) {
      if (doomed(codec)) gone.push_back(codec.payload);
    }
    if (gone.empty()) continue;
    found = true;
    std::ranges::sort(gone);
    add_repeating(sdp, *stream, gone);
    std::vector<std::string_view> left;
    for (const Codec& codec : stream->codecs) {
      if (!contains(gone, codec.payload)) left.push_back(codec.payload);
    }
    // An m= line has to have a format (RFC 8866 section 9), also that of a stream nobody wants (RFC 3264 section 6).
    const bool rejected = left.empty();
    if (rejected) left.push_back(stream->codecs.front().payload);
    mark_attributes(sdp, *stream, gone, rejected, marks);
    sdp.set_line(stream->lines.begin, media_line(stream->media, rejected ? "0" : stream->media.port, left));
  }
  if (found) sdp.erase_lines(marks);
  return found;
}

bool move_codecs(Sdp& sdp, CodecFilter wanted, End end) {
  bool found = false;
  for (std::size_t n = 0; n < sdp.streams(); ++n) {
    auto stream = rtp_stream(sdp, n);
    if (!stream) continue;
    const auto first_other = std::ranges::stable_partition(
        stream->codecs, [&](const Codec& codec) { return wanted(codec) == (end == End::Front); });
    const bool some = end == End::Front ? first_other.begin() != stream->codecs.begin() : !first_other.empty();
    if (!some) continue;
    found = true;
    std::vector<std::string_view> formats;
    for (const Codec& codec : stream->codecs) formats.push_back(codec.payload);
    sdp.set_line(stream->lines.begin, media_line(stream->media, stream->media.port, formats));
  }
  return found;
}

bool has_stream(const Sdp& sdp, StreamFilter wanted) {
  for (std::size_t n = 0; n < sdp.streams(); ++n) {
    const auto media = SdpMedia::parse(sdp.field(sdp.stream(n).begin).value);
    if (media && wanted(*media)) return true;
  }
  return false;
}

bool delete_streams(Sdp& sdp, StreamFilter doomed) {
  std::vector<std::size_t> gone;
  for (std::size_t n = 0; n < sdp.streams(); ++n) {
    const auto media = SdpMedia::parse(sdp.field(sdp.stream(n).begin).value);
    if (media && doomed(*media)) gone.push_back(n);
  }
  if (!gone.empty()) sdp.erase_streams(gone);
  return !gone.empty();
}

}  // namespace carillon::sipmsgops
