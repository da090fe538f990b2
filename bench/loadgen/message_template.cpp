// SPDX-License-Identifier: Apache-2.0
// Templates of messages: literal pieces and the fields between them.
#include "loadgen/message_template.h"

#include <algorithm>
#include <cstring>

#include "loadgen/udp_batch.h"

namespace carillon::bench {

MessageTemplate::MessageTemplate(std::string_view text) {
  std::string literal;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) break;
    const auto name = std::ranges::find(kFieldNames, text.substr(open + 1, close - open - 1));
    if (name == kFieldNames.end()) {
      literal += text.substr(0, open + 1);
      text.remove_prefix(open + 1);
      continue;
    }
    literal += text.substr(0, open);
    pieces_.push_back({std::move(literal), static_cast<Field>(name - kFieldNames.begin())});
    literal.clear();
    text.remove_prefix(close + 1);
  }
  tail_ = std::move(literal) + std::string(text);
}

std::size_t MessageTemplate::render(char* out, const FieldValues& values) const {
  std::size_t length = tail_.size();
  for (const Piece& piece : pieces_) length += piece.literal.size() + values.get(piece.field).size();
  if (length > kDatagramSize) return 0;
  const auto append = [&out](std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    out += text.size();
  };
  for (const Piece& piece : pieces_) {
    append(piece.literal);
    append(values.get(piece.field));
  }
  append(tail_);
  return length;
}

}  // namespace carillon::bench
