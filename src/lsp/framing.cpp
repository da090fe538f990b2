// SPDX-License-Identifier: Apache-2.0
// See framing.h.
#include "lsp/framing.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"

namespace carillon::lsp {

namespace {

constexpr std::string_view kBlankLine = "\r\n\r\n";
constexpr std::string_view kContentLength = "content-length";

std::optional<std::size_t> content_length(std::string_view headers) {
  std::optional<std::size_t> length;
  while (!headers.empty()) {
    std::string_view value = base::take_until(headers, '\n');
    const std::string_view name = base::take_until(value, ':');
    if (!base::iequals(base::trim(name), kContentLength)) continue;
    if (length) return std::nullopt;
    length = base::parse_number<std::size_t>(base::trim(value));
    if (!length) return std::nullopt;
  }
  return length;
}

}  // namespace

void Framer::feed(std::string_view bytes) {
  const std::size_t skipped = std::min(skipped_, bytes.size());
  skipped_ -= skipped;
  bytes.remove_prefix(skipped);
  if (begin_ != 0) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  buffer_ += bytes;
}

std::optional<Framer::Frame> Framer::next() {
  if (lost_) return std::nullopt;
  if (!expected_) {
    if (auto problem = header()) return problem;
  }
  if (!expected_ || buffer_.size() - begin_ < *expected_) return std::nullopt;
  Frame frame{buffer_.substr(begin_, *expected_)};
  begin_ += *expected_;
  expected_.reset();
  return frame;
}

std::optional<Framer::Frame> Framer::header() {
  const std::size_t end = buffer_.find(kBlankLine, begin_);
  const std::size_t size = (end == std::string::npos ? buffer_.size() : end) - begin_;
  if (size > kMaxHeader) {
    lost_ = true;
    return Frame{{}, "a header that has no end"};
  }
  if (end == std::string::npos) return std::nullopt;
  const auto length = content_length(std::string_view(buffer_).substr(begin_, size));
  begin_ = end + kBlankLine.size();
  if (!length) return Frame{{}, "a header without a Content-Length that is a number"};
  if (*length > kMaxMessage) {
    const std::size_t here = std::min(*length, buffer_.size() - begin_);
    begin_ += here;
    skipped_ = *length - here;
    return Frame{{}, "a message that is too large"};
  }
  expected_ = length;
  return std::nullopt;
}

std::string framed(std::string_view content) {
  return fmt::format("Content-Length: {}\r\n\r\n{}", content.size(), content);
}

}  // namespace carillon::lsp
