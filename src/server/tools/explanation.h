// SPDX-License-Identifier: Apache-2.0
// What `carillon explain` found out about one request, as text and as JSON.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "management/json.h"
#include "testing/scenario/run_recorder.h"

namespace carillon::server {

// What happened besides the steps of the script.
struct Happening {
  enum class Kind : std::uint8_t { Sent, Database, Note };

  Kind kind = Kind::Note;
  std::size_t steps = 0;  // of the script, before it
  std::chrono::milliseconds time{0};
  std::string transport = {};  // Sent
  std::string from = {};
  std::string to = {};
  std::string text = {};  // the message, what is written, what there is to say
};

struct Explanation {
  std::string request;  // "INVITE sip:bob@example.org"
  std::string transport;
  std::string source;
  std::string socket;
  std::vector<testing::RunStep> steps;
  std::vector<Happening> happenings;  // in their order
  std::vector<std::string> log;
};

[[nodiscard]] std::string to_text(const Explanation& explanation);
[[nodiscard]] management::Json to_json(const Explanation& explanation);

}  // namespace carillon::server
