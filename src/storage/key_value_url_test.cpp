// SPDX-License-Identifier: Apache-2.0
// URLs of stores as OpenSIPS writes them, and what is wrong with others.
#include "storage/key_value_url.h"

#include <gtest/gtest.h>

namespace carillon::storage {
namespace {

TEST(KeyValueUrl, NamesGroupUserHostsDatabaseAndOptions) {
  const auto url = KeyValueUrl::parse("redis:cluster1://app:s@cret@10.0.0.1:7000,[2001:db8::1]:7001,box/2?a=b&c=");
  ASSERT_TRUE(url.has_value()) << url.error().message;
  EXPECT_EQ(url->scheme, "redis");
  EXPECT_EQ(url->group, "cluster1");
  EXPECT_EQ(url->user, "app");
  EXPECT_EQ(url->password, "s@cret");
  ASSERT_EQ(url->hosts.size(), 3U);
  EXPECT_EQ(url->hosts[0], (KeyValueUrl::Host{"10.0.0.1", 7000}));
  EXPECT_EQ(url->hosts[1], (KeyValueUrl::Host{"2001:db8::1", 7001}));
  EXPECT_EQ(url->hosts[2], (KeyValueUrl::Host{"box", 0}));
  EXPECT_EQ(url->path, "2");
  ASSERT_EQ(url->options.size(), 2U);
  EXPECT_EQ(url->options[0].second, "b");
  EXPECT_EQ(url->display(), "redis:cluster1://10.0.0.1:7000,[2001:db8::1]:7001,box/2");
}

TEST(KeyValueUrl, DoesWithoutGroupUserAndHost) {
  const auto plain = KeyValueUrl::parse("redis://localhost");
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->group, "");
  EXPECT_EQ(plain->hosts.size(), 1U);

  const auto local = KeyValueUrl::parse("local:sessions:///small");
  ASSERT_TRUE(local.has_value());
  EXPECT_EQ(local->group, "sessions");
  EXPECT_TRUE(local->hosts.empty());
  EXPECT_EQ(local->path, "small");

  const auto password_only = KeyValueUrl::parse("redis:g://secret@host/");
  ASSERT_TRUE(password_only.has_value());
  EXPECT_EQ(password_only->user, "");
  EXPECT_EQ(password_only->password, "secret");
}

TEST(KeyValueUrl, RefusesWhatIsNoUrlWithoutRepeatingIt) {
  for (const std::string_view bad : {"", "redis", "redis:host", "://host", "redis://secret@host:0", "redis://h:99999",
                                     "redis://[::1", "redis://[::1]x", "redis://a,:5", "redis://a\nb"}) {
    const auto url = KeyValueUrl::parse(bad);
    ASSERT_FALSE(url.has_value()) << bad;
    EXPECT_EQ(url.error().message.find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace carillon::storage
