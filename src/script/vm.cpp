// SPDX-License-Identifier: Apache-2.0
// Run: what the engine holds of a running script.
#include "script/vm.h"

#include "base/assert.h"
#include "script/machine.h"

namespace carillon::script {

Run::Run() : machine_(std::make_unique<Machine>(*this)) {}
Run::~Run() = default;

Outcome Run::start(std::shared_ptr<const Program> program, RouteId route, Environment& environment,
                   std::span<const Value> parameters, std::span<const NamedValue> named) {
  return machine_->start(std::move(program), route, environment, parameters, named);
}

Outcome Run::start_text(std::shared_ptr<const Program> program, Environment& environment, const Run* outer) {
  return machine_->start_text(std::move(program), environment, outer != nullptr ? outer->machine_.get() : nullptr);
}

Outcome Run::start_launch(const Launch& launch, Environment& environment) {
  return machine_->start_launch(launch, environment);
}

Outcome Run::resume(int code) { return machine_->resume_code(code); }
Outcome Run::resume_value(const Value& value) { return machine_->resume_value(value); }
bool Run::suspended() const { return machine_->suspended(); }
bool Run::waits_for_value() const { return machine_->waits_for_value(); }
void Run::reset() { machine_->reset(); }
void Run::watch(Tracer& tracer) { machine_->watch(tracer); }

bool Run::assign(const VariableRef& variable, const Value& value, WriteMode mode) {
  return machine_->assign(variable, value, mode);
}

Value Run::read(const VariableRef& variable) {
  const ReadResult result = machine_->read(variable);
  return result.is_pending() || result.is_error() ? Value::null() : result.value();
}

VariableRef Run::local(std::string_view name) {
  VariableRef variable;
  variable.sub_name = name;
  variable.storage = VariableRef::Storage::Local;
  variable.slot = machine_->slot_of(name);
  return variable;
}

void Run::trace(std::unique_ptr<const ScriptTrace> trace) { machine_->trace(std::move(trace)); }

const Program* Run::program() const { return machine_->program(); }
Environment& Run::environment() const { return machine_->environment(); }
Position Run::position() const { return machine_->position(); }
const RouteInfo& Run::current_route() const { return machine_->current_route(); }
std::span<const Value> Run::returned() const { return machine_->returned(); }

}  // namespace carillon::script
