// SPDX-License-Identifier: Apache-2.0
#include "module/variable_path.h"

#include <gtest/gtest.h>

namespace carillon::module {
namespace {

using Kind = PathStep::Kind;

std::string why(std::string_view text) {
  const auto path = VariablePath::parse(text);
  return path ? "no error" : path.error().message;
}

TEST(VariablePath, HasKeysAndIndexes) {
  const auto path = VariablePath::parse("name/key 1[0][-1]/key2[]");
  ASSERT_TRUE(path.has_value()) << path.error().message;
  EXPECT_EQ(path->name, "name");
  EXPECT_EQ(path->steps, (std::vector<PathStep>{{.kind = Kind::Key, .key = "key 1"},
                                                {.kind = Kind::Index, .index = 0},
                                                {.kind = Kind::Index, .index = -1},
                                                {.kind = Kind::Key, .key = "key2"},
                                                {.kind = Kind::Append}}));
  EXPECT_EQ(VariablePath::parse("matrix[1][2]")->steps.size(), 2U);
  EXPECT_TRUE(VariablePath::parse("name")->steps.empty());
}

TEST(VariablePath, TakesNoMeaningFromWhatIsEscaped) {
  const auto path = VariablePath::parse("a/x\\/y\\[0\\]\\.keys/\\<null>/<null>[<null>]");
  ASSERT_TRUE(path.has_value());
  EXPECT_EQ(path->steps, (std::vector<PathStep>{{.kind = Kind::Key, .key = "x/y[0].keys"},
                                                {.kind = Kind::Key, .key = "<null>"},
                                                {.kind = Kind::Nowhere, .key = "<null>"},
                                                {.kind = Kind::Nowhere}}));
}

TEST(VariablePath, TellsItsMistakes) {
  EXPECT_EQ(why(""), "a path begins with a name");
  EXPECT_EQ(why("/a"), "a path begins with a name");
  EXPECT_EQ(why("a/"), "a key is missing behind a '/'");
  EXPECT_EQ(why("a//b"), "a key is missing behind a '/'");
  EXPECT_EQ(why("a[0"), "a '[' is never closed");
  EXPECT_EQ(why("a[x]"), "'x' is not an index");
  EXPECT_EQ(why("a[99999999999]"), "'99999999999' is not an index");
  EXPECT_EQ(why("a[0]b"), "'b' is not expected here");
  EXPECT_EQ(why("a\\"), "no error");
  std::string deep = "a";
  for (int i = 0; i < 101; ++i) deep += "[0]";
  EXPECT_EQ(why(deep), "a path has at most 100 parts");
}

TEST(VariablePath, EndsWithASuffixUnlessThatIsEscaped) {
  EXPECT_EQ(path_ending("a/b.keys", ".keys"), 3U);
  EXPECT_EQ(path_ending("a/b\\.keys", ".keys"), std::string_view::npos);
  EXPECT_EQ(path_ending("a/b\\\\.keys", ".keys"), 5U);
  EXPECT_EQ(path_ending("a/b", ".keys"), std::string_view::npos);
}

}  // namespace
}  // namespace carillon::module
