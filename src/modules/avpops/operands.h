// SPDX-License-Identifier: Apache-2.0
// The little languages in the arguments of avp_check(), avp_op(), avp_subst() and avp_pushto().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/sqlops/api.h"
#include "script/regex.h"
#include "script/value.h"

namespace carillon::avpops {

class Avpops;
using module::RouteContext;

// A variable ("$avp(x)", "$fd"), or a value: "345", "i:0x1f", "s:345", "any text".
class Operand {
 public:
  [[nodiscard]] static base::Result<Operand> parse(std::string_view text, Avpops& module);
  // Only a variable.
  [[nodiscard]] static base::Result<Operand> parse_variable(std::string_view text, Avpops& module);

  [[nodiscard]] bool is_constant() const { return variable_ == nullptr && avp_.empty(); }
  [[nodiscard]] const std::string& text() const { return text_; }
  // NULL when the variable has no value.
  [[nodiscard]] script::Value read(RouteContext& context) const;
  // All values of an AVP, newest first; of anything else the one it has.
  [[nodiscard]] std::vector<script::Value> read_all(RouteContext& context) const;

 private:
  std::string avp_;                             // a plain $avp(name)
  std::shared_ptr<sqlops::KeptText> variable_;  // any other; shared with the module, which compiles it at start
  std::string text_;                            // of a constant
  std::optional<std::int64_t> number_;
};

// "lt/345/g", "re/sip:.*@bar.net", "eq/$td/I".
struct Check {
  enum class Op : std::uint8_t { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, Regex, Glob, And, Or, Xor };
  Op op = Op::Equal;
  Operand operand;
  bool all = false;                            // g: one value that fits is enough
  bool ignore_case = false;                    // i
  std::shared_ptr<const script::Regex> regex;  // of a constant expression

  [[nodiscard]] static base::Result<Check> parse(std::string_view text, Avpops& module);
  // fail(): an expression that is none, or takes too long.
  [[nodiscard]] base::Result<bool> holds(RouteContext& context, const script::Value& value,
                                         const script::Value& other) const;
};

// "add/345/g", "sub/$avp(number2)/d", "not/0".
struct Operation {
  enum class Op : std::uint8_t { Add, Subtract, Multiply, Divide, Modulo, And, Or, Xor, Not };
  Op op = Op::Add;
  Operand operand;
  bool all = false;            // g
  bool delete_source = false;  // d

  [[nodiscard]] static base::Result<Operation> parse(std::string_view text, Avpops& module);
  // fail(): no numbers, division by zero.
  [[nodiscard]] base::Result<script::Value> apply(RouteContext& context, const script::Value& left,
                                                  const script::Value& right) const;
};

// "$avp(source)", "$avp(source)/$avp(destination)", with "/flags" behind it.
struct AvpPair {
  std::string source;
  std::string destination;     // that of the source when only one is named
  bool all = false;            // g
  bool delete_source = false;  // d

  [[nodiscard]] bool replaces() const { return source == destination; }
  [[nodiscard]] static base::Result<AvpPair> parse(std::string_view text);
};

// "$ru", "$ru/username", "$ru/domain", "$du", "$br".
struct Destination {
  enum class Kind : std::uint8_t { Uri, Username, Domain, NextHop, Branch };
  Kind kind = Kind::Uri;
  [[nodiscard]] static base::Result<Destination> parse(std::string_view text);
};

// "$avp(x)/g", "$fd".
struct Pushed {
  Operand operand;
  bool all = false;  // g
  [[nodiscard]] static base::Result<Pushed> parse(std::string_view text, Avpops& module);
};

}  // namespace carillon::avpops
