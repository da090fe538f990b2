// SPDX-License-Identifier: Apache-2.0
// See script_finder.h.
#include "lsp/script_finder.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/strings.h"
#include "lsp/unit.h"

namespace carillon::lsp {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxFiles = 200;  // of one folder
constexpr std::uintmax_t kMaxBytes = 1U << 20;

// Whether some line includes a file of this name, wherever that may be.
bool includes_name(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const std::string_view line = base::trim(base::take_until(text, '\n'));
    if (!line.starts_with("include_file") && !line.starts_with("import_file")) continue;
    const std::size_t at = line.find(name);
    if (at != std::string_view::npos && at != 0 && (line[at - 1] == '/' || line[at - 1] == '"' || line[at - 1] == '\''))
      return true;
  }
  return false;
}

std::optional<std::string> read(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error) || fs::file_size(path, error) > kMaxBytes || error) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::vector<fs::path> scripts_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".cfg" || entry->path().extension() == ".osips") found.push_back(entry->path());
    if (found.size() >= kMaxFiles) break;
  }
  std::ranges::sort(found);  // the same one each time
  return found;
}

}  // namespace

std::optional<std::string> script_that_includes(const std::string& path, const script::OpenFiles& open) {
  const fs::path file(path);
  if (!file.is_absolute()) return std::nullopt;
  std::vector<fs::path> folders{file.parent_path(), file.parent_path().parent_path()};
  if (!open.folder.empty()) folders.emplace_back(open.folder);
  for (const fs::path& folder : folders) {
    for (const fs::path& candidate : scripts_in(folder)) {
      if (candidate == file) continue;
      const auto text = read(candidate);
      if (text && loads_modules(*text) && includes_name(*text, file.filename().string())) return candidate.string();
    }
  }
  return std::nullopt;
}

}  // namespace carillon::lsp
