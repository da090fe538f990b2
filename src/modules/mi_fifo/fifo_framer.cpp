// SPDX-License-Identifier: Apache-2.0
// See fifo_framer.h.
#include "modules/mi_fifo/fifo_framer.h"

#include <algorithm>

#include "base/strings.h"

namespace carillon::mi_fifo {
namespace {

constexpr std::size_t kMaxNameBytes = 255;  // NAME_MAX

}  // namespace

std::optional<FifoRequest> FifoFramer::take() {
  while (true) {
    if (skipping_) {
      skip_line();
      if (skipping_) return std::nullopt;
    }
    switch (look()) {
      case Look::Incomplete:
        if (buffer_.size() <= max_bytes_) return std::nullopt;
        [[fallthrough]];
      case Look::Broken:
        ++skipped_;
        skipping_ = true;
        break;
      case Look::Complete: {
        FifoRequest request{.reply_fifo = buffer_.substr(1, json_begin_ - 2),
                            .json = buffer_.substr(json_begin_, at_ - json_begin_)};
        consume(at_);
        return request;
      }
    }
  }
}

void FifoFramer::drop_rest() {
  if (!skipping_) ++skipped_;
  skipping_ = false;
  consume(buffer_.size());
}

FifoFramer::Look FifoFramer::look() {
  if (json_begin_ == 0) {
    const auto blanks = std::ranges::find_if_not(buffer_, base::is_lws) - buffer_.begin();
    if (blanks > 0) consume(static_cast<std::size_t>(blanks));
    if (buffer_.empty()) return Look::Incomplete;
    if (const Look name = scan_name(); name != Look::Complete) return name;
  }
  return scan_json();
}

FifoFramer::Look FifoFramer::scan_name() {
  if (buffer_.front() != ':') return Look::Broken;
  const std::size_t end = buffer_.find_first_of(":\n", 1);
  if (end == std::string::npos) return buffer_.size() > kMaxNameBytes + 1 ? Look::Broken : Look::Incomplete;
  if (buffer_[end] == '\n' || end - 1 > kMaxNameBytes) return Look::Broken;
  json_begin_ = at_ = end + 1;
  return Look::Complete;
}

// To the brace that closes the first one. Whether it is JSON is for others to say; a line end inside a string never is.
FifoFramer::Look FifoFramer::scan_json() {
  for (; at_ < buffer_.size(); ++at_) {
    const char c = buffer_[at_];
    if (in_string_) {
      if (c == '\n') return Look::Broken;
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
    } else if (c == '{') {
      ++depth_;
    } else if (depth_ == 0) {
      if (!base::is_lws(c)) return Look::Broken;
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '}' && --depth_ == 0) {
      ++at_;
      return Look::Complete;
    }
  }
  return Look::Incomplete;
}

void FifoFramer::skip_line() {
  // From where the reading stopped: a line end in front of it may be part of the request that is given up.
  const std::size_t end = buffer_.find('\n', at_);
  skipping_ = end == std::string::npos;
  consume(skipping_ ? buffer_.size() : end + 1);
}

void FifoFramer::consume(std::size_t bytes) {
  buffer_.erase(0, bytes);
  json_begin_ = at_ = depth_ = 0;
  in_string_ = escaped_ = false;
}

}  // namespace carillon::mi_fifo
