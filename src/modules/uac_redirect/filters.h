// SPDX-License-Identifier: Apache-2.0
// Which contacts of a redirection may be followed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "routing/transaction_observer.h"
#include "script/regex.h"

namespace carillon::uac_redirect {

// The second argument of set_deny_filter() and set_accept_filter().
enum class Reset : std::uint8_t { None, Default, Added, All };
struct ResetFlag {
  Reset reset = Reset::None;
  // "reset_all", "reset_default", "reset_added", "".
  [[nodiscard]] static base::Result<ResetFlag> parse(std::string_view text);
};

// Shared because it lives with a request, longer than the script it stood in.
struct Filter {
  static constexpr bool kIsAsWritten = true;
  std::shared_ptr<const script::Regex> regex;
  [[nodiscard]] static base::Result<Filter> parse(std::string_view text);
};

// Expressions of one kind: the one of the module, and those a script has added.
class FilterList {
 public:
  static constexpr std::size_t kMost = 6;  // OpenSIPS's number, that of the module among them

  explicit FilterList(std::shared_ptr<const script::Regex> usual) : usual_(std::move(usual)) {}

  // False when there are too many.
  [[nodiscard]] bool add(std::shared_ptr<const script::Regex> filter, Reset reset);
  // An expression that takes too long counts as `unknown`.
  [[nodiscard]] bool matches(std::string_view uri, bool unknown) const;

 private:
  std::shared_ptr<const script::Regex> usual_;  // null: none, or reset
  std::vector<std::shared_ptr<const script::Regex>> added_;
};

// Of one request; lives with its transaction.
class Filters final : public routing::TransactionObserver {
 public:
  Filters(const void* module, FilterList accept_list, FilterList deny_list, bool accept_others)
      : accept(std::move(accept_list)), deny(std::move(deny_list)), owner_(module), accept_others_(accept_others) {}

  [[nodiscard]] const void* owner() const override { return owner_; }

  // What an accept filter matches is followed. Else a deny filter decides, unless nothing else is followed anyway.
  [[nodiscard]] bool let_pass(std::string_view uri) const;

  FilterList accept;
  FilterList deny;

 private:
  const void* owner_;
  bool accept_others_;
};

}  // namespace carillon::uac_redirect
