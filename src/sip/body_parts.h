// SPDX-License-Identifier: Apache-2.0
// What a body is made of (RFC 2046 section 5.1, RFC 5621): itself, or the parts of a multipart, read in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sip/message.h"

namespace carillon::sip {

// "application/sdp" of "application/sdp ; charset=utf-8"; as written, compared without regard to case.
[[nodiscard]] std::string_view media_type(std::string_view content_type);
[[nodiscard]] bool is_media_type(std::string_view content_type, std::string_view wanted);

inline constexpr std::string_view kSdpType = "application/sdp";

// One part, or the whole body when it is no multipart. Views into the body.
struct BodyPart {
  std::string_view text;     // headers, the empty line and the content
  std::string_view headers;  // lines with their line ends; empty for a body that is no multipart
  std::string_view type;     // Content-Type as written; where there is none, what RFC 2046 and scripts take it for
  std::string_view content;
  std::uint16_t level = 0;  // of a part of a part 1, and so on
  // Content-Encoding or Content-Transfer-Encoding: the content can't be read as what its type says.
  bool encoded = false;
  bool is_multipart = false;  // its parts follow it
};

[[nodiscard]] inline bool is_readable_sdp(const BodyPart& part) {
  return !part.encoded && is_media_type(part.type, kSdpType);
}

class BodyParts {
 public:
  // A body of more parts, and what is nested deeper, is not taken apart.
  struct Limits {
    std::size_t parts = 100;
    std::size_t levels = 8;
  };

  // Nothing fails: a multipart without a boundary, or in which the boundary never occurs, is one part. The last part
  // of a multipart that isn't closed reaches to the end. `content_type` empty: the body is taken for SDP.
  BodyParts(std::string_view content_type, std::string_view content_encoding, std::string_view body,
            const Limits& limits);
  BodyParts(std::string_view content_type, std::string_view content_encoding, std::string_view body)
      : BodyParts(content_type, content_encoding, body, Limits()) {}
  explicit BodyParts(const Message& message);

  [[nodiscard]] bool is_multipart() const { return is_multipart_; }
  // In the order of the body; a multipart stands before what it is made of.
  [[nodiscard]] std::span<const BodyPart> all() const { return parts_; }
  // The n-th part of the body itself, or of all that are of `type`; negative from the end. Null when there is none.
  [[nodiscard]] const BodyPart* at(std::int64_t n) const;
  [[nodiscard]] const BodyPart* find(std::string_view type, std::int64_t n = 0) const;
  // The first session description that can be read.
  [[nodiscard]] const BodyPart* sdp() const;

 private:
  // False: there are too many parts.
  [[nodiscard]] bool split(std::string_view boundary, std::string_view content, std::string_view default_type,
                           std::uint16_t level, const Limits& limits);
  [[nodiscard]] bool add(std::string_view text, std::string_view default_type, std::uint16_t level,
                         const Limits& limits);

  std::vector<BodyPart> parts_;
  bool is_multipart_ = false;
};

// The boundary parameter of a multipart's Content-Type, unquoted; nothing when it is no multipart or has none.
[[nodiscard]] std::optional<std::string> multipart_boundary(std::string_view content_type);

// The value of the first header of this id, or name, among a part's header lines; nothing when there is none.
[[nodiscard]] std::optional<std::string_view> part_header(std::string_view headers, HeaderId id);
[[nodiscard]] std::optional<std::string_view> part_header(std::string_view headers, std::string_view name);

}  // namespace carillon::sip
