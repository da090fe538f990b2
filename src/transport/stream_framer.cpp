// SPDX-License-Identifier: Apache-2.0
// Keeps the incomplete end of a stream's input and hands out the rest in place.
#include "transport/stream_framer.h"

namespace carillon::transport {
namespace {

// A buffer that grew larger than this is given back when its message has been handled.
constexpr std::size_t kKeptCapacity = 4096;

}  // namespace

StreamFramer::Piece StreamFramer::next() {
  if (failed_) return {};
  drop_taken();
  return pending_.empty() ? next_in_input() : next_in_pending();
}

bool StreamFramer::in_message() const { return !failed_ && pending_.find_first_not_of("\r\n") != std::string::npos; }

StreamFramer::Piece StreamFramer::next_in_input() {
  if (input_.empty()) return {};
  const sip::Frame frame = framer_.next(input_);
  if (frame.kind == sip::Frame::Kind::Incomplete) {
    pending_ = input_;
    input_ = {};
    return {};
  }
  const std::string_view bytes = input_.substr(0, frame.size);
  input_.remove_prefix(bytes.size());
  return piece(frame, bytes);
}

// Joins the input to what is pending; what stands behind the first piece goes back to the input, uncopied from then on.
StreamFramer::Piece StreamFramer::next_in_pending() {
  if (input_.empty()) return {};
  const std::size_t before = pending_.size();
  pending_ += input_;
  const sip::Frame frame = framer_.next(pending_);
  if (frame.kind == sip::Frame::Kind::Incomplete) {
    input_ = {};
    return {};
  }
  if (frame.size >= before) {
    input_.remove_prefix(frame.size - before);
    pending_.resize(frame.size);
  } else {
    pending_.resize(before);  // line ends that were waiting: the rest of them still is
  }
  taken_ = frame.size;
  return piece(frame, std::string_view(pending_).substr(0, frame.size));
}

StreamFramer::Piece StreamFramer::piece(const sip::Frame& frame, std::string_view bytes) {
  using enum sip::Frame::Kind;
  switch (frame.kind) {
    case Incomplete:
      break;
    case Ping:
      return {Kind::Ping, bytes, {}};
    case LineEnd:
      return {Kind::LineEnd, bytes, {}};
    case Message:
      return {Kind::Message, bytes, {}};
    case Bad:
      failed_ = true;
      return {Kind::Bad, bytes, frame.verdict};
  }
  return {};
}

void StreamFramer::drop_taken() {
  if (taken_ == 0) return;
  pending_.erase(0, taken_);
  taken_ = 0;
  if (pending_.empty() && pending_.capacity() > kKeptCapacity) pending_.shrink_to_fit();
}

}  // namespace carillon::transport
