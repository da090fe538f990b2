// SPDX-License-Identifier: Apache-2.0
// What the server logs while a scenario runs.
#pragma once

#include <string>
#include <vector>

namespace carillon::testing {

// One at a time: the log belongs to the process. Lines go to standard error again when it ends.
class LogCapture {
 public:
  LogCapture();
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  // "notice: text", oldest first.
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  std::string file_;
};

}  // namespace carillon::testing
