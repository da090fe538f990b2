// SPDX-License-Identifier: Apache-2.0
// A session description (RFC 8866) line by line: read in place, changed line by line. Untouched lines are written as
// they came, whatever they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace carillon::sip {

// "x=value" taken apart; a type of NUL: the line is something else.
struct SdpField {
  char type = '\0';
  std::string_view value;
  [[nodiscard]] static SdpField parse(std::string_view line);
};

// The value of an m= line.
struct SdpMedia {
  std::string_view media;      // "audio"
  std::string_view port;       // "49170/2", as written
  std::string_view transport;  // "RTP/AVP"
  std::string_view formats;    // "0 8 101"
  [[nodiscard]] static std::optional<SdpMedia> parse(std::string_view value);
};

// Cuts the first word off `rest`; words are parted by blanks. Empty: there is none left.
[[nodiscard]] std::string_view take_word(std::string_view& rest);

class Sdp {
 public:
  struct Limits {
    std::size_t lines = 4'000;
  };
  // Views into `text`. Lines end with CR LF or with LF alone; the last one may lack its end.
  [[nodiscard]] static base::Result<Sdp> parse(std::string_view text, const Limits& limits);
  [[nodiscard]] static base::Result<Sdp> parse(std::string_view text) { return parse(text, Limits()); }

  Sdp(Sdp&&) = default;  // not to be copied: lines point to own texts
  Sdp& operator=(Sdp&&) = default;

  // Lines by number; [begin, end).
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
    [[nodiscard]] bool empty() const { return begin == end; }
  };
  [[nodiscard]] std::size_t size() const { return lines_.size(); }
  [[nodiscard]] std::string_view line(std::size_t n) const { return lines_[n].text; }  // without its line end
  [[nodiscard]] SdpField field(std::size_t n) const { return SdpField::parse(line(n)); }
  [[nodiscard]] Range all() const { return {0, lines_.size()}; }
  // What stands before the first m= line.
  [[nodiscard]] Range session() const { return {0, media_.empty() ? lines_.size() : media_.front()}; }
  [[nodiscard]] std::size_t streams() const { return media_.size(); }
  // An m= line and what belongs to it.
  [[nodiscard]] Range stream(std::size_t n) const {
    return {media_[n], n + 1 < media_.size() ? media_[n + 1] : lines_.size()};
  }
  // Of the first line in `range` that is an attribute of this name; empty when it has no value, nothing when there is
  // none.
  [[nodiscard]] std::optional<std::string_view> attribute(Range range, std::string_view name) const;

  // Puts one line, without its line end, in the place of another.
  void set_line(std::size_t n, std::string_view text);
  // Puts the lines of `text` in place of those of `range`; whether their last has a line end makes no difference.
  void replace(Range range, std::string_view text);
  void erase(Range range) { replace(range, {}); }
  // `doomed`: of each line whether it goes.
  void erase_lines(const std::vector<bool>& doomed);
  // Streams, and their names in the groups of the session (RFC 5888: a group names streams that are there).
  void erase_streams(std::span<const std::size_t> streams);

  [[nodiscard]] std::string text() const { return text(all()); }
  [[nodiscard]] std::string text(Range range) const;

 private:
  struct Line {
    std::string_view text;
    std::string_view end;  // "\r\n", "\n", or nothing
  };

  Sdp() = default;
  static void split(std::string_view text, std::vector<Line>& into);
  void find_streams();
  void leave_groups(std::span<const std::string_view> names);
  [[nodiscard]] std::string_view usual_end() const;

  std::vector<Line> lines_;
  std::vector<std::size_t> media_;      // the m= lines
  std::forward_list<std::string> own_;  // texts of changed lines
};

}  // namespace carillon::sip
