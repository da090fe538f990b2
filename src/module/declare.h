// SPDX-License-Identifier: Apache-2.0
// The rows of a module's declaration page. Each is made from a pointer to the C++ member that does the work; types,
// optional arguments and whether a function may wait come from its signature.
//
//   constexpr auto kFunctions = std::to_array({
//       function<&Registrar::save>("save", {"domain", "flags", "aor"}, kRequest | kReply, "Stores the Contacts ..."),
//   });
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "management/command.h"
#include "metrics/counter.h"
#include "metrics/registry.h"
#include "module/arguments.h"
#include "routing/route_context.h"
#include "script/declaration.h"

namespace carillon::module {

class Module;
using routing::RouteContext;

// Where a function may stand, as in the reference: R F O B E L S T V.
inline constexpr script::RouteMask kRequest = script::mask_of(script::RouteKind::Request);
inline constexpr script::RouteMask kFailure = script::mask_of(script::RouteKind::Failure);
inline constexpr script::RouteMask kReply = script::mask_of(script::RouteKind::Reply);
inline constexpr script::RouteMask kBranch = script::mask_of(script::RouteKind::Branch);
inline constexpr script::RouteMask kError = script::mask_of(script::RouteKind::Error);
inline constexpr script::RouteMask kLocal = script::mask_of(script::RouteKind::Local);
inline constexpr script::RouteMask kAnyRoute = script::kAllRoutes;

// What a function tells the script: above 0 true, below 0 false, 0 ends the script.
struct Verdict {
  int code = 1;

  constexpr Verdict(int return_code) : code(return_code) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] static constexpr Verdict of(bool success) { return success ? 1 : -1; }
};
inline constexpr Verdict kTrue = 1;
inline constexpr Verdict kFalse = -1;
inline constexpr Verdict kStop = 0;

// What a function returns that must wait only at times: the verdict, or the task that ends with it. Without a task
// there is no memory to be had for a coroutine.
class Eventual {
 public:
  Eventual(Verdict verdict) : outcome_(verdict) {}                   // NOLINT(google-explicit-constructor)
  Eventual(base::Task<Verdict> task) : outcome_(std::move(task)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] base::Task<Verdict>* task() { return std::get_if<base::Task<Verdict>>(&outcome_); }
  [[nodiscard]] Verdict verdict() const { return std::get<Verdict>(outcome_); }

 private:
  std::variant<Verdict, base::Task<Verdict>> outcome_;
};

// --- functions -------------------------------------------------------------------------------------------------------

struct FunctionDecl {
  std::string_view name;
  std::array<script::ParamDecl, script::kMaxArguments> params{};
  std::size_t param_count = 0;
  script::RouteMask routes = script::kAllRoutes;
  bool may_suspend = false;
  std::string_view documentation;
  script::FunctionCode code = nullptr;
  std::string_view successor = {};  // an old name: how it is spelled today
  bool stoppable = false;
  bool keeps_limit = false;
  script::OlderOrder older_order = nullptr;
};

namespace detail {

template <typename Signature>
struct FunctionTraits;
template <typename M, typename R, typename... A>
struct FunctionTraits<R (M::*)(RouteContext&, A...)> {
  using Owner = M;
  using Return = R;
  using Arguments = std::tuple<std::remove_cvref_t<A>...>;
};
template <typename M, typename R, typename... A>
struct FunctionTraits<R (M::*)(RouteContext&, A...) const> : FunctionTraits<R (M::*)(RouteContext&, A...)> {};

// How long the call may take; 0: as long as it does.
[[nodiscard]] inline std::chrono::seconds bound_of(const script::Call& call) {
  return std::chrono::seconds(call.function.stoppable ? std::max(call.timeout_seconds, 0) : 0);
}

// Logs that an argument of a call is unusable; the return code, -1 unless `why` has a negative one.
int report_bad_argument(const script::Call& call, std::size_t position, const base::Error& why);

template <auto Method, std::size_t... I>
script::CallResult invoke(const script::Call& call, std::index_sequence<I...>) {
  using Traits = FunctionTraits<decltype(Method)>;
  using Owner = typename Traits::Owner;
  auto& owner = *static_cast<Owner*>(call.function.owner);
  auto& context = static_cast<RouteContext&>(call.environment);

  std::tuple arguments{ArgumentTraits<std::tuple_element_t<I, typename Traits::Arguments>, Owner>::take(
      call, call.arguments[I], owner)...};
  int unusable = 0;
  (void)((std::get<I>(arguments).has_value() ||
          (unusable = report_bad_argument(call, I, std::get<I>(arguments).error()), false)) &&
         ...);
  if (unusable != 0) return script::CallResult::done(unusable);
  context.async_call = {.active = call.is_async, .limit = std::chrono::seconds(call.timeout_seconds)};

  if constexpr (std::is_same_v<typename Traits::Return, base::Task<Verdict>>) {
    return context.start_call((owner.*Method)(context, std::move(*std::get<I>(arguments))...), detail::bound_of(call));
  } else if constexpr (std::is_same_v<typename Traits::Return, Eventual>) {
    Eventual outcome = (owner.*Method)(context, std::move(*std::get<I>(arguments))...);
    if (auto* task = outcome.task()) return context.start_call(std::move(*task), detail::bound_of(call));
    return script::CallResult::done(outcome.verdict().code);
  } else {
    return script::CallResult::done(Verdict((owner.*Method)(context, std::move(*std::get<I>(arguments))...)).code);
  }
}

template <auto Method>
script::CallResult call_method(const script::Call& call) {
  using Arguments = typename FunctionTraits<decltype(Method)>::Arguments;
  return invoke<Method>(call, std::make_index_sequence<std::tuple_size_v<Arguments>>{});
}

template <auto Method, std::size_t... I>
constexpr FunctionDecl declare_function(const std::string_view* names, std::index_sequence<I...>) {
  using Traits = FunctionTraits<decltype(Method)>;
  FunctionDecl decl;
  ((decl.params[I] =
        ArgumentTraits<std::tuple_element_t<I, typename Traits::Arguments>, typename Traits::Owner>::declare(names[I])),
   ...);
  decl.param_count = sizeof...(I);
  decl.may_suspend =
      std::is_same_v<typename Traits::Return, base::Task<Verdict>> || std::is_same_v<typename Traits::Return, Eventual>;
  decl.code = &call_method<Method>;
  return decl;
}

template <auto Method>
inline constexpr std::size_t kArity = std::tuple_size_v<typename FunctionTraits<decltype(Method)>::Arguments>;

}  // namespace detail

// `names`: one for each parameter behind the RouteContext&.
template <auto Method, std::size_t N>
  requires(N == detail::kArity<Method>)
constexpr FunctionDecl function(std::string_view name, const std::string_view (&names)[N], script::RouteMask routes,
                                std::string_view documentation) {
  FunctionDecl decl = detail::declare_function<Method>(names, std::make_index_sequence<N>{});
  decl.name = name;
  decl.routes = routes;
  decl.documentation = documentation;
  return decl;
}
template <auto Method>
  requires(detail::kArity<Method> == 0)
constexpr FunctionDecl function(std::string_view name, script::RouteMask routes, std::string_view documentation) {
  FunctionDecl decl = detail::declare_function<Method>(nullptr, std::index_sequence<>{});
  decl.name = name;
  decl.routes = routes;
  decl.documentation = documentation;
  return decl;
}

// --- parameters ------------------------------------------------------------------------------------------------------

enum class ParameterType : std::uint8_t { Integer, Text, Either };

struct ParameterDecl {
  std::string_view name;
  ParameterType type = ParameterType::Integer;
  bool repeatable = false;
  std::string_view documentation;
  base::Result<> (*set)(Module& module, const script::Value& value) = nullptr;
  std::string (*show)(const Module& module) = nullptr;  // the present value; of a new module the default
  bool needless = false;  // accepted and without effect: who sets it is told the documentation, which says why
  std::string_view successor = {};  // an old name: how it is spelled today
};

namespace detail {

template <typename Member>
struct MemberTraits;
template <typename M, typename T>
struct MemberTraits<T M::*> {
  using Owner = M;
  using Type = T;
};

// Unit-carrying members are written in the script as whole numbers of their unit.
template <typename T>
concept ChronoDuration = requires { typename T::period; };

template <typename T>
constexpr ParameterType parameter_type() {
  return std::is_integral_v<T> || ChronoDuration<T> ? ParameterType::Integer : ParameterType::Text;
}

template <typename T>
base::Result<> store(T& member, const script::Value& value) {
  if constexpr (std::is_same_v<T, bool>) {
    member = value.as_integer() != 0;
  } else if constexpr (std::is_integral_v<T>) {
    if (!std::in_range<T>(value.as_integer())) return base::fail("out of range");
    member = static_cast<T>(value.as_integer());
  } else if constexpr (ChronoDuration<T>) {
    if (value.as_integer() < 0) return base::fail("must not be negative");
    member = T(value.as_integer());
  } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    member.emplace_back(value.as_text());
  } else {
    member = std::string(value.as_text());
  }
  return {};
}

template <typename T>
std::string show(const T& member) {
  if constexpr (std::is_integral_v<T>) {
    return std::to_string(member);
  } else if constexpr (ChronoDuration<T>) {
    return std::to_string(member.count());
  } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    std::string all;
    for (const std::string& one : member) all += all.empty() ? one : ", " + one;
    return all;
  } else {
    return member;
  }
}

template <typename Setter>
struct SetterTraits;
template <typename M>
struct SetterTraits<base::Result<> (M::*)(const script::Value&)> {
  using Owner = M;
};

}  // namespace detail

// A parameter kept in a data member: an integer, bool, chrono duration (in its own unit), std::string, or
// std::vector<std::string> (may be given several times). The member's initial value is the default. `Owner`: the
// module, where the member is a base's.
template <typename Owner, auto Member>
  requires std::is_member_object_pointer_v<decltype(Member)>
constexpr ParameterDecl parameter(std::string_view name, std::string_view documentation) {
  using Type = typename detail::MemberTraits<decltype(Member)>::Type;
  return {.name = name,
          .type = detail::parameter_type<Type>(),
          .repeatable = std::is_same_v<Type, std::vector<std::string>>,
          .documentation = documentation,
          .set = [](Module& module,
                    const script::Value& value) { return detail::store(static_cast<Owner&>(module).*Member, value); },
          .show = [](const Module& module) { return detail::show(static_cast<const Owner&>(module).*Member); }};
}
template <auto Member>
  requires std::is_member_object_pointer_v<decltype(Member)>
constexpr ParameterDecl parameter(std::string_view name, std::string_view documentation) {
  return parameter<typename detail::MemberTraits<decltype(Member)>::Owner, Member>(name, documentation);
}

// The name of a column of a table: kept in a std::string of a member of the module that holds all of them.
template <auto Columns, auto Column>
  requires std::is_member_object_pointer_v<decltype(Columns)> && std::is_member_object_pointer_v<decltype(Column)>
constexpr ParameterDecl column_parameter(std::string_view name) {
  using Owner = typename detail::MemberTraits<decltype(Columns)>::Owner;
  return {
      .name = name,
      .type = ParameterType::Text,
      .documentation = "Name of the column.",
      .set = [](Module& module, const script::Value& value) -> base::Result<> {
        static_cast<Owner&>(module).*Columns.*Column = value.as_text();
        return {};
      },
      .show = [](const Module& module) -> std::string { return static_cast<const Owner&>(module).*Columns.*Column; }};
}

// A parameter that a member function takes apart: base::Result<> set(const script::Value&).
template <typename Owner, auto Setter>
  requires std::is_member_function_pointer_v<decltype(Setter)>
constexpr ParameterDecl parameter(std::string_view name, ParameterType type, std::string_view documentation) {
  return {
      .name = name,
      .type = type,
      .repeatable = true,
      .documentation = documentation,
      .set = [](Module& module, const script::Value& value) { return (static_cast<Owner&>(module).*Setter)(value); }};
}
template <auto Setter>
  requires std::is_member_function_pointer_v<decltype(Setter)>
constexpr ParameterDecl parameter(std::string_view name, ParameterType type, std::string_view documentation) {
  return parameter<typename detail::SetterTraits<decltype(Setter)>::Owner, Setter>(name, type, documentation);
}

// --- variables -------------------------------------------------------------------------------------------------------

struct VariableDecl {
  script::VariableDecl decl;
};

struct VariableTraits {
  script::SubName sub_name = script::SubName::None;
  bool indexable = false;
  bool takes_context = false;
  script::CompileHook compile_sub_name = nullptr;
  script::ReadResult (*read_all)(script::Environment& environment, const script::VariableRef& ref) = nullptr;
  const script::TransformationDecl* escape_in_sub_name = nullptr;
};

namespace detail {

// `Function(arguments...)`, or the same of a member of the module that owns the variable.
template <auto Function, typename... Arguments>
decltype(auto) call_for(const script::VariableRef& ref, Arguments&&... arguments) {
  if constexpr (std::is_member_function_pointer_v<decltype(Function)>) {
    using Owner = typename FunctionTraits<decltype(Function)>::Owner;
    return (static_cast<Owner*>(ref.declaration->owner)->*Function)(std::forward<Arguments>(arguments)...);
  } else {
    return Function(std::forward<Arguments>(arguments)...);
  }
}

template <typename Signature>
inline constexpr std::size_t kArguments = 0;
template <typename R, typename... A>
inline constexpr std::size_t kArguments<R (*)(A...)> = sizeof...(A);
template <typename M, typename R, typename... A>
inline constexpr std::size_t kArguments<R (M::*)(A...)> = sizeof...(A);
template <typename M, typename R, typename... A>
inline constexpr std::size_t kArguments<R (M::*)(A...) const> = sizeof...(A);

}  // namespace detail

// Reading and writing by free functions over the run's context:
//   script::Value read(RouteContext&, const script::VariableRef&)
//   base::Result<> write(RouteContext&, const script::VariableRef&, const script::Value&)
//   base::Result<> write(RouteContext&, const script::VariableRef&, const script::Value&, script::WriteMode)
//   base::Result<> update(RouteContext&, const script::VariableRef&, script::Operator, const script::Value& operand)
// or by members of the module with the same parameters.
template <auto Read>
constexpr VariableDecl variable(std::string_view name, std::string_view documentation, VariableTraits traits = {}) {
  VariableDecl row;
  row.decl.name = name;
  row.decl.documentation = documentation;
  row.decl.sub_name = traits.sub_name;
  row.decl.indexable = traits.indexable;
  row.decl.takes_context = traits.takes_context;
  row.decl.compile_sub_name = traits.compile_sub_name;
  row.decl.read_all = traits.read_all;
  row.decl.escape_in_sub_name = traits.escape_in_sub_name;
  row.decl.read = [](script::Environment& environment, const script::VariableRef& ref) -> script::ReadResult {
    return detail::call_for<Read>(ref, static_cast<RouteContext&>(environment), ref);
  };
  return row;
}

template <auto Read, auto Write>
constexpr VariableDecl variable(std::string_view name, std::string_view documentation, VariableTraits traits = {}) {
  VariableDecl row = variable<Read>(name, documentation, traits);
  row.decl.write = [](script::Environment& environment, const script::VariableRef& ref, const script::Value& value,
                      [[maybe_unused]] script::WriteMode mode) -> base::Result<> {
    auto& context = static_cast<RouteContext&>(environment);
    if constexpr (detail::kArguments<decltype(Write)> == 4) {
      return detail::call_for<Write>(ref, context, ref, value, mode);
    } else {
      return detail::call_for<Write>(ref, context, ref, value);
    }
  };
  return row;
}

// A function whose coroutine may be destroyed wherever it waits: the third argument of async() bounds it.
constexpr FunctionDecl stoppable(FunctionDecl row) {
  row.stoppable = true;
  return row;
}

// A function that looks at RouteContext::async_call itself.
constexpr FunctionDecl keeps_limit(FunctionDecl row) {
  row.keeps_limit = true;
  return row;
}

// Older versions took the arguments in another order too.
constexpr FunctionDecl also_in_order(script::OlderOrder order, FunctionDecl row) {
  row.older_order = order;
  return row;
}

// A name of an older version: it works as ever, and whoever uses it is told how it is spelled `today`.
template <typename Row>
constexpr Row older(std::string_view today, Row row) {
  if constexpr (std::is_same_v<Row, VariableDecl>) {
    row.decl.successor = today;
  } else {
    row.successor = today;
  }
  return row;
}

template <auto Read, auto Write, auto Update>
constexpr VariableDecl variable(std::string_view name, std::string_view documentation, VariableTraits traits = {}) {
  VariableDecl row = variable<Read, Write>(name, documentation, traits);
  row.decl.update = [](script::Environment& environment, const script::VariableRef& ref, script::Operator operation,
                       const script::Value& operand) -> base::Result<> {
    return detail::call_for<Update>(ref, static_cast<RouteContext&>(environment), ref, operation, operand);
  };
  return row;
}

// --- commands and statistics
// -------------------------------------------------------------------------------------------

struct CommandDecl {
  management::CommandSpec spec;
  base::Task<base::Result<management::Json>> (*run)(Module& module, management::Parameters parameters) = nullptr;
};

namespace detail {
template <typename Signature>
struct CommandTraits;
template <typename M, typename R>
struct CommandTraits<R (M::*)(management::Parameters)> {
  using Owner = M;
};
}  // namespace detail

// base::Task<base::Result<Json>> M::run(management::Parameters), executed in a shard.
template <auto Method>
constexpr CommandDecl command(const management::CommandSpec& spec) {
  using Owner = typename detail::CommandTraits<decltype(Method)>::Owner;
  return {.spec = spec, .run = [](Module& module, management::Parameters parameters) {
            return (static_cast<Owner&>(module).*Method)(std::move(parameters));
          }};
}

// An event that the module raises through Services::events; scripts and subscribers know it by these names.
struct EventDecl {
  std::string_view name;        // "E_UL_AOR_INSERT"
  std::string_view parameters;  // comma-separated: "domain,aor"
  std::string_view documentation;
};

struct StatisticDecl {
  std::string_view name;
  std::string_view documentation;
  base::Result<> (*add)(Module& module, metrics::Registry& registry, std::string_view group,
                        const StatisticDecl& self) = nullptr;
};

namespace detail {
template <typename Signature>
struct StatisticTraits;
template <typename M>
struct StatisticTraits<std::uint64_t (M::*)() const> {
  using Owner = M;
};
}  // namespace detail

// A Counter or Gauge member, or a member function that computes a std::uint64_t. `Owner`: the module, where the member
// is a base's.
template <typename Owner, auto Member>
constexpr StatisticDecl statistic(std::string_view name, std::string_view documentation) {
  return {.name = name,
          .documentation = documentation,
          .add = [](Module& module, metrics::Registry& registry, std::string_view group, const StatisticDecl& self) {
            if constexpr (std::is_member_object_pointer_v<decltype(Member)>) {
              return registry.add(group, self.name, static_cast<Owner&>(module).*Member, self.documentation);
            } else {
              return registry.add(
                  group, self.name, [&owner = static_cast<const Owner&>(module)] { return (owner.*Member)(); },
                  self.documentation);
            }
          }};
}
template <auto Member>
constexpr StatisticDecl statistic(std::string_view name, std::string_view documentation) {
  if constexpr (std::is_member_object_pointer_v<decltype(Member)>) {
    return statistic<typename detail::MemberTraits<decltype(Member)>::Owner, Member>(name, documentation);
  } else {
    return statistic<typename detail::StatisticTraits<decltype(Member)>::Owner, Member>(name, documentation);
  }
}

}  // namespace carillon::module
