// SPDX-License-Identifier: Apache-2.0
// dbtext files as OpenSIPS's manual shows them, and what is wrong with others.
#include "modules/db_text/text_format.h"

#include <gmock/gmock.h>

namespace carillon::db_text {
namespace {

using storage::Blob;
using storage::DateTime;
using storage::Null;
using storage::StoredRow;
using storage::Value;

std::vector<StoredRow> rows_of(const storage::StoredTable& table) {
  std::vector<StoredRow> rows;
  for (const auto& [id, row] : table.rows()) rows.push_back(*row);
  return rows;
}

std::string error_of(std::string_view text) {
  auto parsed = parse_table("t", text, nullptr);
  return parsed ? "" : parsed.error().message;
}

TEST(TextFormat, ReadsTheTableOfTheManual) {
  auto parsed = parse_table("t",
                            "id(int,auto) name(str) flag(double) desc(str,null)\n"
                            "1:nick:0.34:a\\tgood\\: friend\n"
                            "2:cole:-3.75:colleague\n"
                            "3:bob:2.50:\n",
                            nullptr);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_THAT(
      rows_of(parsed->table),
      ::testing::ElementsAre(StoredRow{std::int64_t{1}, std::string("nick"), 0.34, std::string("a\tgood: friend")},
                             StoredRow{std::int64_t{2}, std::string("cole"), -3.75, std::string("colleague")},
                             StoredRow{std::int64_t{3}, std::string("bob"), 2.5, Null{}}));
  EXPECT_TRUE(parsed->appendable);
}

TEST(TextFormat, ReadsTheHeadersThatOpensipsInstalls) {
  const char* location =
      "contact_id(long,auto) username(string) domain(string,null) contact(string) received(string,null) "
      "path(string,null) expires(int) q(double) callid(string) cseq(int) last_modified(int) flags(int) "
      "cflags(string,null) user_agent(string) socket(string,null) methods(int,null) sip_instance(string,null) "
      "kv_store(string,null) attr(string,null) \n";
  auto parsed = parse_table("location", location, nullptr);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->table.schema().columns.size(), 19U);
  EXPECT_TRUE(parsed->table.schema().columns[0].auto_increment);
  EXPECT_FALSE(parsed->table.schema().complete);
}

TEST(TextFormat, WritesWhatItReads) {
  const std::string bytes("\0\1\xff\\:\n\r\t", 8);
  const StoredRow row{std::int64_t{-7}, std::string("a:b\\c\nd"), 1.0, Null{}, Blob{bytes}, DateTime{1'700'000'000}};
  const std::string line = row_text(row);
  EXPECT_EQ(line, "-7:a\\:b\\\\c\\nd:1.0::\\0\1\xff\\\\\\:\\n\\r\\t:1700000000\n");
  auto parsed = parse_table("t", "a(int) b(str) c(double) d(str,null) e(blob) f(int)\n" + line, nullptr);
  ASSERT_TRUE(parsed) << parsed.error().message;
  StoredRow expected = row;
  expected.back() = std::int64_t{1'700'000'000};
  EXPECT_THAT(rows_of(parsed->table), ::testing::ElementsAre(expected));
  EXPECT_EQ(header_text(parsed->table.schema()), "a(int) b(string) c(double) d(string,null) e(blob) f(int)\n");
}

TEST(TextFormat, TakesCarriageReturnsAndAMissingLastLineEnd) {
  auto parsed = parse_table("t", "a(int) b(str)\r\n1:x\r\n2:y", nullptr);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_THAT(rows_of(parsed->table), ::testing::ElementsAre(StoredRow{std::int64_t{1}, std::string("x")},
                                                             StoredRow{std::int64_t{2}, std::string("y")}));
  EXPECT_FALSE(parsed->appendable);
}

TEST(TextFormat, LeavesOutWhatWasBeingAppendedWhenItsWriterDied) {
  auto parsed = parse_table("t", std::string_view("a(int) b(str)\n1:x\n\0:half", 24), nullptr);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->table.rows().size(), 1U);
  EXPECT_FALSE(parsed->appendable);
}

TEST(TextFormat, NamesTheLineThatIsWrong) {
  using ::testing::HasSubstr;
  EXPECT_THAT(error_of(""), HasSubstr("line 1: the columns are missing"));
  EXPECT_THAT(error_of("a(int) b(decimal)\n"), HasSubstr("line 1: column 'b' has the unknown type 'decimal'"));
  EXPECT_THAT(error_of("a(int,unique)\n"), HasSubstr("unknown attribute 'unique'"));
  EXPECT_THAT(error_of("a(int) a(int)\n"), HasSubstr("'a' is there twice"));
  EXPECT_THAT(error_of("a(int)b(int)\n"), HasSubstr("separated by a space"));
  EXPECT_THAT(error_of("a\n"), HasSubstr("must look like name(type,attribute)"));
  EXPECT_THAT(error_of("a(str,auto)\n"), HasSubstr("can't count up"));
  EXPECT_THAT(error_of("a(int) b(str)\n1:x\n2\n"), HasSubstr("line 3: it has 1 of 2 cells"));
  EXPECT_THAT(error_of("a(int) b(str)\n1:x:y\n"), HasSubstr("line 2: it has more cells"));
  EXPECT_THAT(error_of("a(int) b(str)\none:x\n"), HasSubstr("line 2: column 'a': a number is expected"));
  EXPECT_THAT(error_of("a(int) b(str)\n1:x\\\n"), HasSubstr("line 2: column 'b': a backslash"));
  EXPECT_THAT(error_of(std::string_view("a(int) b(str)\n1:x\0\n", 19)), HasSubstr("line 2: it holds a NUL byte"));
}

}  // namespace
}  // namespace carillon::db_text
