// SPDX-License-Identifier: Apache-2.0
// See message_edits.h.
#include "modules/textops/message_edits.h"

#include <algorithm>

#include "base/log.h"
#include "sip/edit_list.h"

namespace carillon::textops {
namespace {

// What stands beside a change in the message; NUL at its end.
struct Neighbours {
  char before = '\0';
  char behind = '\0';
};

Neighbours neighbours(std::string_view bytes, std::size_t begin, std::size_t end) {
  return {.before = begin == 0 ? '\0' : bytes[begin - 1], .behind = end == bytes.size() ? '\0' : bytes[end]};
}

// CRs stand in front of LFs only.
std::string without_bare_returns(std::string_view text, char behind) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : behind;
    if (text[i] != '\r' || next == '\n') result += text[i];
  }
  return result;
}

// Among headers every line ends with CRLF.
std::string for_headers(std::string_view text, const Neighbours& beside) {
  std::string result;
  char last = beside.before;
  for (const char c : without_bare_returns(text, beside.behind)) {
    if (c == '\n' && last != '\r') result += '\r';
    result += c;
    last = c;
  }
  if (beside.behind == '\n' && last != '\r') result += '\r';
  return result;
}

// A body may hold whatever it likes; but who replaced "a=x.*" meant no CR.
std::string for_body(std::string_view text, std::string_view replaced, const Neighbours& beside) {
  const bool torn = replaced.size() > 1 && replaced.back() == '\r' && beside.behind == '\n';
  if (!torn) return std::string(text);
  std::string result = without_bare_returns(text, beside.behind);
  if (!result.ends_with('\r')) result += '\r';
  return result;
}

// Whether a receiver finds the headers and the body that were meant, and only these.
bool is_sound(const sip::Message& message, const sip::EditList& edits) {
  const std::string written = sip::write(message, edits);
  const sip::Limits any{.message_bytes = written.size(),
                        .header_lines = written.size(),
                        .header_bytes = written.size(),
                        .uri_bytes = written.size()};
  sip::Message read;
  return read.index(written, sip::Framing::Datagram, any).ok() && !read.has_bare_line_feeds() &&
         read.bytes().size() == written.size() && read.body() == sip::edited(message, edits, message.body());
}

}  // namespace

std::string_view text_of(const sip::Message& message, Part part) {
  return part == Part::Body ? message.body() : message.bytes().substr(message.headers_begin());
}

bool record(routing::RouteContext& context, std::string_view function, Part part, std::span<const Change> changes) {
  const sip::Message& message = context.message();
  const std::string_view bytes = message.bytes();
  const std::uint32_t offset = part == Part::Body ? message.body_begin() : message.headers_begin();
  sip::EditList edits = context.decision.edits;
  bool touches_headers = false;
  std::size_t size = 0;
  for (const Change& change : changes) {
    const std::size_t begin = offset + change.begin;
    const std::size_t end = offset + change.end;
    const bool in_headers = begin < message.body_begin();
    touches_headers = touches_headers || in_headers;
    const Neighbours beside = neighbours(bytes, begin, end);
    const std::string text =
        in_headers ? for_headers(change.text, beside) : for_body(change.text, bytes.substr(begin, end - begin), beside);
    size += text.size();
    if (begin == end) {
      edits.insert(static_cast<std::uint32_t>(begin), text);
    } else {
      edits.replace({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)}, text);
    }
  }
  if (size > kMostText) {
    log::error("{}(): more than {} bytes of text", function, kMostText);
    return false;
  }
  if (touches_headers && !is_sound(message, edits)) {
    log::error("{}(): the headers would not be header lines any more", function);
    return false;
  }
  context.decision.edits = std::move(edits);
  return true;
}

}  // namespace carillon::textops
