// SPDX-License-Identifier: Apache-2.0
// The text of a script in memory: from a byte back to its file, line and column.
#include "script/source.h"

#include <algorithm>

#include "base/strings.h"

namespace carillon::script {

Source Source::from_text(std::string_view text, std::string_view name) {
  Source source;
  source.text_ = text;
  source.files_.emplace_back(name);
  source.originals_.emplace_back(text);
  source.segments_.push_back({0, 0, 1});
  source.index_lines();
  return source;
}

void Source::index_lines() {
  line_starts_.assign(1, 0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }
}

Position Source::position(std::size_t offset, std::size_t length) const {
  offset = std::min(offset, text_.size());
  const auto line_of = [this](std::size_t at) {
    const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), at);
    return static_cast<std::size_t>(next - line_starts_.begin()) - 1;
  };
  const auto after = std::upper_bound(segments_.begin(), segments_.end(), offset,
                                      [](std::size_t at, const Segment& segment) { return at < segment.begin; });
  const Segment& segment = after == segments_.begin() ? segments_.front() : *(after - 1);
  const std::size_t line = line_of(offset);
  Position position;
  position.file = segment.file;
  position.line = segment.line + static_cast<std::uint32_t>(line - line_of(segment.begin));
  position.column = static_cast<std::uint32_t>(offset - line_starts_[line]) + 1;
  position.length = static_cast<std::uint32_t>(std::max<std::size_t>(length, 1));
  return position;
}

std::string_view Source::line_text(const Position& position) const {
  if (position.line == 0 || position.file >= originals_.size()) return {};
  std::string_view rest = originals_[position.file];
  for (std::uint32_t line = 1; line < position.line; ++line) {
    const std::size_t newline = rest.find('\n');
    if (newline == std::string_view::npos) return {};
    rest.remove_prefix(newline + 1);
  }
  rest = rest.substr(0, rest.find('\n'));
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  return rest;
}

Position Source::end_of(const Position& position) const {
  Position end = position;
  if (position.line == 0 || position.file >= originals_.size()) return end;
  std::string_view rest = originals_[position.file];
  for (std::uint32_t line = 1; line < position.line; ++line) static_cast<void>(base::take_until(rest, '\n'));
  rest = rest.substr(std::min<std::size_t>(position.column - 1, rest.size())).substr(0, position.length);
  for (const char c : rest) {
    ++end.column;
    if (c != '\n') continue;
    ++end.line;
    end.column = 1;
  }
  return end;
}

std::string_view Source::file_name(const Position& position) const {
  return position.file < files_.size() ? std::string_view(files_[position.file]) : std::string_view("script");
}

}  // namespace carillon::script
