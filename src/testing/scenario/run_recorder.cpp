// SPDX-License-Identifier: Apache-2.0
// See run_recorder.h.
#include "testing/scenario/run_recorder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "routing/route_context.h"
#include "script/vm.h"

namespace carillon::testing {
namespace {

using Kind = script::TraceEvent::Kind;

const routing::RouteContext& context_of(const script::Run& run) {
  return dynamic_cast<const routing::RouteContext&>(run.environment());
}

constexpr std::size_t kMostSteps = 20'000;
constexpr std::size_t kMostNotes = 200;  // of one line: a loop may stand on it

// "INVITE sip:bob@example.org from udp:10.0.0.11:5060"; nothing where there is no message from outside.
std::string what_it_runs_on(const script::Run& run) {
  const routing::RouteContext& context = context_of(run);
  const sip::Message& message = context.message();
  if (context.flow().remote.port == 0) return {};
  constexpr std::string_view kVersion = "SIP/2.0 ";
  std::string_view line = message.first_line();
  if (line.starts_with(kVersion)) line.remove_prefix(kVersion.size());
  return fmt::format("{} from {}", line.substr(0, line.find(" SIP/2.0")),
                     transport::socket_name(context.flow().protocol, context.flow().remote));
}

RunNote note_of(const script::TraceEvent& event) {
  RunNote note{.kind = event.kind, .name = std::string(event.name), .text = {}, .code = event.code};
  const bool has_value =
      event.kind == Kind::Read || event.kind == Kind::Transform || event.kind == Kind::Write || event.kind == Kind::Log;
  if (!has_value) return note;
  const script::Value& value = event.value;
  if (value.is_null()) {
    note.type = RunNote::Type::Null;
  } else if (value.has_text()) {
    note.type = RunNote::Type::Text;
    note.text = value.as_text();
  } else {
    note.type = RunNote::Type::Number;
    note.text = std::to_string(value.as_integer());
  }
  return note;
}

// In one line of text: long ones are cut, line ends shown.
std::string shown(const RunNote& note) {
  if (note.type == RunNote::Type::Null) return "NULL";
  if (note.type == RunNote::Type::Number) return note.text;
  constexpr std::size_t kMost = 160;
  std::string text = "\"";
  for (const char c : std::string_view(note.text).substr(0, kMost)) {
    if (c == '\r' || c == '\n' || c == '\t') {
      text += c == '\r' ? "\\r" : c == '\n' ? "\\n" : "\\t";
    } else if (static_cast<unsigned char>(c) < ' ') {
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      text += c;
    }
  }
  return text + (note.text.size() > kMost ? "...\"" : "\"");
}

std::string describe(const RunNote& note) {
  switch (note.kind) {
    case Kind::Read:
      return fmt::format("{} is {}", note.name, shown(note));
    case Kind::Transform:
      return fmt::format("{} makes {}", note.name, shown(note));
    case Kind::Write:
      return fmt::format("{} := {}{}", note.name, shown(note), note.code > 0 ? "" : " refused");
    case Kind::Call:
      return fmt::format("{}() = {}", note.name, note.code);
    case Kind::Enter:
      return fmt::format("goes to {}", note.name);
    case Kind::Leave:
      return fmt::format("back with {}", note.code);
    case Kind::Condition:
      return note.code > 0 ? "true" : note.code == 0 ? "false" : "false, as there was an error";
    case Kind::Log:
      return fmt::format("logs {}", shown(note));
    default:
      return {};
  }
}

}  // namespace

RunStep& RunRecorder::add(Watched& run, RunStep::Kind kind, std::string text) {
  RunStep step{.kind = kind,
               .run = run.number,
               .depth = static_cast<unsigned>(run.routes.empty() ? 0 : run.routes.size() - 1),
               .route = run.routes.empty() ? std::string() : run.routes.back(),
               .text = std::move(text),
               .file = {},
               .notes = {}};
  if (steps_.size() >= kMostSteps) {
    ++dropped_;
    overflow_ = std::move(step);
    return overflow_;
  }
  run.step = steps_.size();
  return steps_.emplace_back(std::move(step));
}

void RunRecorder::add_line(Watched& run, const script::Position& at) {
  RunStep& step = add(run, RunStep::Kind::Line, std::string(base::trim(source_.line_text(at))));
  step.file = source_.file_name(at);
  step.line = at.line;
}

void RunRecorder::note(Watched& run, const script::TraceEvent& event) {
  if (dropped_ != 0) return;
  std::vector<RunNote>& notes = steps_[run.step].notes;
  if (notes.size() < kMostNotes) notes.push_back(note_of(event));
}

void RunRecorder::note_targets(Watched& watched, const script::Run& run) {
  const routing::TargetSet& targets = context_of(run).decision.targets;
  if (targets.empty()) return;
  const auto told = [&](std::string& known, std::string_view now, std::string_view name) {
    if (known == now) return;
    known = now;
    note(watched, {.kind = Kind::Write,
                   .name = name,
                   .value = now.empty() ? script::Value::null() : script::Value::text(now),
                   .code = 1});
  };
  told(watched.uri, targets.front().uri, "$ru");
  told(watched.destination, targets.front().destination, "$du");
  for (; watched.branches < targets.size(); ++watched.branches) {
    const std::string name = fmt::format("$(msg.branch.uri[{}])", watched.branches);
    const auto value = script::Value::text(targets[watched.branches].uri);
    note(watched, {.kind = Kind::Write, .name = name, .value = value, .code = 1});
  }
  watched.branches = targets.size();
}

void RunRecorder::on_event(const script::Run& run, const script::TraceEvent& event) {
  if (event.kind == Kind::Begin) runs_[&run] = {.number = ++next_number_, .routes = {}, .uri = {}, .destination = {}};
  const auto found = runs_.find(&run);
  if (found == runs_.end()) return;
  Watched& watched = found->second;
  switch (event.kind) {
    case Kind::Begin:
      watched.routes = {std::string(event.name)};
      add(watched, RunStep::Kind::Begin, what_it_runs_on(run));
      if (const auto& targets = context_of(run).decision.targets; !targets.empty()) {
        watched.uri = targets.front().uri;
        watched.destination = targets.front().destination;
        watched.branches = targets.size();
      }
      break;
    case Kind::Call:
      note(watched, event);
      note_targets(watched, run);
      break;
    case Kind::Write:
      note(watched, event);
      // Told already.
      if (const auto& targets = context_of(run).decision.targets; !targets.empty()) {
        watched.uri = targets.front().uri;
        watched.destination = targets.front().destination;
      }
      break;
    case Kind::Line:
      add_line(watched, event.position);
      break;
    case Kind::Wait:
    case Kind::Resume:
      add(watched, event.kind == Kind::Wait ? RunStep::Kind::Wait : RunStep::Kind::Resume, std::string(event.name));
      break;
    case Kind::End:
      add(watched, RunStep::Kind::End, std::string(event.name)).code = event.code;
      runs_.erase(found);
      break;
    case Kind::Enter:
      note(watched, event);
      watched.routes.emplace_back(event.name);
      break;
    case Kind::Leave:
      if (watched.routes.size() > 1) watched.routes.pop_back();
      note(watched, event);
      break;
    default:
      note(watched, event);
      break;
  }
}

std::vector<std::string> describe(const RunStep& step, std::size_t indent) {
  const std::string margin(indent, ' ');
  std::vector<std::string> lines;
  constexpr std::size_t kPlace = 20;
  const std::string place =
      step.kind == RunStep::Kind::Line ? fmt::format("{}:{}", step.file, step.line) : std::string();
  const std::size_t width = std::max(kPlace, place.size());
  const std::string depth(std::size_t{step.depth} * 2, ' ');
  switch (step.kind) {
    case RunStep::Kind::Begin:
      lines.push_back(fmt::format("{}{}{}{}", margin, step.route, step.text.empty() ? "" : ": ", step.text));
      break;
    case RunStep::Kind::Line:
      lines.push_back(fmt::format("{}  {:<{}} {}{}", margin, place, width, depth, step.text));
      break;
    case RunStep::Kind::Wait:
      lines.push_back(fmt::format("{}  waits for {}", margin, step.text));
      break;
    case RunStep::Kind::Resume:
      lines.push_back(fmt::format("{}{} goes on after {}", margin, step.route, step.text));
      break;
    case RunStep::Kind::End:
      lines.push_back(fmt::format("{}  ends: {}", margin, step.text));
      break;
  }
  std::string notes;
  for (const RunNote& note : step.notes) {
    if (!notes.empty()) notes += "; ";
    notes += describe(note);
  }
  if (!notes.empty()) lines.push_back(fmt::format("{}  {:<{}} {}    {}", margin, "", width, depth, notes));
  return lines;
}

}  // namespace carillon::testing
