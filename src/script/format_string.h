// SPDX-License-Identifier: Apache-2.0
// A text with variables that stands outside the script: in a module parameter, a database row, a command.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "script/host.h"
#include "script/program.h"

namespace carillon::script {

class Run;

// Immutable; any thread may expand it.
class FormatString {
 public:
  // fail(): the first mistake in `text`. The declarations it found at `host` must outlive it.
  [[nodiscard]] static base::Result<FormatString> compile(std::string_view text, Host& host);

  [[nodiscard]] const std::string& source() const { return source_; }
  // The text with the values of now, NULL as "<null>". Lives in the environment's arena, or in this object when nothing
  // varies. fail(): a variable could not be read, or would have to wait, or the text is too long.
  // Inside a run of a script, `outer`, its $var, $param and $rc can be read.
  [[nodiscard]] base::Result<std::string_view> expand(Environment& environment, const Run* outer = nullptr) const;
  // As expand(), but a text that is one variable and nothing else is the value as it is: NULL, or a number.
  [[nodiscard]] base::Result<Value> value(Environment& environment, const Run* outer = nullptr) const;

 private:
  FormatString() = default;

  std::string source_;
  std::shared_ptr<const Program> program_;  // one route that returns the text
};

}  // namespace carillon::script
