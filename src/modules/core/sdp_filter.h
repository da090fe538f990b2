// SPDX-License-Identifier: Apache-2.0
// What stands in the parentheses of $sdp.line(), $sdp.session() and $sdp.stream(): "stream/line/token", each of them
// "prefix[index]". A slash that belongs to a prefix is written \/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sip/sdp.h"

namespace carillon::core {

// Of the things that begin with `prefix` the one at `index`, negative from the end; without an index the first.
struct SdpChoice {
  std::string prefix;
  std::optional<std::int32_t> index;
};

// A line taken apart into the words that can be addressed: those of an a= line are those of its value, "bitrate=64" and
// "x=y" of "a=fmtp:115 bitrate=64;x=y" among them.
struct SdpToken {
  std::size_t begin = 0;  // in the line
  std::size_t end = 0;
};

class SdpFilter {
 public:
  // What a variable looks through.
  enum class Scope : std::uint8_t { Lines, Session, Stream };

  [[nodiscard]] static base::Result<SdpFilter> parse(std::string_view text, Scope scope);

  // What was found; valid until the description changes.
  struct Match {
    sip::Sdp::Range lines;          // one line, or all of a session part or stream
    std::optional<SdpToken> token;  // in the only line
    bool whole = false;             // no single line was asked for
  };
  [[nodiscard]] std::optional<Match> find(const sip::Sdp& sdp) const;

  // A value takes the place of what was found. One that begins with the prefix asked for takes the place of the whole
  // line or token; any other comes behind the prefix: "bitrate=" = 64. Fails when the value can't stand there.
  [[nodiscard]] base::Result<> assign(sip::Sdp& sdp, const Match& match, std::string_view value) const;
  // A whole stream or session part, a line, or a token with a separator beside it.
  void remove(sip::Sdp& sdp, const Match& match) const;

 private:
  [[nodiscard]] std::optional<Match> find_line(const sip::Sdp& sdp, sip::Sdp::Range range) const;
  [[nodiscard]] std::optional<SdpToken> find_token(std::string_view line) const;
  [[nodiscard]] base::Result<> assign_whole(sip::Sdp& sdp, const Match& match, std::string_view value) const;
  [[nodiscard]] base::Result<> assign_line(sip::Sdp& sdp, const Match& match, std::string_view value) const;

  Scope scope_ = Scope::Lines;
  SdpChoice stream_;
  std::optional<SdpChoice> line_;
  std::optional<SdpChoice> token_;
};

}  // namespace carillon::core
