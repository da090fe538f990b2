// SPDX-License-Identifier: Apache-2.0
// The list of edits, and the edits that know what a message is made of.
#include "sip/edit_list.h"

#include <algorithm>
#include <string>

#include "base/strings.h"

namespace carillon::sip {
namespace {

// The order in which edits are written: by position; insertions before what is replaced there; the longer replacement
// first, so that what it contains comes behind it.
bool written_before(const EditList::Edit& a, const EditList::Edit& b) {
  if (a.begin != b.begin) return a.begin < b.begin;
  if (a.is_insertion != b.is_insertion) return a.is_insertion;
  return !a.is_insertion && a.end > b.end;
}

std::string header_line(HeaderId id, std::string_view value) {
  std::string line(header_info(id).name);
  line += ": ";
  line += value;
  line += "\r\n";
  return line;
}

}  // namespace

void EditList::replace(Span span, std::string_view text) {
  const Edit edit{.begin = span.begin,
                  .end = span.end,
                  .text_begin = static_cast<std::uint32_t>(texts_.size()),
                  .text_size = static_cast<std::uint32_t>(text.size())};
  texts_ += text;
  const auto at = std::lower_bound(edits_.begin(), edits_.end(), edit, written_before);
  if (at != edits_.end() && !written_before(edit, *at)) {
    *at = edit;
  } else {
    edits_.insert(at, edit);
  }
}

void EditList::overwrite(Span span, std::string_view text) {
  std::erase_if(edits_, [&](const Edit& edit) {
    if (edit.begin < span.begin || edit.end > span.end) return false;
    // A body may be rewritten many times; its last text makes room for the next.
    if (edit.text_begin + edit.text_size == texts_.size()) texts_.resize(edit.text_begin);
    return true;
  });
  replace(span, text);
}

void EditList::insert(std::uint32_t at, std::string_view text, Place place) {
  add_insertion({.begin = at, .end = at, .is_insertion = true}, text, place);
}

void EditList::insert_header(std::uint32_t at, HeaderId id, std::string_view line) {
  std::erase_if(edits_, [&](const Edit& edit) { return edit.is_insertion && edit.begin == at && edit.header == id; });
  add_insertion({.begin = at, .end = at, .is_insertion = true, .header = id}, line, Place::Back);
}

void EditList::add_insertion(Edit insertion, std::string_view text, Place place) {
  insertion.text_begin = static_cast<std::uint32_t>(texts_.size());
  insertion.text_size = static_cast<std::uint32_t>(text.size());
  texts_ += text;
  const auto [front, back] = std::equal_range(edits_.begin(), edits_.end(), insertion, written_before);
  edits_.insert(place == Place::Front ? front : back, insertion);
}

void EditList::clear() {
  edits_.clear();
  texts_.clear();
}

bool EditList::covers(Span span) const {
  std::uint32_t covered = span.begin;
  for (const Edit& edit : edits_) {
    if (edit.begin > covered) break;
    if (edit.text_size == 0) covered = std::max(covered, edit.end);
  }
  return covered >= span.end;
}

void remove_item(EditList& edits, const Message& message, const ListItem& item) {
  const Span list = message.span(item.list);
  const Span value = message.span(item.value);
  const std::string_view before = item.list.substr(0, value.begin - list.begin);
  const std::string_view behind = item.list.substr(value.end - list.begin);
  if (const std::size_t next = behind.find_first_not_of(", \t\r\n"); next != std::string_view::npos) {
    edits.remove({value.begin, value.end + static_cast<std::uint32_t>(next)});
  } else {
    const std::size_t previous = before.find_last_not_of(", \t\r\n");
    const std::size_t keep = previous == std::string_view::npos ? 0 : previous + 1;
    edits.remove({list.begin + static_cast<std::uint32_t>(keep), list.end});
  }
  if (edits.covers(list)) edits.remove(message.span(item.line));
}

void append_header(EditList& edits, const Message& message, std::string_view lines) {
  edits.insert(message.headers_end(), lines);
}

void prepend_header(EditList& edits, const Message& message, std::string_view lines) {
  edits.insert(message.headers_begin(), lines, EditList::Place::Front);
}

void replace_request_uri(EditList& edits, const Message& message, std::string_view uri) {
  edits.replace(message.span(message.request_uri_text()), uri);
}

void set_header(EditList& edits, const Message& message, HeaderId id, std::string_view value) {
  if (const auto header = message.find(id); header && !edits.covers(message.span(header->line))) {
    edits.replace(message.span(header->value), value);
  } else {
    edits.insert_header(message.headers_end(), id, header_line(id, value));
  }
}

void remove_headers(EditList& edits, const Message& message, HeaderId id) {
  for (const Header& header : message.headers(id)) edits.remove(message.span(header.line));
  const bool added = std::ranges::any_of(
      edits.edits(), [id](const EditList::Edit& edit) { return edit.is_insertion && edit.header == id; });
  if (added) edits.insert_header(message.headers_end(), id, {});
}

std::optional<std::string> edited_value(const Message& message, const EditList& edits, HeaderId id) {
  if (const auto header = message.find(id); header && !edits.covers(message.span(header->line))) {
    return std::string(base::trim(edited(message, edits, header->value)));
  }
  for (const EditList::Edit& edit : edits.edits()) {
    if (!edit.is_insertion || edit.header != id || edit.text_size == 0) continue;
    std::string_view value = edits.text(edit);
    static_cast<void>(base::take_until(value, ':'));
    return std::string(base::trim(value));
  }
  return std::nullopt;
}

void set_body(EditList& edits, const Message& message, std::string_view content_type, std::string_view body) {
  if (!content_type.empty()) set_header(edits, message, HeaderId::ContentType, content_type);
  edits.overwrite({message.body_begin(), static_cast<std::uint32_t>(message.bytes().size())}, body);
}

void stamp_top_via(EditList& edits, const Message& message, std::string_view source_ip,
                   std::optional<std::uint16_t> source_port) {
  const Via& via = message.top_via();
  if (via.text.empty()) return;
  std::string_view sent_by_host = via.host;
  if (sent_by_host.starts_with('[')) sent_by_host = sent_by_host.substr(1, sent_by_host.size() - 2);
  const std::string received = "received=" + std::string(source_ip);
  bool written = false;
  for (const Param& param : via.params) {
    if (!base::iequals(param.name, "received")) continue;
    // Written by the sender itself: only what we saw may steer the response.
    edits.replace(message.span(param.text), received);
    written = true;
  }
  if (source_port) {
    const std::string rport = "rport=" + std::to_string(*source_port);
    if (via.has_rport) {
      edits.replace(message.span(via.rport_text), rport);
    } else {
      edits.insert(message.span(via.text).end, ";" + rport);
    }
  }
  if (!written && (source_port || sent_by_host != source_ip)) {
    edits.insert(message.span(via.text).end, ";" + received);
  }
}

}  // namespace carillon::sip
