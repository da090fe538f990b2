// SPDX-License-Identifier: Apache-2.0
// The compiled form of a script: instructions for a stack machine, and the tables they point into.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ip.h"
#include "base/strings.h"
#include "script/ast.h"
#include "script/declaration.h"
#include "script/diagnostic.h"
#include "script/program.h"
#include "script/regex.h"
#include "script/value.h"

namespace carillon::script {

// In families, which Machine::instruction() goes by. "->" shows what an instruction leaves on the stack for what it
// takes. A truth is -1, 0 or 1 (operators.h).
enum class Op : std::uint8_t {
  // Values
  PushConstant,  // operand: constant                          -> value
  ReadLocal,     // operand: slot                              -> value
  ReadHost,      // operand: variable, nothing dynamic in it   -> value
  ReadAvp,       // operand: variable, nothing dynamic in it   -> value
  ReadOther,     // operand: variable; [sub-name] [index]      -> value
  Transform,     // operand: transformation; value, arguments  -> value
  Quote,         // operand: delimiter; value                  -> text, as the replacement of a substitution needs it
  Concat,        // count pieces                               -> text
  Combine,       // flags: Operator; left, right               -> value
  Complement,    // number                                     -> number
  Negate,        // number                                     -> number
  // Truths
  Compare,         // flags: CompareOp; left, right     -> truth
  CompareAddress,  // flags: CompareOp; operand: network; left  -> truth
  MatchConstant,   // flags: CompareOp; operand: regex; left    -> truth
  MatchDynamic,    // flags: CompareOp; left, pattern   -> truth
  ToTruth,         // value  -> truth
  FromTruth,       // truth  -> number; an error fails what it stands in
  Not,             // truth  -> truth
  And,             // operand: target. Not true: keeps the truth and jumps, else drops it
  Or,              // operand: target. Not false: keeps the truth and jumps, else drops it
  // Flow
  Jump,           // operand: target
  Branch,         // operand: target when not true; truth
  KeepCondition,  // the route would return 1; $rc becomes the truth of the last Branch (flags 1: it stays)
  LoopEnter,      //
  LoopStep,       // operand: target when the loop has run too often
  LoopLeave,      //
  ForNext,        // operand: variable; [sub-name]  -> element, NULL at the end of the list
  ForExit,        // operand: target; count: values below. NULL on top: drops all of these and jumps
  CaseJump,       // operand: target; tested, case: equal drops both and jumps, else drops the case
  Pop,            //
  // Statements
  Store,            // operand: variable; flags: StoreMode; count: Operator; [sub-name] [index] value
  StoreTruth,       // the same inside a condition  -> truth
  Call,             // operand: call; flags: Delivery; arguments
  CallRoute,        // operand: route site; flags: Delivery; count: parameters; [name] parameters
  Launch,           // operand: launch; arguments [parameter]
  Return,           // count: values; code, values
  EndRoute,         //
  Exit,             //
  Drop,             //
  LogGuard,         // operand: target when this level is not logged; flags: level + kLevelBias
  LogGuardDynamic,  // operand: target; level stays
  LogText,          // flags: level + kLevelBias; text
  LogDynamic,       // level, text
  LogPlain,         // operand: constant; flags: level + kLevelBias
  AssertFail,       // text
};

inline constexpr int kLevelBias = 8;

// Where the code of a call goes.
// End: the run is over with it, as after an error_route that an assertion led to.
enum class Delivery : std::uint8_t { Statement, Condition, Value, Async, End };
enum class StoreMode : std::uint8_t { Assign, Replace, Update, Iterate };

struct Instruction {
  Op op = Op::Exit;
  std::uint8_t flags = 0;
  std::uint16_t count = 0;
  std::uint32_t operand = 0;
};

struct VariableSite {
  ast::Builtin builtin = ast::Builtin::None;
  VariableRef ref;  // what is constant of it
  bool dynamic_sub_name = false;
  bool dynamic_index = false;
  bool all = false;   // [*]
  int number = -1;    // $param(1), $return(0): parsed; -1: a name
  Constant compiled;  // keeps ref.compiled
};

// An argument evaluated at each call: its position, and what it becomes.
struct DynamicArgument {
  std::uint8_t position = 0;
  // Variable arguments with something dynamic in them: the site their parts on the stack belong to.
  const VariableSite* site = nullptr;
};

struct TransformSite {
  const TransformationDecl* declaration = nullptr;
  std::vector<Argument> arguments;
  std::vector<std::uint8_t> dynamic;
  std::vector<Constant> constants;
};

struct CallSite {
  const FunctionDecl* declaration = nullptr;
  std::vector<Argument> arguments;  // constants filled in
  std::vector<DynamicArgument> dynamic;
  std::vector<Constant> constants;
  std::vector<std::shared_ptr<const Regex>> regexes;
  std::uint32_t stack_values = 0;  // what the dynamic arguments take off the stack
  // async(): where to go on.
  bool dynamic_route = false;
  bool dynamic_timeout = false;
  RouteId route = 0;
  int timeout_seconds = 0;
  Position position;
};

struct RouteSite {
  bool dynamic = false;
  RouteId target = 0;
};

struct LaunchSite {
  std::uint32_t call = 0;
  bool has_route = false;
  bool dynamic_route = false;
  bool has_parameter = false;
  RouteId route = 0;
};

using RouteKey = std::pair<RouteKind, std::string>;
using RouteKeyView = std::pair<RouteKind, std::string_view>;
struct RouteKeyLess {
  using is_transparent = void;
  template <typename A, typename B>
  [[nodiscard]] bool operator()(const A& a, const B& b) const {
    return RouteKeyView(a) < RouteKeyView(b);
  }
};

struct RouteCode {
  std::uint32_t entry = 0;
  std::string_view label;  // "failure_route[x]"
};

struct Code {
  std::vector<Instruction> instructions;
  std::vector<Position> positions;  // one for each instruction
  std::vector<Value> constants;
  std::deque<VariableSite> variables;  // deques: calls point into them
  std::deque<TransformSite> transformations;
  std::deque<CallSite> calls;
  std::vector<RouteSite> route_sites;
  std::vector<LaunchSite> launches;
  std::vector<std::shared_ptr<const Regex>> regexes;
  std::vector<base::IpNetwork> networks;

  std::vector<RouteInfo> routes;
  std::vector<RouteCode> route_code;                                                         // for each route
  std::unordered_map<std::string, std::uint32_t, base::StringHash, std::equal_to<>> locals;  // $var names to slots
  std::map<RouteKey, RouteId, RouteKeyLess> route_index;
  std::set<std::string, std::less<>> functions;

  Settings settings;
  RunLimits limits;
  std::vector<std::string> files;
  std::deque<std::string> texts;  // what constants point to
};

}  // namespace carillon::script
