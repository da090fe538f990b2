// SPDX-License-Identifier: Apache-2.0
#include "script/format_string.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "script/fake_host.h"

namespace carillon::script {
namespace {

using ::testing::HasSubstr;

TEST(FormatStringTest, ExpandsVariables) {
  testing::FakeHost host;
  testing::FakeEnvironment environment;
  environment.variables["rU"] = Value::text("bob");
  const auto format = FormatString::compile("<$rU>$$ $(rU{s.toupper}) $ru", host);
  ASSERT_TRUE(format) << format.error().message;
  EXPECT_EQ(*format->expand(environment), "<bob>$ BOB <null>");
  environment.variables["rU"] = Value::text("alice");
  EXPECT_EQ(*format->expand(environment), "<alice>$ ALICE <null>");
  EXPECT_EQ(*FormatString::compile("plain", host)->expand(environment), "plain");
  EXPECT_EQ(*FormatString::compile("", host)->expand(environment), "");
}

TEST(FormatStringTest, OneVariableIsTheValueItIs) {
  testing::FakeHost host;
  testing::FakeEnvironment environment;
  const auto format = FormatString::compile("$rU", host);
  EXPECT_TRUE(format->value(environment)->is_null());
  EXPECT_EQ(*format->expand(environment), "<null>");
  environment.variables["rU"] = Value::integer(7);
  EXPECT_TRUE(format->value(environment)->has_integer());
  EXPECT_EQ(*format->expand(environment), "7");
  environment.variables["rU"] = Value::text("<null>");
  EXPECT_EQ(format->value(environment)->as_text(), "<null>");
  EXPECT_EQ(FormatString::compile("$ru ", host)->value(environment)->as_text(), "<null> ");
  EXPECT_FALSE(FormatString::compile("$waits", host)->value(environment));
}

TEST(FormatStringTest, TellsWhatItCannotDo) {
  testing::FakeHost host;
  testing::FakeEnvironment environment;
  EXPECT_THAT(FormatString::compile("$hdrr(x)", host).error().message,
              HasSubstr("unknown variable '$hdrr' (did you mean '$hdr'?)"));
  // A warning before it is not what is wrong.
  EXPECT_THAT(FormatString::compile("$(<reply>rU) $nope", host).error().message, HasSubstr("unknown variable '$nope'"));
  EXPECT_THAT(FormatString::compile("$waits", host)->expand(environment).error().message, HasSubstr("have to wait"));
  EXPECT_THAT(FormatString::compile("a$fails", host)->expand(environment).error().message, HasSubstr("has no value"));
}

}  // namespace
}  // namespace carillon::script
