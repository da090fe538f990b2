// SPDX-License-Identifier: Apache-2.0
// A watched run: what each instruction did, as events. Only the machine includes it.
#pragma once

#include <string>
#include <vector>

#include "script/machine.h"
#include "script/trace.h"

namespace carillon::script {

class Machine::Trace {
 public:
  Trace(Machine& machine, Tracer& tracer) : machine_(machine), tracer_(tracer) {}

  // A run begins, or goes on.
  void enter();
  void step(const Instruction& in);
  // It ended, or waits.
  void leave();
  // What the instruction doesn't tell by what it leaves behind.
  void wrote(const VariableRef& ref, const Value& value, bool done);
  void logged(LogLevel level, std::string_view text);
  void forget() { lines_.clear(); }

 private:
  struct Seen {
    std::uint32_t pc = 0;
    Position at;
  };

  void emit(TraceEvent event);
  void come_to_line(const Instruction& in);
  void before(const Instruction& in);
  void after(const Instruction& in);
  void after_jump(std::size_t depth);
  void resume();
  void enter_route();
  [[nodiscard]] std::string name_of(const VariableSite& site) const;
  [[nodiscard]] std::string name_of_local(std::uint32_t slot) const;
  [[nodiscard]] Value stored(const Instruction& in) const;
  void log_of(const Instruction& in);

  Machine& machine_;
  Tracer& tracer_;
  std::vector<Seen> lines_;  // where each route that was entered stands
  enum class Waits : std::uint8_t { No, ForValue, ForCode, ForRoute } waits_ = Waits::No;
  std::string name_;  // of what the instruction is about
  Value value_;       // what it stores
};

}  // namespace carillon::script
