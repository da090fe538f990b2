// SPDX-License-Identifier: Apache-2.0
// The types a script function's C++ parameters may have. What the script language must know of each (number or text,
// optional, constant) is deduced from the type; nothing is written twice.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/result.h"
#include "script/declaration.h"
#include "script/regex.h"
#include "script/substitution.h"
#include "script/vm.h"

namespace carillon::module {

// A constant of the script, parsed when the script is compiled by `T::parse(text)` or, where T depends on the module's
// state, `T::parse(text, module)`. The reference holds as long as the program. With a `T::kIsExpandedLater` it is a
// text with variables that the function itself expands; they are checked with the script.
template <typename T>
class Constant {
 public:
  explicit Constant(const T* value) : value_(value) {}
  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_; }

 private:
  const T* value_;
};

// Text that the function reads as a T: a literal is parsed when the script is compiled, a text with variables at each
// call. What can't be parsed then fails the call with -1. With a `T::kIsJson` the text is JSON, and its variables can't
// end the strings they stand in; with a `T::kIsAsWritten` a '$' of a literal has no meaning; in a script::Substitution
// only the replacement has variables.
template <typename T>
class Parsed {
 public:
  explicit Parsed(const T* constant) : constant_(constant) {}
  explicit Parsed(T value) : value_(std::move(value)) {}
  const T& operator*() const { return constant_ != nullptr ? *constant_ : *value_; }
  const T* operator->() const { return &**this; }

 private:
  const T* constant_ = nullptr;
  std::optional<T> value_;
};

// A regular expression; compiled with the script when it is a literal.
class Pattern {
 public:
  explicit Pattern(const script::Regex* constant) : constant_(constant) {}
  explicit Pattern(std::shared_ptr<const script::Regex> compiled) : value_(std::move(compiled)) {}
  const script::Regex& operator*() const { return constant_ != nullptr ? *constant_ : *value_; }
  const script::Regex* operator->() const { return &**this; }

 private:
  const script::Regex* constant_ = nullptr;
  std::shared_ptr<const script::Regex> value_;
};

// A variable that the function writes.
class Output {
 public:
  Output(script::Run& run, const script::VariableRef& variable) : run_(&run), variable_(&variable) {}
  bool assign(const script::Value& value) const { return run_->assign(*variable_, value); }
  [[nodiscard]] const script::VariableRef& variable() const { return *variable_; }
  [[nodiscard]] script::Value read() const { return run_->read(*variable_); }
  [[nodiscard]] bool is_avp() const { return variable_->storage == script::VariableRef::Storage::Avp; }
  // An AVP loses all its values.
  void clear() const { run_->assign(*variable_, script::Value::null(), script::WriteMode::Replace); }
  // Of an AVP the value at an index, 0 being the newest; any other variable has one value, at 0.
  [[nodiscard]] script::Value read_at(int index) const {
    if (!is_avp()) return index == 0 ? read() : script::Value::null();
    script::VariableRef one = *variable_;
    one.index = {.kind = script::Index::Kind::At, .at = index};
    return run_->read(one);
  }

 private:
  script::Run* run_;
  const script::VariableRef* variable_;
};

// A variable that the function only reads, value by value: also one that can't be written, as $hdr(Via).
class Input {
 public:
  Input(script::Run& run, const script::VariableRef& variable) : run_(&run), variable_(&variable) {}
  [[nodiscard]] const script::VariableRef& variable() const { return *variable_; }
  // Its value at an index, from 0; NULL behind the last. What has one value has it at 0.
  [[nodiscard]] script::Value read_at(int index) const;

 private:
  script::Run* run_;
  const script::VariableRef* variable_;
};

inline script::Value Input::read_at(int index) const {
  const bool has_list = variable_->storage == script::VariableRef::Storage::Avp ||
                        (variable_->declaration != nullptr && variable_->declaration->indexable);
  if (!has_list || variable_->index.kind != script::Index::Kind::None) {
    return index == 0 ? run_->read(*variable_) : script::Value::null();
  }
  script::VariableRef one = *variable_;
  one.index = {.kind = script::Index::Kind::At, .at = index};
  return run_->read(one);
}

// How a text that older versions had is written today; empty for one of today. A type that knows has `T::today(text)`.
template <typename T>
constexpr auto today_of() -> std::string (*)(std::string_view) {
  if constexpr (requires { T::today(std::string_view{}); }) {
    return &T::today;
  } else {
    return nullptr;
  }
}

// The name of a route of kind K; a literal that names none is a compile error.
template <script::RouteKind K>
struct RouteName {
  std::string_view text;
};

// `T::parse(text, module)` or `T::parse(text)`: whichever of the two forms T has.
template <typename T, typename M>
[[nodiscard]] base::Result<T> parse_argument(std::string_view text, M& module) {
  if constexpr (requires { T::parse(text, module); }) {
    return T::parse(text, module);
  } else {
    return T::parse(text);
  }
}

// Of a literal. `T::compile(text, module)`, if T has it, may do what would take too long in a run: look at files.
template <typename T, typename M>
[[nodiscard]] base::Result<script::Constant> compile_constant(const script::Value& literal, void* owner) {
  auto& module = *static_cast<M*>(owner);
  auto parsed = [&]() -> base::Result<T> {
    if constexpr (requires { T::compile(literal.as_text(), module); }) {
      return T::compile(literal.as_text(), module);
    } else {
      return parse_argument<T>(literal.as_text(), module);
    }
  }();
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  return std::make_shared<const T>(std::move(*parsed));
}

// What the language has to know of a parameter of type T, and how its value is taken from a call.
template <typename T, typename M>
struct ArgumentTraits;

template <typename M>
struct ArgumentTraits<std::string_view, M> {
  static constexpr script::ParamDecl declare(std::string_view name) { return {.name = name}; }
  static base::Result<std::string_view> take(const script::Call& call, const script::Argument& argument,
                                             M& /*module*/) {
    (void)call;
    return argument.value.as_text();
  }
};

template <typename M>
struct ArgumentTraits<int, M> {
  static constexpr script::ParamDecl declare(std::string_view name) {
    return {.name = name, .kind = script::ParamKind::Integer};
  }
  static base::Result<int> take(const script::Call& /*call*/, const script::Argument& argument, M& /*module*/) {
    if (!argument.value.has_integer()) return base::fail("not a number");
    return static_cast<int>(argument.value.as_integer());
  }
};

template <typename M>
struct ArgumentTraits<std::int64_t, M> {
  static constexpr script::ParamDecl declare(std::string_view name) {
    return {.name = name, .kind = script::ParamKind::Integer};
  }
  static base::Result<std::int64_t> take(const script::Call& /*call*/, const script::Argument& argument,
                                         M& /*module*/) {
    if (!argument.value.has_integer()) return base::fail("not a number");
    return argument.value.as_integer();
  }
};

template <typename M>
struct ArgumentTraits<Output, M> {
  static constexpr script::ParamDecl declare(std::string_view name) {
    return {.name = name, .kind = script::ParamKind::Variable};
  }
  static base::Result<Output> take(const script::Call& call, const script::Argument& argument, M& /*module*/) {
    return Output(call.run, *argument.variable);
  }
};

template <typename M>
struct ArgumentTraits<Input, M> {
  static constexpr script::ParamDecl declare(std::string_view name) {
    return {.name = name, .kind = script::ParamKind::Variable, .reads_only = true};
  }
  static base::Result<Input> take(const script::Call& call, const script::Argument& argument, M& /*module*/) {
    return Input(call.run, *argument.variable);
  }
};

template <typename M>
struct ArgumentTraits<Pattern, M> {
  static constexpr script::ParamDecl declare(std::string_view name) {
    return {.name = name, .kind = script::ParamKind::Regex};
  }
  static base::Result<Pattern> take(const script::Call& /*call*/, const script::Argument& argument, M& /*module*/) {
    if (argument.regex != nullptr) return Pattern(argument.regex);
    auto compiled = script::cached_regex(argument.value.as_text(), script::kArgumentRegex);
    if (!compiled) return std::unexpected(std::move(compiled.error()));
    return Pattern(std::move(*compiled));
  }
};

template <script::RouteKind K, typename M>
struct ArgumentTraits<RouteName<K>, M> {
  static constexpr script::ParamDecl declare(std::string_view name) { return {.name = name, .names_route = K}; }
  static base::Result<RouteName<K>> take(const script::Call& /*call*/, const script::Argument& argument,
                                         M& /*module*/) {
    return RouteName<K>{argument.value.as_text()};
  }
};

template <typename T>
inline constexpr bool kIsExpandedLater = requires { T::kIsExpandedLater; };

template <typename T, typename M>
struct ArgumentTraits<Constant<T>, M> {
  static constexpr script::ParamDecl declare(std::string_view name) {
    return {.name = name,
            .literal_only = true,
            .not_expanded = true,
            .expanded_later = kIsExpandedLater<T>,
            .compile = &compile_constant<T, M>,
            .today = today_of<T>()};
  }
  static base::Result<Constant<T>> take(const script::Call& /*call*/, const script::Argument& argument, M& /*module*/) {
    return Constant<T>(static_cast<const T*>(argument.constant));
  }
};

// What the type of a Parsed<> says of its text.
template <typename T>
inline constexpr bool kIsJson = requires { T::kIsJson; };
template <typename T>
inline constexpr bool kIsAsWritten = requires { T::kIsAsWritten; };

template <typename T, typename M>
struct ArgumentTraits<Parsed<T>, M> {
  static constexpr script::ParamDecl declare(std::string_view name) {
    script::ParamDecl decl{.name = name};
    decl.not_expanded = kIsAsWritten<T>;
    decl.is_substitution = std::is_same_v<T, script::Substitution>;
    decl.is_json = kIsJson<T>;
    decl.compile = &compile_constant<T, M>;
    decl.today = today_of<T>();
    return decl;
  }
  static base::Result<Parsed<T>> take(const script::Call& /*call*/, const script::Argument& argument, M& module) {
    if (argument.constant != nullptr) return Parsed<T>(static_cast<const T*>(argument.constant));
    auto parsed = parse_argument<T>(argument.value.as_text(), module);
    if (!parsed) return std::unexpected(std::move(parsed.error()));
    return Parsed<T>(std::move(*parsed));
  }
};

template <typename T, typename M>
struct ArgumentTraits<std::optional<T>, M> {
  static constexpr script::ParamDecl declare(std::string_view name) {
    script::ParamDecl decl = ArgumentTraits<T, M>::declare(name);
    decl.optional = true;
    return decl;
  }
  static base::Result<std::optional<T>> take(const script::Call& call, const script::Argument& argument, M& module) {
    // A variable that is NULL counts as an argument left out.
    if (!argument.given() || (argument.kind == script::Argument::Kind::Value && argument.value.is_null() &&
                              argument.constant == nullptr && argument.regex == nullptr)) {
      return std::nullopt;
    }
    auto value = ArgumentTraits<T, M>::take(call, argument, module);
    if (!value) return std::unexpected(std::move(value.error()));
    return std::optional<T>(std::move(*value));
  }
};

}  // namespace carillon::module
