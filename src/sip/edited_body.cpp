// SPDX-License-Identifier: Apache-2.0
// See edited_body.h.
#include "sip/edited_body.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "sip/grammar.h"
#include "sip/line_scanner.h"
#include "sip/list.h"

namespace carillon::sip {
namespace {

// Headers of a message that speak of its body, besides Content-Type and Content-Length.
constexpr std::array kBodyHeaders = {HeaderId::ContentDisposition, HeaderId::ContentEncoding,
                                     HeaderId::ContentLanguage};
constexpr std::array<std::string_view, 3> kOtherBodyHeaders = {"Content-ID", "Content-Transfer-Encoding",
                                                               "Content-Description"};

bool body_touched(const Message& message, const EditList& edits) {
  return std::ranges::any_of(edits.edits(),
                             [&](const EditList::Edit& edit) { return edit.end >= message.body_begin(); });
}

// A body being rebuilt: its parts as a tree.
struct Part {
  std::string headers = {};
  std::string type = {};
  std::string text = {};     // headers, empty line and content as they stand; out of date once `changed`
  std::string content = {};  // out of date for a multipart that is `changed`
  std::vector<Part> parts = {};
  bool encoded = false;
  bool changed = false;
};

Part part_of(const BodyPart& part) {
  return {.headers = std::string(part.headers),
          .type = std::string(part.type),
          .text = std::string(part.text),
          .content = std::string(part.content),
          .encoded = part.encoded};
}

// The parts from `at` on that are of this level, with what is nested in them.
std::vector<Part> tree(std::span<const BodyPart> all, std::size_t& at, unsigned level) {
  std::vector<Part> parts;
  while (at < all.size() && all[at].level >= level) {
    parts.push_back(part_of(all[at++]));
    parts.back().parts = tree(all, at, level + 1);
  }
  return parts;
}

Part tree(const EditedBody& body) {
  std::size_t at = 0;
  Part root{.type = std::string(body.type()), .content = std::string(body.content())};
  root.parts = tree(body.parts().all(), at, 0);
  return root;
}

void set_header(std::string& headers, HeaderId id, std::string_view value) {
  if (const auto present = part_header(headers, id)) {
    headers.replace(static_cast<std::size_t>(present->data() - headers.data()), present->size(), value);
  } else {
    headers.append(header_info(id).name).append(": ").append(value).append("\r\n");
  }
}

std::string with_boundary(std::string_view type, std::string_view boundary) {
  std::string result(type);
  std::string_view params = type;
  static_cast<void>(base::take_until(params, ';'));
  for (const Param& param : Params(params)) {
    if (!base::iequals(param.name, "boundary")) continue;
    const auto at = static_cast<std::size_t>(param.text.data() - type.data());
    return result.replace(at, param.text.size(), "boundary=" + std::string(boundary));
  }
  return result += ";boundary=" + std::string(boundary);
}

bool occurs(std::string_view boundary, std::span<const std::string> texts) {
  return std::ranges::any_of(texts,
                             [boundary](const std::string& text) { return text.find(boundary) != std::string::npos; });
}

// One that stands nowhere in `texts`: neither a receiver that looks for it at the beginning of a line only nor one that
// doesn't is misled.
std::string new_boundary(std::span<const std::string> texts) {
  constexpr std::string_view kName = "unique-boundary-";
  constexpr std::size_t kDigits = 9;
  // Beyond all numbers there are, so that who sends many costs no search for each.
  std::uint32_t number = 0;
  for (const std::string_view text : texts) {
    for (std::size_t at = text.find(kName); at != std::string_view::npos; at = text.find(kName, at)) {
      at += kName.size();
      const std::string_view digits = text.substr(at, kDigits);
      std::uint32_t found = 0;
      std::from_chars(digits.data(), digits.data() + digits.size(), found);
      number = std::max(number, found);
    }
  }
  while (true) {
    std::string boundary = std::string(kName) + std::to_string(++number);
    if (!occurs(boundary, texts)) return boundary;
  }
}

std::string render_text(Part& part);

// What stands in `part` now; its type gets another boundary when the present one would occur in its parts.
std::string render_content(Part& part) {
  if (!part.changed || part.parts.empty()) return part.content;
  std::vector<std::string> texts;
  std::vector<std::string> changed;
  texts.reserve(part.parts.size());
  for (Part& one : part.parts) {
    texts.push_back(render_text(one));
    if (one.changed) changed.push_back(texts.back());
  }
  std::string boundary = multipart_boundary(part.type).value_or("");
  if (boundary.empty() || occurs("--" + boundary, changed)) {
    boundary = new_boundary(texts);
    part.type = with_boundary(part.type, boundary);
  }
  std::string content;
  for (const std::string& text : texts)
    content.append("--").append(boundary).append("\r\n").append(text).append("\r\n");
  return content.append("--").append(boundary).append("--\r\n");
}

std::string render_text(Part& part) {
  if (!part.changed) return part.text;
  const std::string content = render_content(part);
  if (!part.parts.empty()) set_header(part.headers, HeaderId::ContentType, part.type);
  if (part_header(part.headers, HeaderId::ContentLength)) {
    set_header(part.headers, HeaderId::ContentLength, std::to_string(content.size()));
  }
  if (!part.headers.empty() && !part.headers.ends_with('\n')) part.headers += "\r\n";
  return part.headers + "\r\n" + content;
}

// The body becomes what `root` is.
void store(EditList& edits, const Message& message, Part root) {
  const std::string type = root.type;
  const std::string content = render_content(root);
  set_body(edits, message, root.type != type ? unfold(root.type) : std::string(), content);
}

// Takes the lines out of a message's head that speak of its body. Unfolded: folds of a head get their CR when it is
// written, those of a body don't.
std::string take_body_headers(EditList& edits, const Message& message) {
  std::string lines;
  for (const HeaderId id : kBodyHeaders) {
    const auto value = edited_value(message, edits, id);
    if (!value) continue;
    lines.append(header_info(id).name).append(": ").append(unfold(*value)).append("\r\n");
    remove_headers(edits, message, id);
  }
  for (const std::string_view name : kOtherBodyHeaders) {
    for (const Header& header : message.headers(name)) {
      if (edits.covers(message.span(header.line))) continue;
      lines.append(name).append(": ").append(unfold(edited(message, edits, header.value))).append("\r\n");
      edits.remove(message.span(header.line));
    }
  }
  return lines;
}

// Whether the headers of a part say nothing that those of a message couldn't, in bytes that may stand there.
bool fits_message(const Part& part) {
  if (part.encoded && part_header(part.headers, HeaderId::ContentEncoding) == std::nullopt) return false;
  LineScanner lines(part.headers);
  while (true) {
    const LineScanner::Line line = lines.next();
    if (line.kind != LineScanner::Kind::Line) return true;
    const HeaderLine header = split_header(part.headers, line);
    const std::string_view name = std::string_view(part.headers).substr(header.begin, header.name_end - header.begin);
    const bool known = header.id == HeaderId::ContentType || header.id == HeaderId::ContentLength ||
                       std::ranges::find(kBodyHeaders, header.id) != kBodyHeaders.end() ||
                       (!part.encoded && base::iequals(name, "Content-Transfer-Encoding"));
    const std::string_view value =
        std::string_view(part.headers).substr(header.value_begin, header.value_end - header.value_begin);
    if (!known || !is_safe_header_value(value)) return false;
  }
}

// The only part of a multipart that is left becomes the body.
void unwrap(EditList& edits, const Message& message, Part part) {
  const std::string content = render_content(part);
  for (const HeaderId id : kBodyHeaders) {
    remove_headers(edits, message, id);
    const auto value = part_header(part.headers, id);
    if (value && !value->empty()) set_header(edits, message, id, unfold(*value));
  }
  set_body(edits, message, unfold(part.type), content);
}

// Whether `part` itself is to go; takes what is doomed out of its parts.
bool prune(Part& part, const std::vector<bool>& doomed, std::size_t& at, std::size_t& count) {
  const bool own = doomed[at++];
  const bool had_parts = !part.parts.empty();
  const std::size_t before = count;
  std::erase_if(part.parts, [&](Part& one) { return prune(one, doomed, at, count); });
  if (own) {
    count = before + 1;
    return true;
  }
  part.changed = count != before;
  return had_parts && part.parts.empty();
}

// The headers that a script wants for the only part go into those of the message.
void set_headers(EditList& edits, const Message& message, std::string_view headers) {
  LineScanner lines(headers);
  while (true) {
    const LineScanner::Line line = lines.next();
    if (line.kind != LineScanner::Kind::Line) return;
    const HeaderLine header = split_header(headers, line);
    const std::string_view value = headers.substr(header.value_begin, header.value_end - header.value_begin);
    if (header.id == HeaderId::Other) {
      append_header(edits, message, headers.substr(line.begin, line.end - line.begin));
    } else {
      sip::set_header(edits, message, header.id, value);
    }
  }
}

}  // namespace

EditedBody::EditedBody(const Message& message, const EditList& edits)
    : as_received_(!body_touched(message, edits)),
      own_type_(edited_value(message, edits, HeaderId::ContentType).value_or("")),
      own_encoding_(edited_value(message, edits, HeaderId::ContentEncoding).value_or("")),
      own_content_(as_received_ ? std::string() : edited(message, edits, message.body())),
      type_(own_type_),
      content_(as_received_ ? message.body() : std::string_view(own_content_)),
      parts_(type_, own_encoding_, content_) {}

void set_part(EditList& edits, const Message& message, const EditedBody& body, const BodyPart& part,
              std::string_view content) {
  if (!body.parts().is_multipart()) return set_body(edits, message, {}, content);
  Part root = tree(body);
  const auto number = static_cast<std::size_t>(&part - body.parts().all().data());
  // The way down to the part: everything on it has changed.
  Part* at = &root;
  std::size_t passed = 0;
  const auto size_of = [](const auto& self, const Part& one) -> std::size_t {
    std::size_t size = 1;
    for (const Part& inner : one.parts) size += self(self, inner);
    return size;
  };
  while (true) {
    at->changed = true;
    if (at != &root && passed++ == number) break;
    auto next = at->parts.begin();
    for (; passed + size_of(size_of, *next) <= number; ++next) passed += size_of(size_of, *next);
    at = &*next;
  }
  at->content = content;
  at->parts.clear();
  store(edits, message, std::move(root));
}

void add_part(EditList& edits, const Message& message, std::string_view type, std::string_view headers,
              std::string_view content) {
  const EditedBody body(message, edits);
  if (body.content().empty()) {
    set_headers(edits, message, headers);
    return set_body(edits, message, type, content);
  }
  Part added{.headers = "Content-Type: " + std::string(type) + "\r\n" + std::string(headers),
             .type = std::string(type)};
  added.content = content;
  added.changed = true;
  Part root;
  if (body.parts().is_multipart() && is_media_type(body.type(), "multipart/mixed")) {
    root = tree(body);
  } else {
    const std::string present = body.type().empty() ? std::string(kSdpType) : unfold(body.type());
    Part first{.headers = "Content-Type: " + present + "\r\n" + take_body_headers(edits, message)};
    first.content = body.content();
    first.changed = true;
    root.parts.push_back(std::move(first));
    root.type = "multipart/mixed";
  }
  root.changed = true;
  root.parts.push_back(std::move(added));
  store(edits, message, std::move(root));
}

std::size_t remove_parts(EditList& edits, const Message& message, base::FunctionRef<bool(const BodyPart&)> doomed) {
  const EditedBody body(message, edits);
  const std::span<const BodyPart> all = body.parts().all();
  std::vector<bool> marks;
  marks.reserve(all.size());
  for (const BodyPart& part : all) marks.push_back(doomed(part));
  Part root = tree(body);
  std::size_t at = 0;
  std::size_t count = 0;
  std::erase_if(root.parts, [&](Part& one) { return prune(one, marks, at, count); });
  if (count == 0) return 0;
  root.changed = true;
  if (root.parts.empty()) {
    remove_body(edits, message);
  } else if (root.parts.size() == 1 && fits_message(root.parts.front())) {
    unwrap(edits, message, std::move(root.parts.front()));
  } else {
    store(edits, message, std::move(root));
  }
  return count;
}

void set_sdp(EditList& edits, const Message& message, std::string_view text) {
  if (text.empty()) {
    remove_parts(edits, message, &is_readable_sdp);
    return;
  }
  const EditedBody body(message, edits);
  if (const BodyPart* part = body.parts().sdp()) {
    set_part(edits, message, body, *part, text);
  } else {
    add_part(edits, message, kSdpType, {}, text);
  }
}

void remove_body(EditList& edits, const Message& message) {
  remove_headers(edits, message, HeaderId::ContentType);
  static_cast<void>(take_body_headers(edits, message));
  set_body(edits, message, {}, {});
}

}  // namespace carillon::sip
