// SPDX-License-Identifier: Apache-2.0
// What stands in for the world outside of a server that is closed (a test of a script, `carillon explain`): whoever
// would run a program or ask a server asks this instead, in the one place where it would.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::module {

class StandIn {
 public:
  enum class Kind : std::uint8_t { Command, HttpRequest };
  struct Question {
    Kind kind = Kind::Command;
    std::string_view what;   // the line for the shell; "GET http://..."
    std::string_view input;  // standard input; the body
  };
  struct Answer {
    std::optional<int> failure = {};  // it fails: the code with which the function of the script ends
    int status = 0;                   // of the process, or of HTTP
    std::string output = {};          // standard output; the body
    std::string errors = {};          // standard error
    std::string content_type = {};
  };

  // Inside a shard. Nothing when nobody has said what the answer is: then it fails.
  [[nodiscard]] virtual std::optional<Answer> answer(const Question& question) = 0;

 protected:
  ~StandIn() = default;
};

}  // namespace carillon::module
