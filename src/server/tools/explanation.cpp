// SPDX-License-Identifier: Apache-2.0
// See explanation.h.
#include "server/tools/explanation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace carillon::server {
namespace {

using management::Json;
using testing::RunNote;
using testing::RunStep;
using Kind = script::TraceEvent::Kind;

std::string in_seconds(std::chrono::milliseconds time) {
  return time.count() == 0 ? std::string() : fmt::format(" after {:.3f} s", static_cast<double>(time.count()) / 1000);
}

std::string to_text(const Happening& happening) {
  if (happening.kind == Happening::Kind::Database) return fmt::format("  database: {}\n", happening.text);
  if (happening.kind == Happening::Kind::Note) return fmt::format("  note: {}\n", happening.text);
  std::string text = fmt::format("\n  sent{}: {} from {} to {}\n", in_seconds(happening.time), happening.transport,
                                 happening.from, happening.to);
  for (std::string_view rest = happening.text; !rest.empty();) {
    std::string_view line = base::take_until(rest, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    text += line.empty() ? "    |\n" : fmt::format("    | {}\n", line);
  }
  return text + "\n";
}

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::Read:
      return "read";
    case Kind::Transform:
      return "transform";
    case Kind::Write:
      return "write";
    case Kind::Call:
      return "call";
    case Kind::Enter:
      return "enter";
    case Kind::Leave:
      return "leave";
    case Kind::Condition:
      return "condition";
    case Kind::Log:
      return "log";
    default:
      return "";
  }
}

Json value_of(const RunNote& note) {
  if (note.type == RunNote::Type::Null) return {};
  if (note.type == RunNote::Type::Number) {
    return base::parse_number<std::int64_t>(note.text).value_or(0);
  }
  return note.text;
}

Json to_json(const RunNote& note) {
  Json json = Json::object();
  json.add("type", name_of(note.kind));
  if (!note.name.empty()) json.add("name", note.name);
  if (note.type != RunNote::Type::None) json.add("value", value_of(note));
  if (note.kind == Kind::Write) json.add("written", note.code > 0);
  if (note.kind == Kind::Condition) json.add("result", note.code > 0);
  if (note.kind == Kind::Call || note.kind == Kind::Leave) json.add("code", note.code);
  if (note.kind == Kind::Log) json.add("level", note.code);
  return json;
}

Json to_json(const RunStep& step) {
  static constexpr std::string_view kKinds[] = {"begin", "line", "wait", "resume", "end"};
  Json json = Json::object();
  json.add("type", kKinds[static_cast<std::size_t>(step.kind)]);
  json.add("run", step.run);
  if (!step.route.empty()) json.add("route", step.route);
  switch (step.kind) {
    case RunStep::Kind::Begin:
      if (!step.text.empty()) json.add("message", step.text);
      break;
    case RunStep::Kind::Line:
      json.add("file", step.file);
      json.add("line", step.line);
      json.add("source", step.text);
      break;
    case RunStep::Kind::Wait:
    case RunStep::Kind::Resume:
      json.add("for", step.text);
      break;
    case RunStep::Kind::End:
      json.add("how", step.text);
      json.add("code", step.code);
      break;
  }
  if (step.notes.empty()) return json;
  Json& notes = json.add("notes", Json::array());
  for (const RunNote& note : step.notes) notes.push_back(to_json(note));
  return json;
}

Json to_json(const Happening& happening) {
  Json json = Json::object();
  switch (happening.kind) {
    case Happening::Kind::Sent:
      json.add("type", "sent");
      json.add("seconds", static_cast<double>(happening.time.count()) / 1000);
      json.add("transport", happening.transport);
      json.add("from", happening.from);
      json.add("to", happening.to);
      json.add("message", happening.text);
      break;
    case Happening::Kind::Database:
      json.add("type", "database");
      json.add("statement", happening.text);
      break;
    case Happening::Kind::Note:
      json.add("type", "note");
      json.add("text", happening.text);
      break;
  }
  return json;
}

// Steps and happenings in the order in which they came.
template <typename OnStep, typename OnHappening>
void walk(const Explanation& explanation, OnStep on_step, OnHappening on_happening) {
  std::size_t step = 0;
  for (const Happening& happening : explanation.happenings) {
    for (; step < std::min(happening.steps, explanation.steps.size()); ++step) on_step(explanation.steps[step]);
    on_happening(happening);
  }
  for (; step < explanation.steps.size(); ++step) on_step(explanation.steps[step]);
}

}  // namespace

std::string to_text(const Explanation& explanation) {
  std::string text = fmt::format("{} from {}:{} at {}\n", explanation.request, explanation.transport,
                                 explanation.source, explanation.socket);
  walk(
      explanation,
      [&text](const RunStep& step) {
        for (const std::string& line : testing::describe(step, 2)) text += line + "\n";
      },
      [&text](const Happening& happening) { text += to_text(happening); });
  if (explanation.steps.empty()) text += "  the script did not run for it\n";
  if (!explanation.log.empty()) text += "  the log:\n";
  for (const std::string& line : explanation.log) text += fmt::format("    {}\n", line);
  return text;
}

Json to_json(const Explanation& explanation) {
  Json json = Json::object();
  json.add("request", explanation.request);
  json.add("transport", explanation.transport);
  json.add("source", explanation.source);
  json.add("socket", explanation.socket);
  Json& steps = json.add("steps", Json::array());
  walk(
      explanation, [&steps](const RunStep& step) { steps.push_back(to_json(step)); },
      [&steps](const Happening& happening) { steps.push_back(to_json(happening)); });
  Json& log = json.add("log", Json::array());
  for (const std::string& line : explanation.log) log.push_back(line);
  return json;
}

}  // namespace carillon::server
