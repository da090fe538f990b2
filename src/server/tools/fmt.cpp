// SPDX-License-Identifier: Apache-2.0
// See fmt.h.
#include "server/tools/fmt.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/result.h"
#include "base/strings.h"
#include "script/formatter.h"
#include "script/source.h"
#include "server/options.h"

namespace carillon::server {
namespace {

constexpr const char* kStandardInput = "-";

base::Result<std::string> indent_of(const std::string& option) {
  if (option.empty()) return std::string();
  if (option == "tab") return std::string("\t");
  const auto blanks = base::parse_number<unsigned>(option);
  if (blanks && *blanks >= 1 && *blanks <= 8) return std::string(*blanks, ' ');
  return base::fail(fmt::format("--indent {}: \"tab\", or a number of blanks from 1 to 8", option));
}

// What is there is replaced whole, so that a script is never half written; a link stays a link.
base::Result<> replace_file(const std::string& path, std::string_view text) {
  std::error_code error;
  const std::string real = std::filesystem::canonical(path, error).string();
  if (error) return base::fail(fmt::format("{}: {}", path, error.message()));
  std::string pattern = real + ".XXXXXX";
  const int descriptor = ::mkstemp(pattern.data());
  if (descriptor < 0) return base::fail(fmt::format("{}: {}", pattern, std::strerror(errno)));
  struct stat before{};
  bool done = ::stat(real.c_str(), &before) == 0 && ::fchmod(descriptor, before.st_mode & 07777U) == 0;
  // Only root may give files away; elsewhere they are ours already.
  if (done && before.st_uid != ::geteuid()) done = ::fchown(descriptor, before.st_uid, before.st_gid) == 0;
  while (done && !text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    done = written > 0 || (written < 0 && errno == EINTR);
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  done = done && ::fsync(descriptor) == 0;
  int reason = errno;
  if (::close(descriptor) == 0 && done && ::rename(pattern.c_str(), real.c_str()) == 0) return {};
  if (done) reason = errno;
  ::unlink(pattern.c_str());
  return base::fail(fmt::format("{}: {}", path, std::strerror(reason)));
}

int format_one(const std::string& path, const std::string& indent, const FmtOptions& options) {
  const auto text = script::read_text(path);
  if (!text) {
    fmt::print(stderr, "carillon: {}\n", text.error().message);
    return kBadStart;
  }
  const std::string name = path == kStandardInput ? "standard input" : path;
  const auto formatted = script::format(*text, name, {.indent = indent});
  if (!formatted) {
    fmt::print(stderr, "{}", formatted.error().message);
    return kBadStart;
  }
  const bool changed = *formatted != *text;
  if (options.check) {
    if (changed) fmt::print("{}\n", name);
    return changed ? kFailure : kSuccess;
  }
  if (!options.write || path == kStandardInput) {
    return std::fwrite(formatted->data(), 1, formatted->size(), stdout) == formatted->size() ? kSuccess : kBadStart;
  }
  if (!changed) return kSuccess;
  const auto written = replace_file(path, *formatted);
  if (written) return kSuccess;
  fmt::print(stderr, "carillon: {}\n", written.error().message);
  return kBadStart;
}

}  // namespace

int format_scripts(const FmtOptions& options) {
  const auto indent = indent_of(options.indent);
  if (!indent) {
    fmt::print(stderr, "carillon: {}\n", indent.error().message);
    return kBadStart;
  }
  int status = kSuccess;
  for (const std::string& file : options.files) status = std::max(status, format_one(file, *indent, options));
  return status;
}

}  // namespace carillon::server
