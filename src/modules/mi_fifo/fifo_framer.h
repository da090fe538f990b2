// SPDX-License-Identifier: Apache-2.0
// Cuts what is written into the FIFO into requests: ":reply_fifo:{json}", one behind the other.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::mi_fifo {

struct FifoRequest {
  std::string reply_fifo;  // as written, unchecked; empty: no answer is wanted
  std::string json;
};

// Many may write at once, some wrongly: what can't be a request is skipped up to the next line.
class FifoFramer {
 public:
  explicit FifoFramer(std::size_t max_request_bytes) : max_bytes_(max_request_bytes) {}

  void add(std::string_view bytes) { buffer_ += bytes; }
  // The next whole request. Call until there is none after each add(): only then is the memory bounded, by
  // max_request_bytes and what one add() brings.
  [[nodiscard]] std::optional<FifoRequest> take();
  // A request has begun and is not whole: its writer may have died.
  [[nodiscard]] bool has_rest() const { return !buffer_.empty(); }
  // Forgets what there is of it.
  void drop_rest();
  // Requests that were given up so far.
  [[nodiscard]] std::size_t skipped() const { return skipped_; }

 private:
  enum class Look : unsigned char { Complete, Incomplete, Broken };

  [[nodiscard]] Look scan_name();
  [[nodiscard]] Look scan_json();
  [[nodiscard]] Look look();
  void skip_line();
  void consume(std::size_t bytes);

  std::size_t max_bytes_;
  std::string buffer_;
  std::size_t skipped_ = 0;
  bool skipping_ = false;  // until the end of a line that hasn't come yet

  // How far the request at the front of the buffer has been read.
  std::size_t json_begin_ = 0;  // 0: the name isn't read yet
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace carillon::mi_fifo
