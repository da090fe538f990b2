// SPDX-License-Identifier: Apache-2.0
// Questions to the person at the terminal.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace carillon::server {

// Whether somebody can be asked: standard input and standard error are a terminal.
[[nodiscard]] bool is_interactive();

// "question (y/n): ", until the answer is one of the two. An error at the end of input.
[[nodiscard]] base::Result<bool> ask(std::string_view question);

// A line without echo; the terminal is as before afterwards, also when Ctrl-C ends the program.
[[nodiscard]] base::Result<std::string> ask_secret(std::string_view question);

// The first line of standard input, without its line end.
[[nodiscard]] base::Result<std::string> read_line();

}  // namespace carillon::server
