// SPDX-License-Identifier: Apache-2.0
// See body_parts.h.
#include "sip/body_parts.h"

#include <algorithm>

#include "base/strings.h"
#include "sip/grammar.h"
#include "sip/line_scanner.h"
#include "sip/list.h"

namespace carillon::sip {
namespace {

// RFC 3261 section 20.12 and RFC 2045 section 6.1: what leaves the content as it is.
bool is_plain_encoding(std::string_view encoding) {
  encoding = base::trim(encoding);
  for (const std::string_view plain : {"", "identity", "7bit", "8bit", "binary"}) {
    if (base::iequals(encoding, plain)) return true;
  }
  return false;
}

// A line of a multipart, found by where it begins.
struct Delimiter {
  std::size_t before = std::string_view::npos;  // where the line end begins that belongs to it
  std::size_t behind = 0;                       // where the next line begins
  bool closes = false;

  [[nodiscard]] bool found() const { return before != std::string_view::npos; }
};

// The line at `at` as a delimiter: "--", the boundary, "--" if it closes, and nothing but blanks (RFC 2046
// section 5.1.1). Lines end with CR LF or with LF alone.
Delimiter delimiter_at(std::string_view content, std::size_t at, std::string_view boundary) {
  std::size_t end = content.find('\n', at);
  const std::size_t behind = end == std::string_view::npos ? content.size() : end + 1;
  if (end == std::string_view::npos) end = content.size();
  std::string_view rest = content.substr(at, end - at);
  if (!rest.starts_with("--") || !rest.substr(2).starts_with(boundary)) return {};
  rest.remove_prefix(2 + boundary.size());
  const bool closes = rest.starts_with("--");
  if (closes) rest.remove_prefix(2);
  if (!base::trim(rest).empty()) return {};
  std::size_t before = at;
  if (before > 0) --before;
  if (before > 0 && content[before - 1] == '\r') --before;
  return {.before = before, .behind = behind, .closes = closes};
}

Delimiter next_delimiter(std::string_view content, std::size_t from, std::string_view boundary) {
  for (std::size_t at = from; at < content.size();) {
    if (content[at] == '-') {
      if (const Delimiter delimiter = delimiter_at(content, at, boundary); delimiter.found()) return delimiter;
    }
    const std::size_t line_feed = content.find('\n', at);
    if (line_feed == std::string_view::npos) break;
    at = line_feed + 1;
  }
  return {};
}

// Where the headers of a part end and its content begins.
struct Head {
  std::size_t headers_end = 0;
  std::size_t content_begin = 0;
};

// A part in which something that is no header stands before the first empty line has no headers.
Head head_of(std::string_view part) {
  LineScanner lines(part);
  while (true) {
    const LineScanner::Line line = lines.next();
    if (line.kind == LineScanner::Kind::EndOfHead) return {.headers_end = line.begin, .content_begin = line.end};
    // The empty line behind the headers may be the one that belongs to the delimiter: then there is no content.
    if (line.kind == LineScanner::Kind::Incomplete && line.begin == part.size()) return {line.begin, line.begin};
    if (line.kind == LineScanner::Kind::Incomplete) return {};
    const HeaderLine header = split_header(part, line);
    if (header.name_end == header.begin) return {};
  }
}

template <typename Matches>
std::optional<std::string_view> find_header(std::string_view headers, Matches matches) {
  LineScanner lines(headers);
  while (true) {
    const LineScanner::Line line = lines.next();
    if (line.kind != LineScanner::Kind::Line) return std::nullopt;
    const HeaderLine header = split_header(headers, line);
    if (header.name_end == header.begin) continue;
    if (matches(header)) return headers.substr(header.value_begin, header.value_end - header.value_begin);
  }
}

const BodyPart* nth(std::span<const BodyPart> parts, std::int64_t n, auto matches) {
  std::int64_t count = 0;
  if (n < 0) {
    for (const BodyPart& part : parts) count += matches(part) ? 1 : 0;
    n += count;
    if (n < 0) return nullptr;
  }
  for (const BodyPart& part : parts) {
    if (matches(part) && n-- == 0) return &part;
  }
  return nullptr;
}

}  // namespace

std::string_view media_type(std::string_view content_type) {
  return base::trim(content_type.substr(0, content_type.find(';')));
}

bool is_media_type(std::string_view content_type, std::string_view wanted) {
  return base::iequals(media_type(content_type), base::trim(wanted));
}

std::optional<std::string> multipart_boundary(std::string_view content_type) {
  if (!base::istarts_with(media_type(content_type), "multipart/")) return std::nullopt;
  static_cast<void>(base::take_until(content_type, ';'));
  const auto boundary = Params(content_type).find("boundary");
  if (!boundary) return std::nullopt;
  // RFC 2046 allows 70 characters.
  constexpr std::size_t kLongest = 256;
  std::string text = unquote(*boundary);
  if (text.empty() || text.size() > kLongest || text.find_first_of("\r\n") != std::string::npos) return std::nullopt;
  return text;
}

std::optional<std::string_view> part_header(std::string_view headers, HeaderId id) {
  return find_header(headers, [id](const HeaderLine& line) { return line.id == id; });
}

std::optional<std::string_view> part_header(std::string_view headers, std::string_view name) {
  return find_header(headers, [&](const HeaderLine& line) {
    return base::iequals(headers.substr(line.begin, line.name_end - line.begin), name);
  });
}

BodyParts::BodyParts(std::string_view content_type, std::string_view content_encoding, std::string_view body,
                     const Limits& limits) {
  if (body.empty()) return;
  const std::string_view type = content_type.empty() ? kSdpType : content_type;
  const bool encoded = !is_plain_encoding(content_encoding);
  if (const auto boundary = multipart_boundary(type); boundary && !encoded) {
    is_multipart_ = split(*boundary, body, "text/plain", 0, limits) && !parts_.empty();
    if (!is_multipart_) parts_.clear();
  }
  if (!is_multipart_) {
    parts_.push_back({.text = body, .headers = {}, .type = type, .content = body, .encoded = encoded});
  }
}

BodyParts::BodyParts(const Message& message)
    : BodyParts(message.value(HeaderId::ContentType), message.value(HeaderId::ContentEncoding), message.body()) {}

bool BodyParts::split(std::string_view boundary, std::string_view content, std::string_view default_type,
                      std::uint16_t level, const Limits& limits) {
  Delimiter delimiter = next_delimiter(content, 0, boundary);
  while (delimiter.found() && !delimiter.closes) {
    if (parts_.size() >= limits.parts) return false;
    const std::size_t begin = delimiter.behind;
    delimiter = next_delimiter(content, begin, boundary);
    // Two delimiters right behind one another share a line end, which is the second's.
    const std::size_t end = delimiter.found() ? std::max(delimiter.before, begin) : content.size();
    if (!add(content.substr(begin, end - begin), default_type, level, limits)) return false;
  }
  return true;
}

bool BodyParts::add(std::string_view text, std::string_view default_type, std::uint16_t level, const Limits& limits) {
  const Head head = head_of(text);
  BodyPart part{.text = text,
                .headers = text.substr(0, head.headers_end),
                .type = default_type,
                .content = text.substr(head.content_begin),
                .level = level};
  if (const auto type = part_header(part.headers, HeaderId::ContentType); type && !type->empty()) part.type = *type;
  const auto encoding = part_header(part.headers, HeaderId::ContentEncoding);
  const auto transfer_encoding = part_header(part.headers, "Content-Transfer-Encoding");
  part.encoded = !is_plain_encoding(encoding.value_or("")) || !is_plain_encoding(transfer_encoding.value_or(""));
  const std::size_t place = parts_.size();
  parts_.push_back(part);
  if (part.encoded || level + 1U >= limits.levels) return true;
  const auto boundary = multipart_boundary(part.type);
  if (!boundary) return true;
  const bool digest = is_media_type(part.type, "multipart/digest");
  const auto next_level = static_cast<std::uint16_t>(level + 1);
  if (!split(*boundary, part.content, digest ? "message/rfc822" : "text/plain", next_level, limits)) return false;
  parts_[place].is_multipart = parts_.size() > place + 1;
  return true;
}

const BodyPart* BodyParts::at(std::int64_t n) const {
  return nth(parts_, n, [](const BodyPart& part) { return part.level == 0; });
}

const BodyPart* BodyParts::find(std::string_view type, std::int64_t n) const {
  return nth(parts_, n, [type](const BodyPart& part) { return is_media_type(part.type, type); });
}

const BodyPart* BodyParts::sdp() const { return nth(parts_, 0, &is_readable_sdp); }

}  // namespace carillon::sip
