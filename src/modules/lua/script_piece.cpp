// SPDX-License-Identifier: Apache-2.0
// See script_piece.h. A piece is
//
//   route { $var(a) = $param(1); ...  BODY  return(1, CODE, $var(a), ...); }
//
// whose first parameters are the run's $vars of these names, which get what they are at its end.
#include "modules/lua/script_piece.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "module/reading_host.h"
#include "script/source.h"
#include "script/transformations.h"
#include "script/variable_syntax.h"

namespace carillon::lua {
namespace {

using routing::RouteContext;
using script::RouteKind;
using script::Value;

constexpr std::size_t kPieces = 500;  // that are kept compiled

bool is_name(std::string_view text) {
  return !text.empty() && text.find_first_of("$)}{ \t\r\n\"'") == std::string_view::npos;
}

// The names of $var(x) and $(var(x)...) in the text of a variable.
void add_locals(std::string_view variable, std::vector<std::string>& locals) {
  constexpr std::string_view kBegin = "var(";
  for (std::size_t at = 0; (at = variable.find(kBegin, at)) != std::string_view::npos; at += kBegin.size()) {
    const bool is_local = at > 0 && (variable[at - 1] == '$' || variable.substr(0, at).ends_with("$("));
    const std::string_view rest = variable.substr(at + kBegin.size());
    const std::string_view name = rest.substr(0, rest.find(')'));
    if (is_local && is_name(name) && std::ranges::find(locals, name) == locals.end()) locals.emplace_back(name);
  }
}

bool is_variable(std::string_view text) {
  return text.starts_with('$') && script::scan_variable(text, 0).length == text.size();
}

// A literal of the script language.
std::string quoted(std::string_view text) {
  std::string literal = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      literal += '\\';
      literal += c;
    } else if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) {
      literal += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      literal += c;
    }
  }
  return literal + "\"";
}

// The block that a piece stands in, where it may call what the run may.
std::string opening(RouteKind kind) {
  const bool needs_name = kind == RouteKind::Branch || kind == RouteKind::Failure || kind == RouteKind::Reply;
  return fmt::format("{}{} {{ ", script::keyword_of(kind), needs_name ? "[lua]" : "");
}

Value local(RouteContext& context, std::string_view name) {
  return context.run().read(context.run().local(context.keep(name)));
}

std::vector<Value> values_of(RouteContext& context, const std::vector<std::string>& locals) {
  std::vector<Value> values;
  values.reserve(locals.size());
  for (const std::string& name : locals) values.push_back(local(context, name));
  return values;
}

// A text that is written by a person, in pieces: what stands between the variables, and those.
struct TextPieces {
  std::vector<std::string> texts;  // one more than variables
  std::vector<std::string_view> variables;
};

base::Result<TextPieces> split(std::string_view text) {
  TextPieces pieces{.texts = {std::string()}, .variables = {}};
  while (!text.empty()) {
    if (text.front() != '$' || text.starts_with("$$")) {
      const std::size_t size = text.starts_with("$$") ? 2 : 1;
      pieces.texts.back() += text.front();
      text.remove_prefix(size);
      continue;
    }
    const std::size_t length = script::scan_variable(text, 0).length;
    if (length == 0) return base::fail(fmt::format("'{}' begins no variable; \"$$\" is a dollar", text.substr(0, 20)));
    pieces.variables.push_back(text.substr(0, length));
    pieces.texts.emplace_back();
    text.remove_prefix(length);
  }
  return pieces;
}

}  // namespace

base::Result<std::shared_ptr<const script::Program>> Pieces::compile(const std::string& source) const {
  const std::scoped_lock lock(compiling_);
  module::ReadingHost host(modules_);
  const script::Source text = script::Source::from_text(source, "lua");
  script::CompileOptions options;
  options.routes_only = true;
  const script::Compilation compiled = script::compile(text, host, options);
  if (compiled.program == nullptr) {
    const auto all = compiled.diagnostics.all();
    const auto first = std::ranges::find(all, script::Severity::Error, &script::Diagnostic::severity);
    if (first == all.end()) return base::fail("it can't be compiled");
    return base::fail(first->hint.empty() ? first->message : fmt::format("{} ({})", first->message, first->hint));
  }
  return compiled.program;
}

base::Result<std::shared_ptr<const Piece>> Pieces::get(const std::string& body, const std::vector<std::string>& locals,
                                                       RouteKind kind) {
  std::string source = opening(kind);
  for (std::size_t i = 0; i < locals.size(); ++i) source += fmt::format("$var({}) = $param({}); ", locals[i], i + 1);
  source += body;
  if (const auto known = pieces_.find(source); known != pieces_.end()) return known->second;
  auto program = compile(source);
  if (!program) return std::unexpected(std::move(program.error()));
  if (pieces_.size() >= kPieces) pieces_.clear();
  auto piece = std::make_shared<const Piece>(Piece{std::move(*program), locals});
  pieces_.emplace(std::move(source), piece);
  return piece;
}

std::unique_ptr<Call> Call::make(RouteContext& context, std::shared_ptr<const Piece> piece,
                                 std::vector<Value> parameters) {
  return std::unique_ptr<Call>(new Call(context, std::move(piece), std::move(parameters)));
}

base::Result<std::unique_ptr<Call>> Call::function(Pieces& pieces, RouteContext& context,
                                                   const script::FunctionDecl& declaration,
                                                   std::span<const Argument> arguments) {
  if (arguments.size() > declaration.params.size()) {
    return base::fail(fmt::format("{}() takes at most {} arguments", declaration.name, declaration.params.size()));
  }
  std::vector<std::string> locals;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (declaration.params[i].kind == script::ParamKind::Variable && arguments[i]) add_locals(*arguments[i], locals);
  }
  std::vector<Value> parameters = values_of(context, locals);
  std::string list;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const script::ParamDecl& param = declaration.params[i];
    if (i != 0) list += ", ";
    if (!arguments[i]) continue;
    const std::string& text = *arguments[i];
    if (param.kind == script::ParamKind::Variable) {
      if (!is_variable(text)) return base::fail(fmt::format("{}(): '{}' is no variable", declaration.name, text));
      list += text;
    } else if (param.literal_only) {
      const bool is_number = param.kind == script::ParamKind::Integer && base::parse_number<int>(text).has_value();
      list += is_number ? text : quoted(text);
    } else {
      auto value = expand(pieces, context, text);
      if (!value) return base::fail(fmt::format("{}(): {}", declaration.name, value.error().message));
      parameters.push_back(Value::text(*value));
      list += fmt::format("$param({})", parameters.size());
    }
  }
  std::string body = fmt::format("{}({}); return(1, $rc", declaration.name, list);
  for (const std::string& name : locals) body += fmt::format(", $var({})", name);
  body += "); }";
  const bool anywhere = (declaration.routes & script::mask_of(RouteKind::Request)) != 0;
  auto piece = pieces.get(body, locals, anywhere ? RouteKind::Request : context.kind());
  if (!piece) return std::unexpected(std::move(piece.error()));
  return make(context, std::move(*piece), std::move(parameters));
}

base::Result<std::unique_ptr<Call>> Call::assignment(Pieces& pieces, RouteContext& context, std::string_view variable,
                                                     const std::optional<Value>& value) {
  if (!is_variable(variable)) return base::fail(fmt::format("'{}' is no variable", variable));
  std::vector<std::string> locals;
  add_locals(variable, locals);
  std::vector<Value> parameters = values_of(context, locals);
  if (value) parameters.push_back(*value);
  std::string body =
      value ? fmt::format("{} = $param({}); ", variable, parameters.size()) : fmt::format("{} = NULL; ", variable);
  body += "return(1, $rc";
  for (const std::string& name : locals) body += fmt::format(", $var({})", name);
  body += "); }";
  auto piece = pieces.get(body, locals, RouteKind::Request);
  if (!piece) return std::unexpected(std::move(piece.error()));
  return make(context, std::move(*piece), std::move(parameters));
}

base::Result<std::string_view> Call::expand(Pieces& pieces, RouteContext& context, std::string_view text) {
  if (text.find('$') == std::string_view::npos) return context.keep(text);
  auto split_text = split(text);
  if (!split_text) return std::unexpected(std::move(split_text.error()));
  if (split_text->variables.empty()) return context.keep(split_text->texts.front());
  std::vector<std::string> locals;
  std::string body = "return(1";
  for (const std::string_view variable : split_text->variables) {
    add_locals(variable, locals);
    body += fmt::format(", {}", variable);
  }
  body += "); }";
  auto piece = pieces.get(body, locals, RouteKind::Request);
  if (!piece) return std::unexpected(std::move(piece.error()));
  const std::vector<Value> parameters = values_of(context, locals);
  script::Run run;
  const script::Outcome outcome = run.start((*piece)->program, 0, context, parameters);
  const auto values = run.returned();
  if (outcome.suspended() || outcome.end != script::End::Returned || values.size() < split_text->variables.size()) {
    run.reset();
    return base::fail(fmt::format("'{}' has no value, or one that has to be waited for", text));
  }
  std::string whole = split_text->texts.front();
  for (std::size_t i = 0; i < split_text->variables.size(); ++i) {
    whole += values[i].is_null() ? std::string_view("<null>") : script::to_text(values[i], context.arena());
    whole += split_text->texts[i + 1];
  }
  return context.keep(whole);
}

Call::State Call::start() { return settle(run_.start(piece_->program, 0, context_, parameters_)); }

Call::State Call::resume(int code) { return settle(run_.resume(code)); }

Call::State Call::settle(const script::Outcome& outcome) {
  if (outcome.suspended()) {
    if (!run_.waits_for_value()) return State::Waits;
    run_.reset();
    return State::Failed;
  }
  if (outcome.end == script::End::Exited || outcome.end == script::End::Dropped) {
    code_ = 0;
    return State::Done;
  }
  const auto values = run_.returned();
  if (outcome.end != script::End::Returned || values.size() != piece_->locals.size() + 1) return State::Failed;
  code_ = static_cast<int>(values.front().as_integer());
  for (std::size_t i = 0; i < piece_->locals.size(); ++i) {
    if (values[i + 1] == parameters_[i]) continue;
    script::Run& run = context_.run();
    static_cast<void>(run.assign(run.local(context_.keep(piece_->locals[i])), values[i + 1]));
  }
  return State::Done;
}

}  // namespace carillon::lua
