// SPDX-License-Identifier: Apache-2.0
// What is wrong with a script, where, and what was probably meant; printed with the source line and a caret.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "script/diagnostic_code.h"

namespace carillon::script {

class Source;

// A place in the source as the author sees it: includes and preprocessing are undone.
struct Position {
  std::uint16_t file = 0;    // index into Source::files()
  std::uint32_t line = 0;    // from 1; 0: no place
  std::uint32_t column = 0;  // from 1, in bytes
  std::uint32_t length = 1;  // bytes underlined

  friend bool operator==(const Position&, const Position&) = default;
};

enum class Severity : std::uint8_t { Error, Warning, Note };

struct Diagnostic {
  Severity severity = Severity::Error;
  Position position;
  std::string message;
  std::string hint;  // "did you mean ...", today's spelling, the missing loadmodule; may be empty
  DiagnosticCode code = DiagnosticCode::Syntax;
};

// Everything found in one script. Bounded: past kMaxErrors nothing more is recorded and exhausted() is true.
class Diagnostics {
 public:
  static constexpr std::size_t kMaxErrors = 200;
  static constexpr std::size_t kMaxRemarks = 1000;  // warnings and notes

  void add(Diagnostic diagnostic);
  void error(const Position& position, std::string message, std::string hint = {},
             DiagnosticCode code = DiagnosticCode::Syntax) {
    add({Severity::Error, position, std::move(message), std::move(hint), code});
  }
  void warning(const Position& position, std::string message, std::string hint = {},
               DiagnosticCode code = DiagnosticCode::Misuse) {
    add({Severity::Warning, position, std::move(message), std::move(hint), code});
  }
  void note(const Position& position, std::string message, std::string hint = {},
            DiagnosticCode code = DiagnosticCode::NotNeeded) {
    add({Severity::Note, position, std::move(message), std::move(hint), code});
  }

  // In the order of the source files and lines once sort() was called.
  [[nodiscard]] std::span<const Diagnostic> all() const { return all_; }
  [[nodiscard]] std::size_t errors() const { return errors_; }
  [[nodiscard]] std::size_t warnings() const { return warnings_; }
  [[nodiscard]] bool has_errors() const { return errors_ != 0; }
  [[nodiscard]] bool exhausted() const { return errors_ >= kMaxErrors; }
  void sort();

 private:
  std::vector<Diagnostic> all_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
};

[[nodiscard]] std::string_view name_of(Severity severity);

// "proxy.cfg:12:5: error: unknown function 't_rely'", the line, a caret, and the hint; ends with a newline.
[[nodiscard]] std::string render(const Diagnostic& diagnostic, const Source& source);
[[nodiscard]] std::string render(const Diagnostics& diagnostics, const Source& source);

}  // namespace carillon::script
