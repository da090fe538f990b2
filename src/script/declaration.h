// SPDX-License-Identifier: Apache-2.0
// What a server offers to scripts, as data: functions, variables, transformations. Modules fill these tables, the
// checker reads them when a script is compiled, the virtual machine calls through them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "script/value.h"

namespace carillon::script {

class Environment;
class Regex;
class Run;
struct FunctionDecl;
struct VariableDecl;
struct TransformationDecl;

enum class RouteKind : std::uint8_t { Request, Branch, Failure, Reply, Error, Local, Startup, Timer, Event };
inline constexpr int kRouteKinds = 9;

// "route", "branch_route", ...: the keyword that opens such a block.
[[nodiscard]] std::string_view keyword_of(RouteKind kind);

// The kinds of route a function may stand in; judged by the block it is written in (sub-routes count as Request).
using RouteMask = std::uint16_t;
[[nodiscard]] constexpr RouteMask mask_of(RouteKind kind) {
  return static_cast<RouteMask>(1U << static_cast<unsigned>(kind));
}
inline constexpr RouteMask kAllRoutes = (1U << kRouteKinds) - 1;

// --- Constants parsed when the script is compiled ---------------------------------------------------------------

// What a compile hook made of a literal. Shared because a Program and whoever made the constant (a table of flags, a
// domain of usrloc) may both need it; it lives at least as long as the Program.
using Constant = std::shared_ptr<const void>;

// Called once for each literal when the script is compiled. `owner` is the declaration's; the literal's text is valid
// during the call only. A fail() becomes a diagnostic
// at the literal, so its message says what is wrong with the text, without repeating the function's name.
using CompileHook = base::Result<Constant> (*)(const Value& literal, void* owner);

// --- Functions -------------------------------------------------------------------------------------------------------

enum class ParamKind : std::uint8_t {
  Integer,   // number, or a variable that holds one
  String,    // text with variables in it, expanded at each call
  Variable,  // $x, written by the function
  Regex,     // POSIX extended, ignores case, '^' and '$' at every line; a literal is compiled once
};

struct ParamDecl {
  std::string_view name;
  ParamKind kind = ParamKind::String;
  bool optional = false;
  bool literal_only = false;    // only a constant: no variable, no format string
  bool not_expanded = false;    // '$' in the literal has no meaning
  bool expanded_later = false;  // the function itself expands the literal: its variables are checked all the same
  // "/expression/replacement/flags" (substitution.h). In a literal only the replacement is expanded: a variable stands
  // for its value whatever characters that has, NULL for nothing, \u for the Request-URI.
  bool is_substitution = false;
  bool is_json = false;     // a variable inside a JSON string of the text is escaped, so that it can't end it
  bool reads_only = false;  // Variable: only read, so one that can't be written will do
  CompileHook compile = nullptr;
  // How a literal of an older version is written today; empty when it is of today.
  std::string (*today)(std::string_view literal) = nullptr;
  // A literal is the name of a route of this kind: it has to exist (t_on_failure, t_on_branch).
  std::optional<RouteKind> names_route = std::nullopt;
};

// One argument of a call, as the function receives it. Valid until the function returned its code or, if it suspended,
// until the run is resumed.
struct Argument {
  enum class Kind : std::uint8_t { Missing, Value, Variable };

  Kind kind = Kind::Missing;
  Value value;                     // of literals too; NULL for Missing and for a variable that is NULL
  const void* constant = nullptr;  // what ParamDecl::compile made; null when the argument is not a literal
  const Regex* regex = nullptr;    // ParamKind::Regex, literal; null when the argument is not a literal
  const struct VariableRef* variable = nullptr;  // ParamKind::Variable

  [[nodiscard]] bool given() const { return kind != Kind::Missing; }
};

// What a function answered: a return code, or that it waits.
class CallResult {
 public:
  // >0 is true, <0 is false, 0 ends the script.
  [[nodiscard]] static constexpr CallResult done(int code) { return CallResult(code, false); }
  // The run is suspended; the host calls Run::resume(code) once, in the run's shard.
  [[nodiscard]] static constexpr CallResult pending() { return CallResult(0, true); }

  [[nodiscard]] constexpr bool is_pending() const { return pending_; }
  [[nodiscard]] constexpr int code() const { return code_; }

 private:
  constexpr CallResult(int code, bool pending) : code_(code), pending_(pending) {}
  int code_;
  bool pending_;
};

struct Call {
  Run& run;                  // for assign() to output variables; the one to resume
  Environment& environment;  // the host's own object: static_cast it to what was given to Run::start
  const FunctionDecl& function;
  std::span<const Argument> arguments;  // exactly one for each ParamDecl
  int timeout_seconds = 0;              // the third argument of async(), or 0: the function's own
  bool is_async = false;                // in an async() or launch()
};

using FunctionCode = CallResult (*)(const Call& call);

// A call whose arguments stand in the order of an older version: the argument i of it is the argument order[i] of
// today. Nothing when it is one of today. `literals`: the texts of its arguments, empty where there is none or no
// literal.
using ArgumentOrder = std::span<const std::uint8_t>;
using OlderOrder = std::optional<ArgumentOrder> (*)(std::span<const std::string_view> literals);

struct FunctionDecl {
  std::string_view name;
  std::span<const ParamDecl> params;  // at most kMaxArguments; optional ones may stand anywhere
  RouteMask routes = kAllRoutes;
  bool may_suspend = false;
  std::string_view documentation;
  FunctionCode code = nullptr;
  void* owner = nullptr;                 // handed to compile hooks; usually the module object
  const void* implementation = nullptr;  // whatever `code` needs: not looked at here
  std::string_view successor = {};       // an old name: how it is spelled today
  bool stoppable = false;                // it ends where it waits when the time of its async() is over
  bool keeps_limit = false;              // it ends by itself when that time is over
  OlderOrder older_order = nullptr;
};
inline constexpr std::size_t kMaxArguments = 16;

// --- Variables -------------------------------------------------------------------------------------------------------

struct Index {
  enum class Kind : std::uint8_t { None, At, Append };
  Kind kind = Kind::None;
  std::int32_t at = 0;  // from 0; negative counts from the end, -1 is the last

  friend bool operator==(const Index&, const Index&) = default;
};

// $(<reply>hdr(x)): another message than the one the route runs on. Own: the plain spelling. Others are numbered by
// the host (Host::find_context).
using ContextId = std::uint8_t;
inline constexpr ContextId kOwnContext = 0;

// A variable as written, its dynamic parts evaluated. `[*]` and `for` arrive at `read` as a walk of At 0, 1, 2 ...
// until NULL.
struct VariableRef {
  const VariableDecl* declaration = nullptr;  // null for $var and $avp, which the language owns
  std::string_view sub_name;                  // hdr(X): "X"; empty when there is none
  const void* compiled = nullptr;             // what compile_sub_name made; null for a dynamic sub-name
  Index index;
  ContextId context = kOwnContext;
  enum class Storage : std::uint8_t { Host, Local, Avp } storage = Storage::Host;
  std::uint32_t slot = 0;  // of a $var; hash of an AVP's name
};

// What reading gave: a value, or that it waits (then the host calls Run::resume_value), or an error.
class ReadResult {
 public:
  constexpr ReadResult(const Value& value) : value_(value) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] static constexpr ReadResult pending() { return ReadResult(State::Pending); }
  // Reads as NULL, and fails the comparison or assignment it stands in.
  [[nodiscard]] static constexpr ReadResult error() { return ReadResult(State::Error); }

  [[nodiscard]] constexpr bool is_pending() const { return state_ == State::Pending; }
  [[nodiscard]] constexpr bool is_error() const { return state_ == State::Error; }
  [[nodiscard]] constexpr const Value& value() const { return value_; }

 private:
  enum class State : std::uint8_t { Ready, Pending, Error };
  constexpr explicit ReadResult(State state) : state_(state) {}

  Value value_;
  State state_ = State::Ready;
};

enum class WriteMode : std::uint8_t {
  Assign,   // =
  Replace,  // := (an AVP forgets all its values, $json parses the text)
  Iterate,  // what a `for` hands its iterator; as Assign where nothing better is known
};

enum class Operator : std::uint8_t { Add, Subtract, Multiply, Divide, Modulo, And, Or, Xor, ShiftLeft, ShiftRight };

enum class SubName : std::uint8_t { None, Optional, Required };

// Text returned by `read` stays valid until the run ends (copy into Environment::arena() what may change).
struct VariableDecl {
  std::string_view name;  // without '$': "ru", "hdr", "msg.branch.uri"
  SubName sub_name = SubName::None;
  bool indexable = false;
  bool takes_context = false;  // $(<reply>...) has a meaning
  std::string_view documentation;
  CompileHook compile_sub_name = nullptr;  // for constant sub-names; gets Value::text
  // Applied to each variable inside a sub-name with more than that in it, so that its value can't be taken for syntax:
  // $json(a/$var(key)). Takes no arguments.
  const TransformationDecl* escape_in_sub_name = nullptr;
  ReadResult (*read)(Environment& environment, const VariableRef& ref) = nullptr;
  // What [*] reads where that isn't the values joined; null: they are.
  ReadResult (*read_all)(Environment& environment, const VariableRef& ref) = nullptr;
  // Null: read-only. NULL resets or removes. A failure's message is logged with the script's line; the code is -1.
  base::Result<> (*write)(Environment& environment, const VariableRef& ref, const Value& value,
                          WriteMode mode) = nullptr;
  // `+=` and its kin as one step, for what several threads share ($shv). Null: read, combine, write.
  base::Result<> (*update)(Environment& environment, const VariableRef& ref, Operator operation,
                           const Value& operand) = nullptr;
  void* owner = nullptr;
  const void* implementation = nullptr;
  std::string_view successor = {};  // an old name: how it is spelled today
};

// --- Transformations -------------------------------------------------------------------------------------------------

// {class.name,arg,arg}. Never called with NULL: NULL in is NULL out. The s., param., csv., ip. and re. classes belong
// to the language (transformations.h); the host adds those that need more (uri., via., nameaddr., sdp., ...).
struct TransformationDecl {
  std::string_view name;              // with its class: "uri.user"; matched without regard to case
  std::span<const ParamDecl> params;  // Integer or String
  std::string_view documentation;
  ReadResult (*apply)(Environment& environment, const TransformationDecl& self, const Value& input,
                      std::span<const Argument> arguments) = nullptr;
  void* owner = nullptr;
  const void* implementation = nullptr;
};

}  // namespace carillon::script
