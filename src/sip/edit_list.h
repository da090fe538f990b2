// SPDX-License-Identifier: Apache-2.0
// What is to change in a received message, recorded as offsets and texts and applied when the message is written:
// received bytes and edits are gathered into the output buffer in one pass.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sip/header.h"
#include "sip/message.h"

namespace carillon::sip {

// A sorted list of edits; a value (a branch copies the list of its request and adds its own). Owns its texts. Edits
// never show in the Message; they hold for any copy of its bytes.
//
// Removals may overlap: what any of them covers is gone. An insertion or replacement strictly inside a removed range
// goes with it; at its borders it stays. Two replacements of one span: the later holds (a removal is a replacement with
// nothing).
class EditList {
 public:
  // Among the insertions at one position.
  enum class Place : std::uint8_t { Back, Front };

  void remove(Span span) { replace(span, {}); }
  void replace(Span span, std::string_view text);
  // What will be written for [span) becomes `text`: earlier edits there and at its borders are gone.
  void overwrite(Span span, std::string_view text);
  void insert(std::uint32_t at, std::string_view text, Place place = Place::Back);
  // An insertion that replaces an earlier one of the same header at the same position; `id` isn't Other.
  void insert_header(std::uint32_t at, HeaderId id, std::string_view line);

  void clear();
  [[nodiscard]] bool empty() const { return edits_.empty(); }

  struct Edit {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;  // equal to begin: an insertion, or the replacement of nothing
    std::uint32_t text_begin = 0;
    std::uint32_t text_size = 0;
    bool is_insertion = false;
    HeaderId header = HeaderId::Other;  // of insert_header()
  };
  // In the order in which they are written.
  [[nodiscard]] std::span<const Edit> edits() const { return edits_; }
  [[nodiscard]] std::string_view text(const Edit& edit) const {
    return std::string_view(texts_).substr(edit.text_begin, edit.text_size);
  }
  // Whether [span) is removed as a whole by one edit or several together.
  [[nodiscard]] bool covers(Span span) const;

 private:
  void add_insertion(Edit insertion, std::string_view text, Place place);

  std::vector<Edit> edits_;
  std::string texts_;
};

// --- edits that know what a message is made of

// Removes one value of a list header: with its comma, or the whole line when no other value is left on it.
void remove_item(EditList& edits, const Message& message, const ListItem& item);
// Adds complete header lines (are_header_lines()) behind the last header, or in front of the first one.
void append_header(EditList& edits, const Message& message, std::string_view lines);
void prepend_header(EditList& edits, const Message& message, std::string_view lines);
void replace_request_uri(EditList& edits, const Message& message, std::string_view uri);
// Replaces the value of the first such header, or appends a header; called again, it replaces what it appended.
void set_header(EditList& edits, const Message& message, HeaderId id, std::string_view value);
// Every such header, and what set_header() added.
void remove_headers(EditList& edits, const Message& message, HeaderId id);
// The value of the first such header as it will be written, with what set_header() did; nothing when there will be
// none.
[[nodiscard]] std::optional<std::string> edited_value(const Message& message, const EditList& edits, HeaderId id);
// Replaces body and Content-Type, whatever was done to the body before; an empty `content_type` leaves the header as it
// is.
void set_body(EditList& edits, const Message& message, std::string_view content_type, std::string_view body);
// What the receiver of a request adds to the top Via: received when `source_ip` (IPv6 without brackets) differs from
// the sent-by host or there is a `source_port`; and that port as rport, when the client asked for it or the script
// wants it (RFC 3261 section 18.2.1, RFC 3581 section 4).
void stamp_top_via(EditList& edits, const Message& message, std::string_view source_ip,
                   std::optional<std::uint16_t> source_port);

// --- writing

// Content-Length always says what is written: it is corrected when the body was edited, and added when there is none.
[[nodiscard]] std::size_t written_size(const Message& message, const EditList& edits);
// Returns the bytes written; 0 when `out` is too small, which then holds nothing of use.
[[nodiscard]] std::size_t write(const Message& message, const EditList& edits, std::span<char> out);
[[nodiscard]] std::string write(const Message& message, const EditList& edits);
// One piece of the message as it will be written (Content-Length is not looked after).
[[nodiscard]] std::string edited(const Message& message, const EditList& edits, std::string_view piece);

}  // namespace carillon::sip
