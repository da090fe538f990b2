// SPDX-License-Identifier: Apache-2.0
// Writing of a message with its edits: the last step before the door out.
#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "base/strings.h"
#include "sip/edit_list.h"

namespace carillon::sip {
namespace {

// Received bytes on their way out. Line feeds of the head that stand alone get their CR.
template <typename Piece>
void received(const Message& message, Span span, Piece& piece) {
  std::uint32_t begin = span.begin;
  if (message.has_bare_line_feeds()) {
    const std::string_view bytes = message.bytes();
    for (std::uint32_t at = begin; at < std::min(span.end, message.body_begin()); ++at) {
      if (bytes[at] != '\n' || (at > 0 && bytes[at - 1] == '\r')) continue;
      if (begin < at) piece(bytes.substr(begin, at - begin), begin);
      piece(std::string_view("\r\n"), at);
      begin = at + 1;
    }
  }
  if (begin < span.end) piece(message.view({begin, span.end}), begin);
}

// Calls `piece(text, at)` for every piece of `range` as edited, in order; `at` is its place in the received bytes.
template <typename Piece>
void for_each_piece(const Message& message, const EditList& edits, Span range, Piece piece) {
  std::uint32_t position = range.begin;  // bytes before it are written or removed
  for (const EditList::Edit& edit : edits.edits()) {
    if (edit.begin < range.begin) continue;
    if (edit.begin > range.end) break;
    // `position` is beyond the beginning only within a removed range: what is strictly inside goes with it, and so does
    // a replacement that the range reaches as far as.
    const bool inside = edit.begin == edit.end ? edit.begin < position : edit.end <= position;
    if (inside) continue;
    if (edit.begin > position) received(message, {position, edit.begin}, piece);
    if (edit.text_size != 0) piece(edits.text(edit), edit.begin);
    position = std::max(position, edit.end);
  }
  if (position < range.end) received(message, {position, range.end}, piece);
}

template <typename Piece>
void for_each_piece(const Message& message, const EditList& edits, Piece piece) {
  for_each_piece(message, edits, {0, static_cast<std::uint32_t>(message.bytes().size())}, piece);
}

struct Sizes {
  std::size_t total = 0;
  std::size_t body = 0;
};

Sizes measure(const Message& message, const EditList& edits) {
  Sizes sizes;
  for_each_piece(message, edits, [&](std::string_view piece, std::uint32_t at) {
    sizes.total += piece.size();
    if (at >= message.body_begin()) {
      sizes.body += piece.size();
    } else if (piece.data() == message.bytes().data() + at && at + piece.size() > message.body_begin()) {
      sizes.body += at + piece.size() - message.body_begin();  // received bytes across the empty line
    }
  });
  return sizes;
}

bool touched(const EditList& edits, Span span) {
  return std::ranges::any_of(
      edits.edits(), [span](const EditList::Edit& edit) { return edit.begin < span.end && edit.end > span.begin; });
}

// Whether one edit takes away all of `span`, with or without text in its place.
bool swallowed(const EditList& edits, Span span) {
  return edits.covers(span) || std::ranges::any_of(edits.edits(), [span](const EditList::Edit& edit) {
           return edit.begin <= span.begin && edit.end >= span.end;
         });
}

bool content_length_holds(const Message& message, const EditList& edits, std::size_t body_size) {
  bool found = false;
  for (const Header& header : message.headers(HeaderId::ContentLength)) {
    // Two that agree are one too many for a stricter next hop.
    if (found || base::parse_number<std::size_t>(header.value) != body_size) return false;
    if (touched(edits, message.span(header.line))) return false;
    found = true;
  }
  return found;
}

EditList with_content_length(const Message& message, EditList edits, std::size_t body_size) {
  const std::string number = std::to_string(body_size);
  bool found = false;
  for (const Header& header : message.headers(HeaderId::ContentLength)) {
    if (swallowed(edits, message.span(header.line))) continue;
    // The whole line, so that no earlier edit of a part of it shows.
    edits.replace(message.span(header.line), found ? std::string() : "Content-Length: " + number + "\r\n");
    found = true;
  }
  if (!found) edits.insert(message.headers_end(), "Content-Length: " + number + "\r\n");
  return edits;
}

// What is written in the end, and its size.
struct Plan {
  std::optional<EditList> corrected;
  std::size_t size = 0;
};

Plan plan(const Message& message, const EditList& edits) {
  const Sizes sizes = measure(message, edits);
  if (content_length_holds(message, edits, sizes.body)) return {.corrected = std::nullopt, .size = sizes.total};
  Plan result{.corrected = with_content_length(message, edits, sizes.body)};
  result.size = measure(message, *result.corrected).total;
  return result;
}

void gather(const Message& message, const EditList& edits, char* out) {
  for_each_piece(message, edits, [&out](std::string_view piece, std::uint32_t) {
    std::memcpy(out, piece.data(), piece.size());
    out += piece.size();
  });
}

}  // namespace

std::size_t written_size(const Message& message, const EditList& edits) { return plan(message, edits).size; }

std::size_t write(const Message& message, const EditList& edits, std::span<char> out) {
  const Plan planned = plan(message, edits);
  if (planned.size > out.size()) return 0;
  gather(message, planned.corrected ? *planned.corrected : edits, out.data());
  return planned.size;
}

std::string write(const Message& message, const EditList& edits) {
  const Plan planned = plan(message, edits);
  std::string out;
  out.resize_and_overwrite(planned.size, [&](char* to, std::size_t size) {
    gather(message, planned.corrected ? *planned.corrected : edits, to);
    return size;
  });
  return out;
}

std::string edited(const Message& message, const EditList& edits, std::string_view piece) {
  std::string out;
  for_each_piece(message, edits, message.span(piece), [&out](std::string_view text, std::uint32_t) { out += text; });
  return out;
}

}  // namespace carillon::sip
