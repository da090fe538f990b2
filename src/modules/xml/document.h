// SPDX-License-Identifier: Apache-2.0
// XML documents as scripts change them. libxml2 reads and writes them, without network, DTDs and entities.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "module/variable_path.h"

namespace carillon::xml {

// Before the first document, while there is one thread.
void prepare_library();

// One run's, so one thread's at a time. Steps name elements, from the root on; a name without a prefix means that
// element in any namespace, and an index chooses among its like. Whatever points nowhere reads as nothing.
class Document {
 public:
  using Steps = std::span<const module::PathStep>;

  // An error that names the line; text must be UTF-8.
  [[nodiscard]] static base::Result<Document> parse(std::string_view text);
  Document(Document&& other) noexcept;
  Document& operator=(Document&& other) noexcept;
  ~Document();

  // The element with all that is in it; without steps the root.
  [[nodiscard]] std::optional<std::string> element(Steps steps) const;
  // Its own text, not that of elements in it.
  [[nodiscard]] std::optional<std::string> text(Steps steps) const;
  [[nodiscard]] std::optional<std::string> attribute(Steps steps, std::string_view name) const;

  // Puts well-formed XML, one element at least, behind what is in the element.
  [[nodiscard]] base::Result<> append(Steps steps, std::string_view fragment);
  // In the place of its own text, behind its elements.
  [[nodiscard]] base::Result<> set_text(Steps steps, std::string_view text);
  [[nodiscard]] base::Result<> set_attribute(Steps steps, std::string_view name, std::string_view value);
  // What isn't there needs no removing.
  [[nodiscard]] base::Result<> remove(Steps steps);
  [[nodiscard]] base::Result<> remove_text(Steps steps);
  [[nodiscard]] base::Result<> remove_attribute(Steps steps, std::string_view name);

 private:
  struct Tree;
  explicit Document(std::unique_ptr<Tree> tree);

  std::unique_ptr<Tree> tree_;
};

}  // namespace carillon::xml
