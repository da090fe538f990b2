// SPDX-License-Identifier: Apache-2.0
// See exec.h.
#include "modules/exec/exec.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "module/services.h"
#include "modules/exec/environment.h"
#include "routing/proxy.h"
#include "shard/shards.h"
#include "shard/suspension.h"
#include "sip/uri.h"

namespace carillon::exec {
namespace {

using module::kFalse;
using module::kTrue;
using script::Value;

// Each line without its end; what stands behind the last line end is one, when it is not empty.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    std::string_view line = base::take_until(text, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
  }
  return lines;
}

// A variable holds all of it; an AVP, and what async() fills, a value for each line, the last one on top.
void write(RouteContext& context, const module::Output& variable, std::string_view text, bool by_line) {
  if (text.empty()) return;
  const std::string_view kept = context.keep(text);
  if (!by_line && !variable.is_avp()) {
    variable.assign(Value::text(kept));
    return;
  }
  for (const std::string_view line : lines_of(kept)) variable.assign(Value::text(line));
}

// One word of a shell, whatever is in it.
std::string quoted(std::string_view text) {
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += "'\\''";
    } else {
      word += c;
    }
  }
  return word + "'";
}

bool is_request_uri(std::string_view text) {
  return std::ranges::none_of(text,
                              [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '<' || c == '>'; }) &&
         sip::Uri::parse(text).has_value();
}

}  // namespace

base::Result<AvpList> AvpList::parse(std::string_view text) {
  AvpList list;
  while (!base::trim(text).empty()) {
    const std::size_t end = std::min(text.find_first_of(",; ", text.find(')')), text.size());
    const std::string_view name = base::trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (name.empty()) continue;
    auto avp = module::ScriptVariable::parse(name);
    if (!avp || !name.starts_with("$avp(")) return base::fail(fmt::format("'{}' is no $avp(name)", name));
    list.avps.push_back(std::move(*avp));
  }
  return list;
}

base::Result<> Exec::start(module::Services& services) {
  if (max_processes < 1) return base::fail("max_processes must be above 0");
  if (max_queued < 0 || max_output < 0) return base::fail("max_queued and max_output must not be negative");
  shards_ = &services.shards;
  const Processes::Settings settings{.max_output = static_cast<std::size_t>(max_output),
                                     .at_once = {.under_way = static_cast<std::size_t>(max_processes),
                                                 .queued = static_cast<std::size_t>(max_queued)}};
  processes_ = std::make_unique<Processes>(settings, services.pool, statistics, services.stand_in);
  return processes_->start();
}

// What is told resumes runs in shards, which don't outlive this.
void Exec::stop() {
  if (processes_ != nullptr) processes_->stop();
}

std::optional<Command> Exec::prepare(RouteContext& context, std::string_view function, std::string_view line) const {
  if (line.find('\0') != std::string_view::npos || line.size() > kMaxArgument) {
    log::error("{}(): the command has a NUL, or more than {} bytes", function, kMaxArgument);
    return std::nullopt;
  }
  Command command{.line = std::string(line)};
  if (setvars) add_message(command.environment, context, secrets_);
  if (time_to_kill.count() > 0) command.time_to_kill = time_to_kill;
  if (max_wait.count() > 0) command.longest_wait = max_wait;
  if (const auto limit = context.async_call.limit; limit.count() > 0) {
    command.time_to_kill = std::min<base::Duration>(command.time_to_kill, limit);
  }
  return command;
}

base::Task<Result> Exec::run(RouteContext& context, std::string_view function, Command command) {
  auto waiting = context.proxy().shard().suspend<Result>();
  auto done = [shards = shards_, handle = waiting.handle()](Result result) {
    shards->resume(handle, std::move(result));
  };
  if (auto begun = processes_->begin(std::move(command), std::move(done)); !begun) {
    log::error("{}(): {}", function, begun.error().message);
    Result none;
    none.why = begun.error().message;
    co_return none;
  }
  co_return co_await waiting;
}

module::Eventual Exec::exec(RouteContext& context, std::string_view command, Text input, Out output, Out errors,
                            Out environment) {
  auto prepared = prepare(context, "exec", command);
  if (!prepared) return kFalse;
  prepared->input = input.value_or("");
  prepared->wants_output = output.has_value();
  prepared->wants_errors = errors.has_value();
  if (environment && !environment->is_avp()) {
    log::error("exec(): the variable of the environment must be an AVP");
    return kFalse;
  }
  for (int at = 0; environment; ++at) {
    const Value value = environment->read_at(at);
    if (value.is_null()) break;
    const std::string text = value.has_text() ? std::string(value.as_text()) : std::to_string(value.as_integer());
    add_variable(prepared->environment, fmt::format("OSIPS_EXEC_{}", at), text);
  }
  if (output || errors) return run_into(context, std::move(*prepared), output, errors);
  // Nobody waits.
  if (auto begun = processes_->begin(std::move(*prepared), nullptr); !begun) {
    log::error("exec(): {}", begun.error().message);
    return kFalse;
  }
  return kTrue;
}

base::Task<Verdict> Exec::run_into(RouteContext& context, Command command, Out output, Out errors) {
  const bool by_line = context.async_call.active;
  const Result result = co_await run(context, "exec", std::move(command));
  if (output) write(context, *output, result.output, by_line);
  if (errors) write(context, *errors, result.errors, by_line);
  co_return Verdict::of(result.end == Result::End::Closed);
}

// --- the functions of OpenSIPS 2.4

base::Task<Verdict> Exec::exec_msg(RouteContext& context, std::string_view command) {
  auto prepared = prepare(context, "exec_msg", command);
  if (!prepared) co_return kFalse;
  prepared->input = context.message().bytes();
  prepared->wants_end = true;
  const Result result = co_await run(context, "exec_msg", std::move(*prepared));
  co_return Verdict::of(result.end == Result::End::Closed && result.status == 0);
}

base::Task<Verdict> Exec::exec_dset(RouteContext& context, std::string_view command) {
  const std::string line = fmt::format("{} {}", command, quoted(context.request_target().uri));
  auto prepared = prepare(context, "exec_dset", line);
  if (!prepared) co_return kFalse;
  prepared->wants_output = true;
  prepared->wants_end = true;
  const Result result = co_await run(context, "exec_dset", std::move(*prepared));
  if (result.end != Result::End::Closed || result.status != 0) co_return kFalse;
  bool is_first = true;
  routing::TargetSet& targets = context.decision.targets;
  for (const std::string_view each : lines_of(result.output)) {
    const std::string_view uri = base::trim(each);
    if (uri.empty()) continue;
    if (!is_request_uri(uri) || (!is_first && targets.size() >= routing::kMaxBranches)) {
      log::error("exec_dset(): no URI to go to, or one too many: {}", uri);
      co_return kFalse;
    }
    if (std::exchange(is_first, false)) {
      context.set_request_uri(uri);
    } else {
      targets.push_back({.uri = context.keep(uri)});
    }
  }
  co_return Verdict::of(!is_first);
}

base::Task<Verdict> Exec::exec_avp(RouteContext& context, std::string_view command,
                                   std::optional<module::Constant<AvpList>> avps) {
  auto prepared = prepare(context, "exec_avp", command);
  if (!prepared) co_return kFalse;
  prepared->wants_output = true;
  prepared->wants_end = true;
  const Result result = co_await run(context, "exec_avp", std::move(*prepared));
  if (result.end != Result::End::Closed || result.status != 0) co_return kFalse;
  std::size_t number = 0;
  for (const std::string_view each : lines_of(result.output)) {
    const std::string_view line = base::trim(each);
    if (line.empty()) continue;
    const Value value = Value::text(context.keep(line));
    if (avps && number < (*avps)->avps.size()) {
      (*avps)->avps[number].write(context, value);
    } else {
      context.avps().push(script::AvpName(std::to_string(number + 1)), value);
    }
    ++number;
  }
  co_return kTrue;
}

Verdict Exec::exec_getenv(RouteContext& context, std::string_view name, Out avp) {
  const char* const value = std::getenv(std::string(name).c_str());
  if (value == nullptr) return kFalse;
  const Value text = Value::text(context.keep(value));
  if (avp) return Verdict::of(avp->assign(text));
  context.avps().push(script::AvpName("1"), text);
  return kTrue;
}

}  // namespace carillon::exec
