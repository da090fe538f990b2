// SPDX-License-Identifier: Apache-2.0
// Database URLs as users write them, and that none ever shows its password.
#include "storage/url.h"

#include <gmock/gmock.h>

namespace carillon::storage {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Url parsed(std::string_view text) {
  auto url = Url::parse(text);
  EXPECT_TRUE(url) << text << ": " << url.error().message;
  return url.value_or(Url{});
}

TEST(Url, ReadsAFile) {
  EXPECT_EQ(parsed("sqlite:///var/lib/c.sqlite"), (Url{.scheme = "sqlite", .path = "/var/lib/c.sqlite"}));
  EXPECT_EQ(parsed("sqlite://relative.sqlite"), (Url{.scheme = "sqlite", .path = "relative.sqlite"}));
  EXPECT_EQ(parsed(" db_sqlite:/a/b%20c@d.sqlite"), (Url{.scheme = "sqlite", .path = "/a/b%20c@d.sqlite"}));
  EXPECT_EQ(parsed("text:///etc/opensips/dbtext"), (Url{.scheme = "text", .path = "/etc/opensips/dbtext"}));
  EXPECT_EQ(parsed("flatstore:/var/log/acc?x=1").options,
            (std::vector<std::pair<std::string, std::string>>{{"x", "1"}}));
}

TEST(Url, ReadsAServer) {
  EXPECT_EQ(
      parsed("mysql://opensips:opensipsrw@localhost/opensips"),
      (Url{.scheme = "mysql", .user = "opensips", .password = "opensipsrw", .host = "localhost", .path = "opensips"}));
  EXPECT_EQ(parsed("POSTGRES://u@[2001:db8::1]:5432/db?sslmode=require&tls_domain=dom"),
            (Url{.scheme = "postgres",
                 .user = "u",
                 .host = "2001:db8::1",
                 .port = 5432,
                 .path = "db",
                 .options = {{"sslmode", "require"}, {"tls_domain", "dom"}}}));
  EXPECT_EQ(parsed("redis://localhost:6379/").port, 6379);
  EXPECT_EQ(parsed("virtual://set1").host, "set1");
}

TEST(Url, ReadsPasswordsAsTheyAreMeant) {
  EXPECT_EQ(parsed("mysql://u:p@ss/w:rd?#@host/db").password, "p@ss/w:rd?#");
  EXPECT_EQ(parsed("mysql://u:p%40ss%2F@host/db").password, "p@ss/");
  EXPECT_EQ(parsed("mysql://u:50%@host/db").password, "50%");
  EXPECT_EQ(parsed("mysql://u:50%zz@host/db").password, "50%zz");
  EXPECT_EQ(parsed("mysql://u:@host/db").user, "u");
  EXPECT_EQ(parsed("mysql://u:p?a@host/db").password, "p?a");
  const Url socket = parsed("mysql://u:p?a@/db?socket=/run/x@y&tls=no");
  EXPECT_EQ(socket.password, "p?a");
  EXPECT_EQ(socket.path, "db");
  EXPECT_EQ(socket.options, (std::vector<std::pair<std::string, std::string>>{{"socket", "/run/x@y"}, {"tls", "no"}}));
}

TEST(Url, NeverShowsItsPassword) {
  EXPECT_EQ(parsed("mysql://u:secret@host:3306/db?password=secret").display(), "mysql://u@host:3306/db");
  EXPECT_EQ(parsed("postgres://u:secret@[::1]/db").display(), "postgres://u@[::1]/db");
  EXPECT_EQ(parsed("sqlite:///a/b").display(), "sqlite:///a/b");
  EXPECT_EQ(parsed("sqlite://a/b").display(), "sqlite://a/b");
  EXPECT_EQ(parsed("mysql://u:secret@/db?socket=/x").display(), "mysql://u@/db");
  EXPECT_EQ(parsed("odbc:DSN=a;PWD=secret").display(), "unixodbc://DSN=a");
  for (const std::string_view text :
       {"mysql://u:secret@[::1/db", "mysql://u:secret@h:99999/db", "u.secret", ":secret", "mys ql://u:secret@h/db",
        "mysql://u:secret@h:0/db", "mysql://u:secret@[::1]x/db", "mysql://u:secret\n@h/db"}) {
    const auto url = Url::parse(text);
    ASSERT_FALSE(url) << text;
    EXPECT_THAT(url.error().message, Not(HasSubstr("secret"))) << text;
  }
}

TEST(Url, RefusesWhatIsIncomplete) {
  EXPECT_FALSE(Url::parse(""));
  EXPECT_FALSE(Url::parse("sqlite"));
  EXPECT_FALSE(Url::parse("sqlite://"));
  EXPECT_FALSE(Url::parse("db_:/x"));
}

}  // namespace
}  // namespace carillon::storage
