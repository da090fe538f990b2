// SPDX-License-Identifier: Apache-2.0
// "Content-Length: N", a blank line, N bytes of JSON: cuts the client's bytes into messages. No file, no JSON.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::lsp {

inline constexpr std::size_t kMaxMessage = 64U << 20;
inline constexpr std::size_t kMaxHeader = 8U << 10;

class Framer {
 public:
  struct Frame {
    std::string content;
    std::string_view problem = {};  // why there is no content; the stream goes on behind it
  };

  void feed(std::string_view bytes);
  // The next message, or a problem with it; nothing when more bytes are needed.
  [[nodiscard]] std::optional<Frame> next();
  // Nothing that comes can be understood any more: a header without end.
  [[nodiscard]] bool lost() const { return lost_; }

 private:
  [[nodiscard]] std::optional<Frame> header();

  std::string buffer_;
  std::size_t begin_ = 0;                // of what hasn't been taken yet
  std::optional<std::size_t> expected_;  // bytes of the content that comes
  std::size_t skipped_ = 0;              // bytes of a message too large that are still to come
  bool lost_ = false;
};

// A message as it is sent.
[[nodiscard]] std::string framed(std::string_view content);

}  // namespace carillon::lsp
