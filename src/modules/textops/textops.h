// SPDX-License-Identifier: Apache-2.0
// textops: regular expressions over a message as it was received. An edit is recorded and shows when the message is
// sent; only what is done to the Request-URI shows at once.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "module/module.h"
#include "script/substitution.h"

namespace carillon::textops {

using module::Parsed;
using module::Pattern;
using module::RouteContext;
using module::Verdict;

// An expression over the whole body: '.' matches line ends too, '^' and '$' are the ends of the body.
struct BodyPattern {
  static constexpr bool kIsAsWritten = true;
  std::shared_ptr<const script::Regex> regex;
  [[nodiscard]] static base::Result<BodyPattern> parse(std::string_view text);
};

class Textops final : public module::Module {
 public:
  using Text = std::string_view;
  using Subst = Parsed<script::Substitution>;

  // --- by regular expressions (textops.cpp)
  Verdict search(RouteContext& context, const Pattern& re);
  Verdict search_body(RouteContext& context, const Pattern& re);
  Verdict search_append(RouteContext& context, const Pattern& re, Text txt);
  Verdict search_append_body(RouteContext& context, const Pattern& re, Text txt);
  Verdict replace(RouteContext& context, const Pattern& re, Text txt);
  Verdict replace_body(RouteContext& context, const Pattern& re, Text txt);
  Verdict replace_all(RouteContext& context, const Pattern& re, Text txt);
  Verdict replace_body_all(RouteContext& context, const Pattern& re, Text txt);
  Verdict replace_body_atonce(RouteContext& context, const Parsed<BodyPattern>& re, Text txt);

  // --- by substitutions (substitutions.cpp)
  Verdict subst(RouteContext& context, const Subst& subst);
  Verdict subst_body(RouteContext& context, const Subst& subst);
  Verdict subst_uri(RouteContext& context, const Subst& subst);
  Verdict subst_user(RouteContext& context, const Subst& subst);
};

}  // namespace carillon::textops
