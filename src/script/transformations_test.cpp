// SPDX-License-Identifier: Apache-2.0
// The language's own transformations, through scripts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "script/fake_host.h"
#include "script/regex.h"
#include "script/substitution.h"

namespace carillon::script {
namespace {

using ::testing::HasSubstr;

class Transformations : public ::testing::Test {
 protected:
  // $(ru{...}) of a text, "<null>" for NULL.
  std::string apply(const Value& input, std::string_view chain) {
    environment.logged.clear();
    environment.variables["ru"] = input;
    const Source source = Source::from_text("route { xlog('$(ru" + std::string(chain) + ")'); }");
    const Compilation compiled = compile(source, host);
    EXPECT_NE(compiled.program, nullptr) << render(compiled.diagnostics, source);
    if (compiled.program == nullptr) return "";
    machine.start(compiled.program, 0, environment);
    return environment.logged.empty() ? "failed" : environment.logged.front();
  }
  std::string apply(std::string_view input, std::string_view chain) { return apply(Value::text(input), chain); }

  testing::FakeHost host;
  testing::FakeEnvironment environment;
  script::Run machine;
};

TEST_F(Transformations, MeasureAndConvert) {
  EXPECT_EQ(apply("hello", "{s.len}"), "5");
  EXPECT_EQ(apply(Value::integer(12345), "{s.len}"), "5");
  EXPECT_EQ(apply("12ab", "{s.int}"), "12");
  EXPECT_EQ(apply("-7", "{s.int}"), "-7");
  EXPECT_EQ(apply("x", "{s.int}"), "0");
  EXPECT_EQ(apply("99999999999", "{s.int}"), "2147483647");
  EXPECT_EQ(apply("MiXed", "{s.tolower}{S.TOUPPER}{s.reverse}"), "DEXIM");
  EXPECT_EQ(apply(Value::null(), "{s.len}"), "<null>");
}

TEST_F(Transformations, CutAndSelect) {
  EXPECT_EQ(apply("abcdef", "{s.substr,1,3}"), "bcd");
  EXPECT_EQ(apply("abcdef", "{s.substr,-2,5}"), "ef");
  EXPECT_EQ(apply("abcdef", "{s.substr,2,0}"), "cdef");
  EXPECT_EQ(apply("abcdef", "{s.substr,2,-1}"), "cde");
  EXPECT_EQ(apply("abcdef", "{s.substr,6,1}"), "<null>");
  EXPECT_EQ(apply("a,b,c", "{s.select,1,,}"), "b");
  EXPECT_EQ(apply("a,b,c", "{s.select,-1,,}"), "c");
  EXPECT_EQ(apply("a,b,c", "{s.select,3,,}"), "<null>");
  EXPECT_EQ(apply("one two", "{s.select,1, }"), "two");
  EXPECT_EQ(apply("banana", "{s.index,an}"), "1");
  EXPECT_EQ(apply("banana", "{s.index,an,2}"), "3");
  EXPECT_EQ(apply("banana", "{s.index,an,-3}"), "3");
  EXPECT_EQ(apply("banana", "{s.rindex,an}"), "3");
  EXPECT_EQ(apply("banana", "{s.index,x}"), "<null>");
  EXPECT_EQ(apply(" \t x y \r\n", "{s.trim}"), "x y");
  EXPECT_EQ(apply("  x ", "{s.triml}{s.len}"), "2");
  EXPECT_EQ(apply("  x ", "{s.trimr}{s.len}"), "3");
  EXPECT_EQ(apply("7", "{s.fill.left,0,3}"), "007");
  EXPECT_EQ(apply("7", "{s.fill.right,ab,4}"), "7aba");
  EXPECT_EQ(apply("abcd", "{s.width,2}"), "ab");
  EXPECT_EQ(apply("ab", "{s.width,4}{s.len}"), "4");
}

TEST_F(Transformations, TakeVariablesAsArguments) {
  environment.variables["rU"] = Value::text("2");
  EXPECT_EQ(apply("abcdef", "{s.substr,$rU,$rU}"), "cd");
  EXPECT_EQ(apply("a2b", "{s.index,$rU}"), "1");
  EXPECT_EQ(apply("abcdef", "{s.substr,0,$(rU{s.int})}"), "ab");
}

TEST_F(Transformations, DigestAndEncode) {
  EXPECT_EQ(apply("abc", "{s.md5}"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(apply("abc", "{s.sha1}"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(apply("abc", "{s.sha256}"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(apply("what do ya want for nothing?", "{s.sha256_hmac,Jefe}"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(apply("123456789", "{s.crc32}"), "3421780262");
  EXPECT_EQ(apply("hi!", "{s.encode.hexa}"), "686921");
  EXPECT_EQ(apply("686921", "{s.decode.hexa}"), "hi!");
  EXPECT_EQ(apply("6869x1", "{s.decode.hexa}"), "<null>");
  EXPECT_EQ(apply("255", "{s.dec2hex}"), "ff");
  EXPECT_EQ(apply("ff", "{s.hex2dec}"), "255");
  EXPECT_EQ(apply("it's", "{s.escape.common}"), "it\\'s");
  EXPECT_EQ(apply("it\\'s", "{s.unescape.common}"), "it's");
  EXPECT_EQ(apply("a\"b\\c\n", "{s.escape.json}"), "a\\\"b\\\\c\\u000a");
  EXPECT_EQ(apply("a b@c", "{s.escape.user}"), "a%20b%40c");
  EXPECT_EQ(apply("a%20b", "{s.unescape.user}"), "a b");
  EXPECT_EQ(apply("a%2", "{s.unescape.user}"), "<null>");
  EXPECT_EQ(apply("a;b=c", "{s.escape.param}"), "a%3bb%3dc");
  EXPECT_EQ(apply("hello", "{s.b64encode}"), "aGVsbG8=");
  EXPECT_EQ(apply("aGVsbG8=", "{s.b64decode}"), "hello");
  EXPECT_EQ(apply("a", "{s.b64decode}"), "<null>");
  EXPECT_EQ(apply("secret", "{s.xor,key}{s.xor,key}"), "secret");
  EXPECT_EQ(apply("Sun, 06 Nov 1994 08:49:37 GMT", "{s.date2unix}"), "784111777");
}

TEST_F(Transformations, ReadLists) {
  EXPECT_EQ(apply("a=1;b=\"x;y\";c", "{param.value,b}"), "x;y");
  EXPECT_EQ(apply("a=1;B=2", "{param.value,b}"), "2");
  EXPECT_EQ(apply("a=1;c", "{param.value,c}"), "");
  EXPECT_EQ(apply("a=1;c", "{param.value,d}"), "<null>");
  EXPECT_EQ(apply("a=1;c", "{param.exist,c}"), "1");
  EXPECT_EQ(apply("a=1;;c;", "{param.count}"), "2");
  EXPECT_EQ(apply("a=1;c=2", "{param.valueat,-1}"), "2");
  EXPECT_EQ(apply("a=1;c=2", "{param.name,1}"), "c");
  EXPECT_EQ(apply("a,\"b,\"\"c\",", "{csv.count}"), "3");
  EXPECT_EQ(apply("a,\"b,\"\"c\",", "{csv.value,1}"), "b,\"c");
  EXPECT_EQ(apply("a,b", "{csv.value,2}"), "<null>");
}

TEST_F(Transformations, LookAtAddresses) {
  EXPECT_EQ(apply("192.0.2.1", "{ip.isip}"), "1");
  EXPECT_EQ(apply("192.0.2.1", "{ip.isip6}"), "0");
  EXPECT_EQ(apply("2001:db8::1", "{ip.pton}{ip.family}"), "INET6");
  EXPECT_EQ(apply("192.0.2.1", "{ip.pton}{ip.ntop}"), "192.0.2.1");
  EXPECT_EQ(apply("2001:db8:0::1", "{ip.pton}{ip.ntop}"), "2001:db8::1");
  EXPECT_EQ(apply("10.1.1.1", "{ip.isprivate}"), "1");
  EXPECT_EQ(apply("10.1.1.1", "{ip.matches,10.0.0.0/8}"), "1");
  EXPECT_EQ(apply("11.1.1.1", "{ip.matches,10.0.0.0/8}"), "0");
}

TEST_F(Transformations, Substitute) {
  EXPECT_EQ(apply("sip:bob@example.org", "{re.subst,/^sip:(.*)@(.*)$/\\2 \\1/}"), "example.org bob");
  EXPECT_EQ(apply("aAa", "{re.subst,/a/b/}"), "bAa");
  EXPECT_EQ(apply("aAa", "{re.subst,/a/b/gi}"), "bbb");
  EXPECT_EQ(apply("a/b", "{re.subst,|/|,|}"), "a,b");
  EXPECT_EQ(apply("a/b", "{re.subst,/\\//-/}"), "a-b");
  EXPECT_EQ(apply("abc", "{re.subst,/x/y/}"), "abc");
  EXPECT_EQ(apply("abc", "{re.subst,\"/b*/-/g\"}"), "-a-c-");
  environment.variables["rU"] = Value::text("/b/X/");
  EXPECT_EQ(apply("abc", "{re.subst,$rU}"), "aXc");
}

TEST(SubstitutionTest, RefusesWhatItCannotMean) {
  EXPECT_THAT(Substitution::parse("/a/b").error().message, HasSubstr("a third '/' is missing"));
  EXPECT_THAT(Substitution::parse("/a/\\1/").error().message, HasSubstr("has 0 groups"));
  EXPECT_THAT(Substitution::parse("/a/b/q").error().message, HasSubstr("unknown flag 'q'"));
  EXPECT_THAT(Substitution::parse("").error().message, HasSubstr("/expression/replacement/flags"));
  const auto long_one = Substitution::parse("/a/bbbbbbbbbb/g");
  EXPECT_FALSE(long_one->apply(std::string(100, 'a'), 500));
  EXPECT_EQ(long_one->apply("aa", 500)->count, 2U);
}

TEST(RegexTest, BacktrackingWithoutEndIsAnError) {
  const auto regex = Regex::compile("^(([a-z])+.)+[A-Z]([a-z])+$", {.ignore_case = false});
  ASSERT_TRUE(regex);
  EXPECT_FALSE((*regex)->matches(std::string(5000, 'a') + "!"));
  EXPECT_EQ(*(*Regex::compile("^[[:digit:]]+$"))->matches("0123"), true);
  EXPECT_EQ(*(*Regex::compile(""))->matches(""), true);
  EXPECT_THAT(Regex::compile("a(b").error().message, HasSubstr("bad regular expression at character"));
}

}  // namespace
}  // namespace carillon::script
