// SPDX-License-Identifier: Apache-2.0
// Which types hold less than they should.
#include "storage/sql_types.h"

#include <gmock/gmock.h>

#include "storage/sql_dialects.h"

namespace carillon::storage::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What a column of that type is changed to; empty when it stays.
std::string needed(const Dialect& dialect, const Column& column, const std::string& has) {
  const Column columns[] = {column};
  const TableSpec table{.name = "t", .version = 1, .group = "test", .columns = columns, .keys = {}};
  const PresentColumn present[] = {{.name = std::string(column.name), .type = has}};
  const auto narrow = narrow_columns(dialect, table, present);
  return narrow.empty() ? std::string() : narrow.front().needs;
}

TEST(SqlTypes, TextsAreWidenedByTheirLength) {
  const auto& mysql = mariadb_dialect();
  EXPECT_EQ(needed(mysql, character("c", 255), "char(64)"), "CHAR(255)");
  EXPECT_EQ(needed(mysql, character("c", 64), "char(64)"), "");
  EXPECT_EQ(needed(mysql, character("c", 64), "varchar(255)"), "");
  EXPECT_EQ(needed(mysql, text("c", 512), "varchar(255)"), "TEXT(512)");
  EXPECT_EQ(needed(mysql, character("c", 64), "text"), "") << "never narrower";
  EXPECT_EQ(needed(mysql, text("c"), "mediumtext"), "");
  EXPECT_EQ(needed(mysql, character("c", 255), "tinytext"), "CHAR(255)");
  EXPECT_EQ(needed(mysql, character("c", 64), "tinytext"), "TEXT") << "255 bytes and 64 characters of four bytes each";
  EXPECT_EQ(needed(mysql, blob("c"), "tinyblob"), "BLOB");
  EXPECT_EQ(needed(mysql, blob("c"), "longblob"), "");
  const auto& postgres = postgres_dialect();
  EXPECT_EQ(needed(postgres, character("c", 255), "character varying(64)"), "VARCHAR(255)");
  EXPECT_EQ(needed(postgres, character("c", 255), "character varying"), "");
  EXPECT_EQ(needed(postgres, character("c", 255), "text"), "");
  EXPECT_EQ(needed(postgres, text("c"), "character varying(64)"), "TEXT");
}

TEST(SqlTypes, NumbersAreWidenedByTheirRange) {
  const auto& mysql = mysql_dialect();
  EXPECT_EQ(needed(mysql, big_integer("c", 10).no_sign(), "int(10) unsigned"), "BIGINT(10) UNSIGNED");
  EXPECT_EQ(needed(mysql, integer("c"), "smallint(5)"), "INT");
  EXPECT_EQ(needed(mysql, integer("c"), "bigint(20)"), "");
  EXPECT_EQ(needed(mysql, big_integer("c", 10).no_sign(), "int(11)"), "BIGINT") << "what is below zero stays";
  EXPECT_EQ(needed(mysql, big_integer("c"), "int(10) unsigned"), "BIGINT");
  EXPECT_EQ(needed(mysql, integer("c"), "int(10) unsigned"), "") << "as OpenSIPS makes it";
  EXPECT_EQ(needed(mysql, integer("c").no_sign(), "int(11)"), "");
  EXPECT_EQ(needed(mysql, small_integer("c"), "tinyint(4) unsigned zerofill"), "SMALLINT");
  EXPECT_EQ(needed(mysql, real("c"), "float(10,2)"), "DOUBLE");
  EXPECT_EQ(needed(mysql, floating("c", 10, 2), "double"), "");
  EXPECT_EQ(needed(mysql, auto_id("c"), "int(10) unsigned"), "");
  const auto& postgres = postgres_dialect();
  EXPECT_EQ(needed(postgres, auto_id("c"), "integer"), "");
  EXPECT_EQ(needed(postgres, big_integer("c"), "integer"), "BIGINT");
  EXPECT_EQ(needed(postgres, real("c"), "real"), "DOUBLE PRECISION");
}

TEST(SqlTypes, OtherKindsAreLeftAlone) {
  const auto& mysql = mariadb_dialect();
  EXPECT_EQ(needed(mysql, integer("c"), "char(4)"), "");
  EXPECT_EQ(needed(mysql, text("c"), "blob"), "");
  EXPECT_EQ(needed(mysql, date_time("c"), "timestamp"), "");
  EXPECT_EQ(needed(mysql, character("c", 64), "enum('char(1)','b')"), "");
  EXPECT_EQ(needed(postgres_dialect(), integer("c"), "interval"), "");
  EXPECT_EQ(needed(postgres_dialect(), integer("c"), "numeric(3,0)"), "");
}

TEST(SqlTypes, ADefinitionIsReadFromItsTable) {
  const auto present = read_create_table(
      "CREATE TABLE `t` (\n  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,\n"
      "  `a` char(64) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL DEFAULT 'x, y' COMMENT 'a (b)',\n"
      "  `d` double NOT NULL DEFAULT 1,\n  PRIMARY KEY (`id`),\n  KEY `a` (`a`)\n) ENGINE=InnoDB");
  ASSERT_EQ(present.size(), 3U);
  EXPECT_EQ(present[0].type, "int(10) unsigned");
  EXPECT_EQ(present[0].attributes, "NOT NULL AUTO_INCREMENT");
  EXPECT_EQ(present[1].type, "char(64)");
  EXPECT_EQ(present[1].attributes,
            "CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL DEFAULT 'x, y' COMMENT 'a (b)'");
  EXPECT_EQ(present[2].attributes, "NOT NULL DEFAULT 1");
  const NarrowColumn narrow[] = {
      {.name = "a", .has = "char(64)", .needs = "CHAR(255)", .attributes = present[1].attributes, .counts = false},
      {.name = "id", .has = "int(10)", .needs = "BIGINT", .attributes = "NOT NULL AUTO_INCREMENT", .counts = true}};
  EXPECT_THAT(
      widen(mariadb_dialect(), "t", narrow),
      ElementsAre("ALTER TABLE `t` MODIFY COLUMN `a` CHAR(255) CHARACTER SET latin1 COLLATE latin1_swedish_ci "
                  "NOT NULL DEFAULT 'x, y' COMMENT 'a (b)', MODIFY COLUMN `id` BIGINT NOT NULL AUTO_INCREMENT"));
  EXPECT_THAT(widen(postgres_dialect(), "t", narrow), ::testing::SizeIs(3));
  EXPECT_THAT(widen(postgres_dialect(), "t", {}), IsEmpty());
}

}  // namespace
}  // namespace carillon::storage::sql
