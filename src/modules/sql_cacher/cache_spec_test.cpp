// SPDX-License-Identifier: Apache-2.0
#include "modules/sql_cacher/cache_spec.h"

#include <gtest/gtest.h>

namespace carillon::sql_cacher {
namespace {

TEST(CacheSpec, is_read_whole) {
  const auto spec = CacheSpec::parse(
      "id=routes\n  db_url = mysql://u:p=q@h/d\ncachedb_url=local://\n\ntable=t\nkey=id\ncolumns=a  b c\non_demand=1\n"
      "expire=7200\n",
      '\n', ' ');
  ASSERT_TRUE(spec.has_value()) << spec.error().message;
  EXPECT_EQ(spec->id, "routes");
  EXPECT_EQ(spec->db_url, "mysql://u:p=q@h/d");
  EXPECT_EQ(spec->table, "t");
  EXPECT_EQ(spec->key, "id");
  EXPECT_EQ(spec->columns, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(spec->on_demand);
  EXPECT_EQ(spec->expire, std::chrono::hours(2));
}

TEST(CacheSpec, with_other_delimiters_and_defaults) {
  const auto spec = CacheSpec::parse("id=x;table=t;key=k;columns=a,b", ';', ',');
  ASSERT_TRUE(spec.has_value());
  EXPECT_EQ(spec->columns, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(spec->on_demand);
  EXPECT_EQ(spec->expire, std::chrono::hours(1));
}

TEST(CacheSpec, that_is_wrong_says_why) {
  const auto why = [](std::string_view text) { return CacheSpec::parse(text, ';', ' ').error().message; };
  EXPECT_EQ(why("id=x;table=t"), "id, table and key are needed");
  EXPECT_EQ(why("id=x;table"), "'table' has no '='");
  EXPECT_EQ(why("id=x;tabel=t"), "'tabel=t' means nothing");
  EXPECT_EQ(why("id=x;on_demand=2"), "'on_demand=2' means nothing");
  EXPECT_EQ(why("id=x;expire=0"), "expire=0 is no time");
  EXPECT_EQ(why("id=x;expire=99999999999"), "expire=99999999999 is no time");
}

TEST(ValueName, has_three_parts_and_the_key_whatever_it_likes) {
  const auto name = ValueName::parse("id:col:sip:bob@x", ':');
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(name->id, "id");
  EXPECT_EQ(name->column, "col");
  EXPECT_EQ(name->key, "sip:bob@x");
  EXPECT_TRUE(ValueName::parse("id:col:", ':').has_value());
  EXPECT_FALSE(ValueName::parse("id:col", ':').has_value());
  EXPECT_FALSE(ValueName::parse("", ':').has_value());
}

}  // namespace
}  // namespace carillon::sql_cacher
