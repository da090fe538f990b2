// SPDX-License-Identifier: Apache-2.0
// Source to checked tree: the first half of the way to a Program.
#include "script/analysis.h"

#include <fmt/format.h>

#include "script/checker.h"
#include "script/parser.h"

namespace carillon::script {

Analysis analyse(const Source& source, Host& host, const CompileOptions& options) {
  Analysis result;
  constexpr std::size_t kMaxSource = SourceLimits{}.max_bytes;
  if (source.text().size() > kMaxSource) {
    result.diagnostics.error({}, fmt::format("the script is larger than {} bytes", kMaxSource));
    return result;
  }
  result.script = Parser(source, result.diagnostics).parse();
  Checker(source, host, result.diagnostics).check(result.script, options);
  result.diagnostics.sort();
  return result;
}

}  // namespace carillon::script
