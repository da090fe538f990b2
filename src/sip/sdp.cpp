// SPDX-License-Identifier: Apache-2.0
// See sdp.h.
#include "sip/sdp.h"

#include <algorithm>

#include "base/strings.h"

namespace carillon::sip {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// `words` without those in the sorted `names`; nothing when there are none of them.
std::optional<std::string> without(std::string_view words, std::span<const std::string_view> names) {
  std::string left;
  bool found = false;
  while (true) {
    const std::string_view word = take_word(words);
    if (word.empty()) break;
    if (std::ranges::binary_search(names, word)) {
      found = true;
      continue;
    }
    if (!left.empty()) left += ' ';
    left += word;
  }
  if (!found) return std::nullopt;
  return left;
}

}  // namespace

std::string_view take_word(std::string_view& rest) {
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

SdpField SdpField::parse(std::string_view line) {
  if (line.size() < 2 || !base::is_alpha(line[0]) || line[1] != '=') return {};
  return {.type = line[0], .value = line.substr(2)};
}

std::optional<SdpMedia> SdpMedia::parse(std::string_view value) {
  SdpMedia media;
  media.media = take_word(value);
  media.port = take_word(value);
  media.transport = take_word(value);
  while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
  media.formats = value;
  if (media.transport.empty()) return std::nullopt;
  return media;
}

base::Result<Sdp> Sdp::parse(std::string_view text, const Limits& limits) {
  const auto ends = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  if (ends > limits.lines)
    return base::fail("a session description of more than " + std::to_string(limits.lines) + " lines");
  Sdp sdp;
  sdp.lines_.reserve(ends + 1);
  split(text, sdp.lines_);
  sdp.find_streams();
  return sdp;
}

void Sdp::split(std::string_view text, std::vector<Line>& into) {
  while (!text.empty()) {
    const std::size_t line_feed = text.find('\n');
    if (line_feed == std::string_view::npos) {
      into.push_back({text, {}});
      return;
    }
    const std::size_t end = line_feed > 0 && text[line_feed - 1] == '\r' ? line_feed - 1 : line_feed;
    into.push_back({text.substr(0, end), text.substr(end, line_feed + 1 - end)});
    text.remove_prefix(line_feed + 1);
  }
}

void Sdp::find_streams() {
  media_.clear();
  for (std::size_t n = 0; n < lines_.size(); ++n) {
    if (lines_[n].text.starts_with("m=")) media_.push_back(n);
  }
}

std::optional<std::string_view> Sdp::attribute(Range range, std::string_view name) const {
  for (std::size_t n = range.begin; n < range.end; ++n) {
    SdpField one = field(n);
    if (one.type == 'a' && base::take_until(one.value, ':') == name) return one.value;
  }
  return std::nullopt;
}

std::string_view Sdp::usual_end() const {
  return lines_.empty() || lines_.front().end != "\n" ? std::string_view("\r\n") : std::string_view("\n");
}

void Sdp::set_line(std::size_t n, std::string_view text) {
  const bool was_media = lines_[n].text.starts_with("m=");
  lines_[n].text = own_.emplace_front(text);
  if (was_media != lines_[n].text.starts_with("m=")) find_streams();
}

void Sdp::replace(Range range, std::string_view text) {
  std::vector<Line> added;
  if (!text.empty()) split(own_.emplace_front(text), added);
  const std::string_view end = usual_end();
  for (Line& line : added) line.end = end;
  if (range.begin > 0 && lines_[range.begin - 1].end.empty()) lines_[range.begin - 1].end = end;
  const auto begin = lines_.begin() + static_cast<std::ptrdiff_t>(range.begin);
  const std::size_t common = std::min(added.size(), range.end - range.begin);
  const auto rest = added.begin() + static_cast<std::ptrdiff_t>(common);
  const auto behind = std::copy(added.begin(), rest, begin);
  if (rest != added.end()) {
    lines_.insert(behind, rest, added.end());
  } else {
    lines_.erase(behind, lines_.begin() + static_cast<std::ptrdiff_t>(range.end));
  }
  find_streams();
}

void Sdp::erase_lines(const std::vector<bool>& doomed) {
  std::size_t kept = 0;
  for (std::size_t n = 0; n < lines_.size(); ++n) {
    if (!doomed[n]) lines_[kept++] = lines_[n];
  }
  lines_.resize(kept);
  find_streams();
}

void Sdp::erase_streams(std::span<const std::size_t> streams) {
  std::vector<bool> doomed(lines_.size());
  std::vector<std::string_view> names;
  for (const std::size_t n : streams) {
    const Range lines = stream(n);
    if (const auto name = attribute(lines, "mid")) names.push_back(*name);
    for (std::size_t at = lines.begin; at < lines.end; ++at) doomed[at] = true;
  }
  std::ranges::sort(names);
  erase_lines(doomed);
  leave_groups(names);
}

void Sdp::leave_groups(std::span<const std::string_view> names) {
  if (names.empty()) return;
  const Range lines = session();
  for (std::size_t n = lines.begin; n < lines.end; ++n) {
    if (!line(n).starts_with("a=group:")) continue;
    if (const auto left = without(line(n), names)) set_line(n, *left);
  }
}

std::string Sdp::text(Range range) const {
  std::string text;
  std::size_t size = 0;
  for (std::size_t n = range.begin; n < range.end; ++n) size += lines_[n].text.size() + lines_[n].end.size();
  text.reserve(size);
  for (std::size_t n = range.begin; n < range.end; ++n) text.append(lines_[n].text).append(lines_[n].end);
  return text;
}

}  // namespace carillon::sip
