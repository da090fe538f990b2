// SPDX-License-Identifier: Apache-2.0
// The inside of `$(<reply>hdr(Contact)[0]{nameaddr.uri}{uri.user})`, and of texts with such variables in them.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "script/ast.h"
#include "script/diagnostic.h"
#include "script/source.h"
#include "script/token.h"

namespace carillon::script {

struct VariableExtent {
  std::size_t length = 0;   // of the variable that begins with the '$' at the place asked about; 0: there is none
  bool unbalanced = false;  // because a parenthesis is never closed
};
[[nodiscard]] VariableExtent scan_variable(std::string_view text, std::size_t dollar);

// Parses the variable that fills `text`. Mistakes are reported at their place by `origin`; null when there were any.
class VariableParser {
 public:
  VariableParser(const Source& source, Diagnostics& diagnostics) : source_(source), sink_(diagnostics) {}

  [[nodiscard]] std::unique_ptr<ast::Variable> parse(std::string_view text, const Origin& origin);
  // A text with variables in it: `$$` is a dollar, everything else that begins with '$' has to be a variable.
  [[nodiscard]] ast::Text parse_text(std::string_view text, const Origin& origin);

 private:
  static constexpr int kMaxDepth = 16;  // variables inside sub-names and arguments of variables
  static constexpr std::size_t kMaxPieces = 2000;

  [[nodiscard]] std::unique_ptr<ast::Variable> variable(std::size_t begin, std::size_t end);
  bool bracketed(ast::Variable& variable, std::size_t begin, std::size_t end);
  [[nodiscard]] std::size_t matching(std::size_t at, std::size_t end, char open, char close);
  bool index(ast::Variable& variable, std::size_t begin, std::size_t end);
  bool transformation(ast::Variable& variable, std::size_t begin, std::size_t end);
  bool sub_name(ast::Variable& variable, std::size_t begin, std::size_t end);
  // strict: a '$' that begins no variable is a mistake.
  [[nodiscard]] ast::Text pieces(std::size_t begin, std::size_t end, bool strict);
  void error(std::size_t begin, std::size_t length, std::string message, std::string hint = {},
             DiagnosticCode code = DiagnosticCode::Syntax);

  const Source& source_;
  Diagnostics& sink_;
  std::string_view text_;
  const Origin* origin_ = nullptr;
  int depth_ = 0;
  bool failed_ = false;
};

}  // namespace carillon::script
