// SPDX-License-Identifier: Apache-2.0
// The documents that are open in the editor: their text wins over the file of the same name.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/text.h"

namespace carillon::lsp {

// The absolute path of a file: URI, without "." and ".."; empty for URIs of other kinds.
[[nodiscard]] std::string path_of(std::string_view uri);
[[nodiscard]] std::string uri_of(std::string_view path);

struct Document {
  std::string uri;   // as the client spells it
  std::string path;  // of a document that is no file the URI, so that no file on the disk is meant by it
  std::string text;
  std::int64_t version = 0;
};

// A part of a document replaced; all of it without a range.
struct Change {
  std::optional<Range> range;
  std::string text;
};

class Documents {
 public:
  static constexpr std::size_t kMaxDocuments = 1000;

  // False when there are too many already. A document opened twice has its second text.
  [[nodiscard]] bool open(Document document);
  // False when it isn't open.
  [[nodiscard]] bool change(std::string_view uri, std::int64_t version, const std::vector<Change>& changes);
  void close(std::string_view uri);

  [[nodiscard]] const Document* find(std::string_view uri) const;
  [[nodiscard]] const Document* find_path(std::string_view path) const;
  [[nodiscard]] const std::map<std::string, Document, std::less<>>& all() const { return by_uri_; }

 private:
  std::map<std::string, Document, std::less<>> by_uri_;
};

}  // namespace carillon::lsp
