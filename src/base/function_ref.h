// SPDX-License-Identifier: Apache-2.0
// FunctionRef: a callable handed down a call, without owning or allocating: what templates are too wide for.
#pragma once

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace carillon::base {

template <typename Signature>
class FunctionRef;

// Valid as long as the callable it was made from: a parameter, never a member.
template <typename R, typename... A>
class FunctionRef<R(A...)> {
 public:
  template <typename F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef> && std::is_invocable_r_v<R, F&, A...>)
  FunctionRef(F&& callable)  // NOLINT(google-explicit-constructor, bugprone-forwarding-reference-overload)
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(callable)))),
        call_([](void* object, A... arguments) -> R {
          return std::invoke_r<R>(*static_cast<std::remove_reference_t<F>*>(object), std::forward<A>(arguments)...);
        }) {}

  R operator()(A... arguments) const { return call_(object_, std::forward<A>(arguments)...); }

 private:
  void* object_;
  R (*call_)(void* object, A... arguments);
};

}  // namespace carillon::base
