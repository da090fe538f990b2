// SPDX-License-Identifier: Apache-2.0
// What a scenario says that commands of the shell and HTTP servers answer: none of them is ever asked.
#pragma once

#include <functional>
#include <regex>
#include <string>
#include <vector>

#include "base/result.h"
#include "module/stand_in.h"
#include "testing/scenario/scenario.h"

namespace carillon::testing {

class StatedAnswers final : public module::StandIn {
 public:
  // Told of every question, and whether there is an answer to it.
  using Listener = std::function<void(const Question& question, bool is_answered)>;

  // "exec PATTERN" and "http METHOD PATTERN". Of several that match a question the one stated last counts.
  [[nodiscard]] base::Result<> add(Kind kind, const Statement& statement);
  void set_listener(Listener listener) { listener_ = std::move(listener); }

  [[nodiscard]] std::optional<Answer> answer(const Question& question) override;

 private:
  struct Stated {
    Kind kind = Kind::Command;
    std::string pattern;  // as shells know them
    std::optional<std::regex> input;
    Answer answer;
  };
  // One item: "status 1", "fails -3", "Content-Type: text/plain", "error: text", "input ~ "regex"".
  [[nodiscard]] static base::Result<> read_item(Stated& stated, const std::string& item);

  std::vector<Stated> stated_;
  Listener listener_;
};

// Who asks: "exec", "http".
[[nodiscard]] std::string_view name_of(module::StandIn::Kind kind);

}  // namespace carillon::testing
