// SPDX-License-Identifier: Apache-2.0
// See log_capture.h.
#include "testing/scenario/log_capture.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/assert.h"
#include "base/log.h"

namespace carillon::testing {

LogCapture::LogCapture() : file_((std::filesystem::temp_directory_path() / "carillon-scenario-XXXXXX").string()) {
  const int descriptor = ::mkstemp(file_.data());
  CARILLON_ASSERT(descriptor >= 0);
  ::close(descriptor);
  log::Settings settings;
  settings.level = log::Level::Debug;
  settings.file = file_;
  CARILLON_ASSERT(log::configure(settings).has_value());
}

LogCapture::~LogCapture() {
  static_cast<void>(log::configure({}));
  std::error_code ignored;  // a file left behind in the temporary folder hurts nobody
  std::filesystem::remove(file_, ignored);
}

std::vector<std::string> LogCapture::lines() const {
  log::flush();
  std::ifstream file(file_);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line.substr(line.find(' ') + 1));
  return lines;
}

}  // namespace carillon::testing
