// SPDX-License-Identifier: Apache-2.0
// Texts outside of scripts: compiled and run like a route that returns one value.
#include "script/format_string.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "script/checker.h"
#include "script/compiler.h"
#include "script/transformations.h"
#include "script/variable_syntax.h"
#include "script/vm.h"

namespace carillon::script {

namespace {

// Reading a variable may expand another text, so a thread needs more than one run; it keeps them for the next time.
class BorrowedRun {
 public:
  BorrowedRun() {
    if (idle().empty()) {
      run_ = std::make_unique<Run>();
    } else {
      run_ = std::move(idle().back());
      idle().pop_back();
    }
  }
  BorrowedRun(const BorrowedRun&) = delete;
  BorrowedRun& operator=(const BorrowedRun&) = delete;
  ~BorrowedRun() {
    run_->reset();
    idle().push_back(std::move(run_));
  }
  Run& operator*() const { return *run_; }

 private:
  static std::vector<std::unique_ptr<Run>>& idle() {
    thread_local std::vector<std::unique_ptr<Run>> runs;
    return runs;
  }

  std::unique_ptr<Run> run_;
};

}  // namespace

base::Result<FormatString> FormatString::compile(std::string_view text, Host& host) {
  Diagnostics diagnostics;
  const Source source = Source::from_text(text, "text");
  ast::Text pieces = VariableParser(source, diagnostics).parse_text(source.text(), Origin{});
  Checker(source, host, diagnostics).check_text(pieces);
  if (diagnostics.has_errors()) {
    const Diagnostic& first =
        *std::ranges::find(diagnostics.all(), Severity::Error, [](const Diagnostic& one) { return one.severity; });
    return base::fail(first.hint.empty() ? first.message : fmt::format("{} ({})", first.message, first.hint));
  }
  FormatString result;
  result.source_ = text;
  result.program_ = std::make_shared<const Program>(Compiler(source, CompileSettings{}).compile_text(pieces));
  return result;
}

base::Result<std::string_view> FormatString::expand(Environment& environment, const Run* outer) const {
  const auto found = value(environment, outer);
  if (!found) return std::unexpected(found.error());
  return to_text_piece(*found, environment.arena());
}

base::Result<Value> FormatString::value(Environment& environment, const Run* outer) const {
  const BorrowedRun run;
  const Outcome outcome = (*run).start_text(program_, environment, outer);
  if (outcome.suspended()) return base::fail(fmt::format("'{}' has a variable that would have to wait", source_));
  if (outcome.end != End::Returned || outcome.code < 0) return base::fail(fmt::format("'{}' has no value", source_));
  return (*run).returned().front();
}

}  // namespace carillon::script
