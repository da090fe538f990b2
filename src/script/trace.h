// SPDX-License-Identifier: Apache-2.0
// Watching runs: `carillon explain` and the tests of scripts are told what a run does, in order, while it does it.
#pragma once

#include <cstdint>
#include <string_view>

#include "script/diagnostic.h"
#include "script/value.h"

namespace carillon::script {

class Run;

struct TraceEvent {
  enum class Kind : std::uint8_t {
    Begin,      // name: the route, as "failure_route[x]"
    Line,       // the run comes to `position`, from another line or once more
    Read,       // name: the variable, as "$var(x)"; value
    Transform,  // name: the transformation, as "{s.len}"; value: what it made of the value before it
    Write,      // name, value; code: 1, or -1 when the variable refused
    Call,       // name: the function; code
    Enter,      // name: the route that is called
    Leave,      // code: of the route that was called
    Condition,  // code: 1 true, 0 false, -1 an error, which counts as false
    Log,        // value: a text that the script or the machine logs; code: its level
    Wait,       // name: the function or variable that waits
    Resume,     // it has come
    End,        // code; name: how, as "exit" or "drop"
  };

  Kind kind = Kind::Begin;
  Position position = {};
  std::string_view name = {};
  Value value = {};
  int code = 0;
};

class Tracer {
 public:
  Tracer() = default;
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;
  virtual ~Tracer() = default;

  // In the thread and the shard of the run. Texts are valid during the call.
  virtual void on_event(const Run& run, const TraceEvent& event) = 0;
};

}  // namespace carillon::script
