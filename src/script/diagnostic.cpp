// SPDX-License-Identifier: Apache-2.0
// Diagnostics: recorded while a script is compiled, printed with the line they are about.
#include "script/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "script/source.h"

namespace carillon::script {

void Diagnostics::add(Diagnostic added) {
  const Severity severity = added.severity;
  if (exhausted() || (severity != Severity::Error && all_.size() - errors_ >= kMaxRemarks)) return;
  // One mistake seen twice on its way through the stages is told once.
  for (const Diagnostic& known : all_) {
    if (known.position == added.position && known.severity == severity && known.message == added.message) return;
  }
  if (severity == Severity::Error) ++errors_;
  if (severity == Severity::Warning) ++warnings_;
  all_.push_back(std::move(added));
}

void Diagnostics::sort() {
  std::ranges::sort(all_, [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.position.file, a.position.line, a.position.column, a.severity, a.message) <
           std::tie(b.position.file, b.position.line, b.position.column, b.severity, b.message);
  });
}

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::Error:
      return "error";
    case Severity::Warning:
      return "warning";
    case Severity::Note:
      return "note";
  }
  return "error";
}

namespace {

constexpr std::size_t kMaxLineShown = 160;

// Characters of UTF-8, as a terminal shows them.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// The source line with its tabs as blanks and a row of '^' and '~' under the place.
std::string quoted_line(const Position& position, std::string_view line) {
  if (position.line == 0 || line.empty() || position.column > line.size() + 1) return {};
  const std::size_t at = position.column - 1;
  const std::size_t from = at > kMaxLineShown / 2 ? at - kMaxLineShown / 2 : 0;
  std::string shown(line.substr(from, kMaxLineShown));
  std::ranges::replace_if(shown, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  const std::string_view before = std::string_view(shown).substr(0, at - from);
  const std::string_view under = std::string_view(shown).substr(before.size(), position.length);
  const std::size_t length = std::max<std::size_t>(columns(under), 1);
  return fmt::format("  {}\n  {:>{}}{}\n", shown, '^', columns(before) + 1, std::string(length - 1, '~'));
}

}  // namespace

std::string render(const Diagnostic& diagnostic, const Source& source) {
  const Position& at = diagnostic.position;
  std::string out(source.file_name(at));
  if (at.line != 0) out += fmt::format(":{}:{}", at.line, at.column);
  out += fmt::format(": {}: {}\n", name_of(diagnostic.severity), diagnostic.message);
  out += quoted_line(at, source.line_text(at));
  if (!diagnostic.hint.empty()) out += fmt::format("  = {}\n", diagnostic.hint);
  return out;
}

std::string render(const Diagnostics& diagnostics, const Source& source) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.all()) out += render(diagnostic, source);
  if (diagnostics.exhausted()) out += "too many errors; the rest is not shown\n";
  return out;
}

}  // namespace carillon::script
