// SPDX-License-Identifier: Apache-2.0
// The text of a script with its includes expanded, and the way back from any byte to the file and line it came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "script/diagnostic.h"

namespace carillon::script {

struct SourceLimits {
  std::size_t max_bytes = 16 * 1024 * 1024;  // of all files together, before and after preprocessing
  int max_include_depth = 50;
};

// Immutable once loaded.
class Source {
 public:
  // A script held in memory (tests, the embedded default). `name` is what diagnostics call it.
  [[nodiscard]] static Source from_text(std::string_view text, std::string_view name = "script");

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::vector<std::string>& files() const { return files_; }
  // The place of a byte of text(). `length` is carried over.
  [[nodiscard]] Position position(std::size_t offset, std::size_t length = 1) const;
  // The line a position lies in, as the author wrote it, without its newline. Empty when the preprocessor made it.
  [[nodiscard]] std::string_view line_text(const Position& position) const;
  [[nodiscard]] std::string_view file_name(const Position& position) const;
  // A file as it was read; the index is that of files().
  [[nodiscard]] const std::string& original(std::uint16_t file) const { return originals_[file]; }
  // The place behind the last byte of a position, perhaps lines below it; its length has no meaning.
  [[nodiscard]] Position end_of(const Position& position) const;

 private:
  friend class SourceLoader;

  // Lines from `begin` on come from `file`, counted from `line`.
  struct Segment {
    std::size_t begin = 0;
    std::uint16_t file = 0;
    std::uint32_t line = 1;
  };

  std::string text_;
  std::vector<std::string> files_;
  std::vector<std::string> originals_;  // each file as it was read
  std::vector<Segment> segments_;       // sorted by begin
  std::vector<std::size_t> line_starts_;

  void index_lines();
};

// The text of one file as it is ("-": standard input), of at most SourceLimits::max_bytes.
[[nodiscard]] base::Result<std::string> read_text(const std::string& path);

// The path in `include_file "path"` (or import_file) when that is what the line begins with.
[[nodiscard]] std::optional<std::string_view> included_path(std::string_view line);

// Reads `path` ("-": standard input), expands include_file and import_file, and pipes the whole through the shell
// command `preprocessor` unless that is empty (-p). Blocks: for start, check and reload, never on a shard.
// Errors name the file, and the line of the include at fault.
[[nodiscard]] base::Result<Source> load_source(const std::string& path, const std::string& preprocessor = {},
                                               const SourceLimits& limits = {});

// What an editor has: files that are open and not saved yet.
struct OpenFiles {
  // The text of an open file by its absolute path without "." and ".."; nothing when it isn't open.
  std::function<std::optional<std::string>(const std::string& path)> find;
  // Where relative paths are looked for that are not beside the including file; may be empty.
  std::string folder;
};
struct EditedSource {
  Source source;
  struct Include {
    Position position;  // of the quoted path
    std::string path;   // absolute
  };
  std::vector<Include> includes;     // those that were read
  std::vector<Diagnostic> problems;  // those that could not be
};
// Reads `path`, open or on the disk, for an editor: relative includes are looked for beside the including file first,
// and what can't be read is left out.
[[nodiscard]] EditedSource load_edited_source(const std::string& path, const OpenFiles& open,
                                              const SourceLimits& limits = {});

}  // namespace carillon::script
