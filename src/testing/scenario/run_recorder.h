// SPDX-License-Identifier: Apache-2.0
// What the runs of a script did, line by line: for people who test a script, and for `carillon explain`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "script/source.h"
#include "script/trace.h"

namespace carillon::testing {

// A value read or written, a code, a text that was logged.
struct RunNote {
  script::TraceEvent::Kind kind = script::TraceEvent::Kind::Read;
  std::string name;
  enum class Type : std::uint8_t { None, Null, Number, Text } type = Type::None;
  std::string text;  // of the value, also of a number
  int code = 0;
};

struct RunStep {
  enum class Kind : std::uint8_t { Begin, Line, Wait, Resume, End };

  Kind kind = Kind::Line;
  unsigned run = 0;    // counted from 1
  unsigned depth = 0;  // routes that have called one another
  std::string route;   // "failure_route[x]"; empty: none yet
  std::string text;    // Begin: what it runs on; Line: the source; Wait, Resume: what for; End: how
  std::string file;    // Line
  std::uint32_t line = 0;
  int code = 0;  // End
  std::vector<RunNote> notes;
};

// On one thread.
class RunRecorder final : public script::Tracer {
 public:
  // Outlives the recorder: the source of the program whose runs are watched.
  explicit RunRecorder(const script::Source& source) : source_(source) {}

  void on_event(const script::Run& run, const script::TraceEvent& event) override;

  // In the order in which they happened; runs that wait for one another take turns.
  [[nodiscard]] const std::vector<RunStep>& steps() const { return steps_; }
  // Whether a run has begun and not ended.
  [[nodiscard]] bool has_unfinished() const { return !runs_.empty(); }
  // Steps that were too many to be kept.
  [[nodiscard]] std::size_t dropped() const { return dropped_; }

 private:
  struct Watched {
    unsigned number = 0;
    std::vector<std::string> routes;
    std::size_t step = 0;  // its last
    // Where the request goes, as far as it has been told.
    std::string uri;
    std::string destination;
    std::size_t branches = 1;
  };

  RunStep& add(Watched& run, RunStep::Kind kind, std::string text);
  void add_line(Watched& run, const script::Position& at);
  void note(Watched& run, const script::TraceEvent& event);
  // What a function has done to the targets of the request: lookup() and its kin write no variable.
  void note_targets(Watched& watched, const script::Run& run);

  const script::Source& source_;
  std::map<const script::Run*, Watched> runs_;
  std::vector<RunStep> steps_;
  std::size_t dropped_ = 0;
  RunStep overflow_;  // what is written to when steps_ is full
  unsigned next_number_ = 0;
};

// Of a step: a line or two of text each, indented by `indent` blanks.
[[nodiscard]] std::vector<std::string> describe(const RunStep& step, std::size_t indent);

}  // namespace carillon::testing
