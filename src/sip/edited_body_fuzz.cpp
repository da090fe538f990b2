// SPDX-License-Identifier: Apache-2.0
// Any bytes as a body: its parts lie in it, a description is written as it came, and whatever is done to parts and
// lines, the message that is written has them again. The first line is the Content-Type.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/strings.h"
#include "sip/edited_body.h"
#include "sip/grammar.h"
#include "sip/sdp.h"

namespace carillon::sip {
namespace {

bool lies_in(std::string_view piece, std::string_view whole) {
  return piece.empty() || (piece.data() >= whole.data() && piece.data() + piece.size() <= whole.data() + whole.size());
}

void read_parts(const BodyParts& parts, std::string_view body) {
  unsigned level = 0;
  for (const BodyPart& part : parts.all()) {
    CARILLON_ASSERT(lies_in(part.text, body) && lies_in(part.headers, part.text) && lies_in(part.content, part.text));
    CARILLON_ASSERT(part.level <= level + 1 && part.level < 8);
    level = part.level;
    CARILLON_ASSERT(parts.find(media_type(part.type)) != nullptr);
  }
}

void read_sdp(std::string_view text) {
  auto sdp = Sdp::parse(text);
  if (!sdp) return;
  CARILLON_ASSERT(sdp->text() == text);
  std::size_t at = sdp->session().end;
  for (std::size_t n = 0; n < sdp->streams(); ++n) {
    CARILLON_ASSERT(sdp->stream(n).begin == at && SdpField::parse(sdp->line(at)).type == 'm');
    at = sdp->stream(n).end;
    static_cast<void>(SdpMedia::parse(sdp->field(sdp->stream(n).begin).value).has_value());
  }
  CARILLON_ASSERT(at == sdp->size());
  if (sdp->streams() < 2) return;
  const std::size_t streams = sdp->streams();
  constexpr std::array<std::size_t, 1> kFirst = {0};
  sdp->erase_streams(kFirst);
  sdp->set_line(sdp->stream(0).begin, "m=audio 0 RTP/AVP 0");
  sdp->replace({sdp->size(), sdp->size()}, "m=a\r\na=b");
  CARILLON_ASSERT(Sdp::parse(sdp->text())->streams() == streams);
}

// What is written is a message with the body that the edits are said to make.
void check_written(const Message& message, const EditList& edits) {
  const EditedBody body(message, edits);
  const std::string written = write(message, edits);
  Message again;
  if (!again.assign(written, Framing::Stream, {.message_bytes = 10'000'000, .header_bytes = 1'000'000}).ok())
    std::abort();
  CARILLON_ASSERT(again.body() == body.content());
  const BodyParts parts(again);
  CARILLON_ASSERT(parts.all().size() == body.parts().all().size());
  for (std::size_t n = 0; n < parts.all().size(); ++n) {
    CARILLON_ASSERT(parts.all()[n].content == body.parts().all()[n].content);
  }
}

void edit(const Message& message) {
  EditList edits;
  const EditedBody received(message, edits);
  read_parts(received.parts(), received.content());
  if (const BodyPart* part = received.parts().sdp()) {
    read_sdp(part->content);
    set_part(edits, message, received, *part, "v=0\r\ns=--unique-boundary-1--\r\n");
    check_written(message, edits);
    const EditedBody edited_body(message, edits);
    CARILLON_ASSERT(edited_body.parts().sdp() != nullptr);
    CARILLON_ASSERT(edited_body.parts().sdp()->content == "v=0\r\ns=--unique-boundary-1--\r\n");
  }
  add_part(edits, message, "text/plain", "Content-Language: en\r\n", "--b1\r\nhello\r\n");
  check_written(message, edits);
  CARILLON_ASSERT(EditedBody(message, edits).parts().at(-1)->content == "--b1\r\nhello\r\n");
  bool other = false;
  remove_parts(edits, message, [&other](const BodyPart&) { return other = !other; });
  check_written(message, edits);
  remove_body(edits, message);
  check_written(message, edits);
  CARILLON_ASSERT(EditedBody(message, edits).parts().all().empty());
}

void run(std::string_view input) {
  const std::string_view type = base::take_until(input, '\n');
  if (!is_safe_header_value(type) || type.find('\r') != std::string_view::npos) return;
  std::string bytes =
      "INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
      "To: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n";
  if (!base::trim(type).empty()) bytes.append("Content-Type: ").append(type).append("\r\n");
  bytes.append("Content-Disposition: x\r\n\r\n").append(input);
  Message message;
  if (message.assign(bytes).ok()) edit(message);
}

}  // namespace
}  // namespace carillon::sip

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  carillon::sip::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
