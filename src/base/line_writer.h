// SPDX-License-Identifier: Apache-2.0
// Writes lines to a descriptor without ever waiting for whoever reads them.
#pragma once

#include <cstdint>
#include <string_view>

namespace carillon::base {

// Standard error may be a pipe, a socket or a terminal that nobody reads any more. A line that finds no room there is
// lost; a file takes every line. One thread at a time. Other processes that write to the same pipe can still take the
// room between the look and the write.
class LineWriter {
 public:
  // `descriptor` stays the caller's.
  explicit LineWriter(int descriptor);

  // `line` ends with a line break. False: it is lost, or its end is; then the next one begins on a line of its own.
  [[nodiscard]] bool write(std::string_view line);

 private:
  enum class Kind : std::uint8_t { File, Pipe, Socket };

  [[nodiscard]] bool has_room() const;
  [[nodiscard]] bool write_piece(std::string_view& rest) const;

  int descriptor_;
  Kind kind_;
  bool torn_ = false;  // a line was written in part
};

}  // namespace carillon::base
