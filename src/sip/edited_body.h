// SPDX-License-Identifier: Apache-2.0
// The body of a message as it will be sent, and changes of it that keep Content-Type, boundaries and the headers of
// parts right. Everything ends up in the list of edits: who copies that has the body too.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/function_ref.h"
#include "sip/body_parts.h"
#include "sip/edit_list.h"
#include "sip/message.h"

namespace carillon::sip {

// Nothing is copied while the body is as received; both arguments must outlive it.
class EditedBody {
 public:
  EditedBody(const Message& message, const EditList& edits);
  EditedBody(const EditedBody&) = delete;
  EditedBody& operator=(const EditedBody&) = delete;

  // Contents are pieces of the message, not of this object.
  [[nodiscard]] bool as_received() const { return as_received_; }
  [[nodiscard]] std::string_view type() const { return type_; }  // value of Content-Type; empty: none
  [[nodiscard]] std::string_view content() const { return content_; }
  [[nodiscard]] const BodyParts& parts() const { return parts_; }

 private:
  bool as_received_;
  std::string own_type_;
  std::string own_encoding_;
  std::string own_content_;
  std::string_view type_;
  std::string_view content_;
  BodyParts parts_;
};

// Puts `content` in the place of a part's; `part` is one of `body`, which is what `edits` make of the body.
void set_part(EditList& edits, const Message& message, const EditedBody& body, const BodyPart& part,
              std::string_view content);
// Adds a part of that type behind the others; `headers` are complete lines besides its Content-Type. What was the
// whole body, or a multipart that isn't multipart/mixed, becomes the first part of a multipart/mixed.
void add_part(EditList& edits, const Message& message, std::string_view type, std::string_view headers,
              std::string_view content);
// Removes the parts, at any level, that are `doomed` (asked for those that are no multipart, and for a multipart before
// its parts), and a multipart of which nothing is left. What is left alone becomes the body itself, unless the headers
// of its part have no place in those of a message. Returns how many parts went.
std::size_t remove_parts(EditList& edits, const Message& message, base::FunctionRef<bool(const BodyPart&)> doomed);
void remove_body(EditList& edits, const Message& message);
// Puts a session description in the place of the one that can be read, or adds it; empty: removes all that can be read.
void set_sdp(EditList& edits, const Message& message, std::string_view text);

}  // namespace carillon::sip
