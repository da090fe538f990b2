// SPDX-License-Identifier: Apache-2.0
// The classic tools' settings are read as their shell reads them, and nothing in them is run.
#include "server/rc_file.h"

#include <gmock/gmock.h>

namespace carillon::server {
namespace {

std::string url_of(std::string_view text) {
  const auto file = RcFile::parse(text, "rc");
  if (!file) return "error: " + file.error().message;
  const auto url = file->url();
  return url ? *url : "error: " + url.error().message;
}

TEST(RcFile, NamesADatabase) {
  EXPECT_EQ(
      url_of("DBENGINE=MYSQL\nDBHOST=db.example.org\nDBPORT=3307\nDBNAME=sip\nDBRWUSER=rw\nDBRWPW=\"s/e:c@r et\"\n"),
      "mysql://rw:s%2Fe%3Ac%40r%20et@db.example.org:3307/sip");
  EXPECT_EQ(url_of("DBENGINE=PGSQL"), "postgres://opensips:opensipsrw@localhost/opensips");
  EXPECT_EQ(url_of("DBENGINE=MYSQL\nDBHOST=2001:db8::1"), "mysql://opensips:opensipsrw@[2001:db8::1]/opensips");
  EXPECT_EQ(url_of("DBENGINE=SQLITE\nDB_PATH=/var/lib/x.sqlite"), "sqlite:///var/lib/x.sqlite");
  EXPECT_EQ(url_of("DBENGINE=DBTEXT\nDB_PATH='/etc/db'"), "text:///etc/db");
  EXPECT_EQ(url_of("DBENGINE=DB_BERKELEY\nDB_PATH=/etc/bdb"), "berkeley:///etc/bdb");
}

TEST(RcFile, SaysWhatIsMissing) {
  EXPECT_THAT(url_of("# DBENGINE=MYSQL"), ::testing::HasSubstr("DBENGINE is missing"));
  EXPECT_THAT(url_of("DBENGINE=ORACLE"), ::testing::HasSubstr("'ORACLE'"));
  EXPECT_THAT(url_of("DBENGINE=SQLITE"), ::testing::HasSubstr("DB_PATH is missing"));
  EXPECT_THAT(url_of("DBENGINE=SQLITE\nDB_PATH=x.sqlite"), ::testing::HasSubstr("begin with a slash"));
  EXPECT_FALSE(RcFile::load("/nonexistent/rc"));
}

TEST(RcFile, ReadsAsAShellDoes) {
  const auto file = RcFile::parse(
      "#!/bin/sh\n"
      "export A=one # a comment\n"
      "\texport\t T='by tabs'\n"
      "exported=no\n"
      "  B='two words # and this'; C=\"$A-${A}-${NONE:-none}-\\$A\"\r\n"
      "D=a\\ b\"c\"'d'\n"
      "E=con\\\ntinued\n"
      "if [ x = y ]; then echo no; fi\n"
      "A=three\n"
      "F=a=b\n"
      "G=\n",
      "rc");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->get("A"), "three");
  EXPECT_EQ(file->get("T"), "by tabs");
  EXPECT_EQ(file->get("exported"), "no");
  EXPECT_EQ(file->get("B"), "two words # and this");
  EXPECT_EQ(file->get("D"), "a bcd");
  EXPECT_EQ(file->get("E"), "continued");
  EXPECT_EQ(file->get("F"), "a=b");
  EXPECT_EQ(file->get("G"), "");
  EXPECT_EQ(file->get("none"), "");
  const auto expanded = RcFile::parse("A=one\nC=\"$A-${A}-${NONE:-none}-\\$A-\\n\"", "rc");
  ASSERT_TRUE(expanded) << expanded.error().message;
  EXPECT_EQ(expanded->get("C"), "one-one-none-$A-\\n");
}

TEST(RcFile, RunsNothing) {
  for (const char* text : {"X=`id`", "X=$(id)", "X=\"$(id)\"", "X=${A:=b}", "X=${", "X=\"open", "X='open"}) {
    const auto file = RcFile::parse(std::string("\n") + text, "rc");
    ASSERT_FALSE(file) << text;
    EXPECT_THAT(file.error().message, ::testing::StartsWith("rc:2: X: ")) << text;
  }
}

}  // namespace
}  // namespace carillon::server
