// SPDX-License-Identifier: Apache-2.0
// What SqlConnection makes of a Session that fails at the worst moment.
#include "storage/sql_connection.h"

#include <gmock/gmock.h>

#include "storage/database.h"
#include "storage/sql_dialects.h"

namespace carillon::storage {
namespace {

using ::testing::ElementsAre;

// What happens to the statements, in the order in which they come; what isn't told succeeds.
struct Script {
  std::vector<std::string> ran;
  std::string fail_at;  // the statement that begins so
  Fault fault = Fault::Unavailable;
  bool unanswered = false;
  int conflicts = 0;  // so many statements meet a deadlock
  bool alive = true;
};

class FakeSession final : public Session {
 public:
  explicit FakeSession(Script& script) : script_(script) {}

  [[nodiscard]] const sql::Dialect& dialect() const override { return sql::postgres_dialect(); }
  [[nodiscard]] std::size_t most_parameters() const override { return 1000; }
  base::Result<std::uint64_t> run(const Request& request, const RowFunction&) override {
    if (auto done = note(std::string(request.text.substr(0, request.text.find(' ')))); !done) {
      return std::unexpected(done.error());
    }
    return 1;
  }
  base::Result<> begin() override { return note("BEGIN"); }
  base::Result<> begin_snapshot() override { return note("SNAPSHOT"); }
  base::Result<> commit() override { return note("COMMIT"); }
  base::Result<> rollback() override { return note("ROLLBACK"); }
  bool in_transaction() override { return false; }
  base::Result<bool> has_table(std::string_view) override { return false; }
  bool alive() override { return script_.alive; }
  [[nodiscard]] bool unanswered() const override { return script_.unanswered; }
  [[nodiscard]] bool conflicted() const override { return conflicted_; }

 private:
  base::Result<> note(const std::string& what) {
    script_.ran.push_back(what);
    conflicted_ = what != "BEGIN" && what != "ROLLBACK" && script_.conflicts > 0;
    if (conflicted_) {
      --script_.conflicts;
      return base::fail("deadlock", static_cast<int>(Fault::Busy));
    }
    if (what != script_.fail_at) return {};
    script_.alive = script_.fault != Fault::Unavailable;
    return base::fail("it failed", static_cast<int>(script_.fault));
  }

  Script& script_;
  bool conflicted_ = false;
};

class SqlConnectionTest : public ::testing::Test {
 protected:
  Fault write(std::vector<Write> writes) {
    const auto written = connection.write(writes);
    return written ? Fault::Other : Database::fault_of(written.error());
  }

  static Write insert(std::size_t rows) {
    Insert result{.table = "t", .rows = {.columns = {"a"}, .values = {}}};
    for (std::size_t i = 0; i < rows; ++i) result.rows.values.emplace_back(static_cast<std::int64_t>(i));
    return result;
  }

  Script script;
  SqlConnection connection{std::make_unique<FakeSession>(script), "fake", {}};
};

TEST_F(SqlConnectionTest, ASingleStatementNeedsNoTransaction) {
  EXPECT_TRUE(connection.write(std::vector<Write>{insert(8)}));
  EXPECT_THAT(script.ran, ElementsAre("INSERT"));
}

TEST_F(SqlConnectionTest, SeveralStatementsAreOneTransaction) {
  EXPECT_TRUE(connection.write(std::vector<Write>{insert(9)}));
  EXPECT_TRUE(connection.write(std::vector<Write>{insert(1), Delete{.table = "t"}}));
  EXPECT_THAT(script.ran, ElementsAre("BEGIN", "INSERT", "INSERT", "COMMIT", "BEGIN", "INSERT", "DELETE", "COMMIT"));
}

TEST_F(SqlConnectionTest, ALostCommitIsUnknown) {
  script.fail_at = "COMMIT";
  script.unanswered = true;
  EXPECT_EQ(write({insert(1), insert(1)}), Fault::OutcomeUnknown);
}

TEST_F(SqlConnectionTest, ACommitThatWasNeverSentDidNothing) {
  script.fail_at = "COMMIT";
  EXPECT_EQ(write({insert(1), insert(1)}), Fault::Unavailable);
}

TEST_F(SqlConnectionTest, WhatIsLostBeforeTheCommitDidNothing) {
  script.fail_at = "INSERT";
  script.unanswered = true;
  EXPECT_EQ(write({insert(1), insert(1)}), Fault::Unavailable);
  EXPECT_THAT(script.ran, ElementsAre("BEGIN", "INSERT"));
}

TEST_F(SqlConnectionTest, ALostSingleStatementIsUnknown) {
  script.fail_at = "INSERT";
  script.unanswered = true;
  EXPECT_EQ(write({insert(1)}), Fault::OutcomeUnknown);
}

TEST_F(SqlConnectionTest, RawStatementsAreUnknownUnlessTheyOnlyRead) {
  script.unanswered = true;
  script.fail_at = "UPDATE";
  EXPECT_EQ(connection.raw({.text = "UPDATE t SET a = 1"}, {}).error().code, static_cast<int>(Fault::OutcomeUnknown));
  script.fail_at = "SELECT";
  EXPECT_EQ(connection.raw({.text = "SELECT 1"}, {}).error().code, static_cast<int>(Fault::Unavailable));
}

TEST_F(SqlConnectionTest, AFailedStatementIsRolledBack) {
  script.fail_at = "INSERT";
  script.fault = Fault::Duplicate;
  EXPECT_EQ(write({insert(1), insert(1)}), Fault::Duplicate);
  EXPECT_THAT(script.ran, ElementsAre("BEGIN", "INSERT", "ROLLBACK"));
}

TEST_F(SqlConnectionTest, DeadlocksAreTriedAgainButNotForEver) {
  script.conflicts = 2;
  EXPECT_TRUE(connection.write(std::vector<Write>{insert(1), insert(1)}));
  script.conflicts = 100;
  EXPECT_EQ(write({insert(1)}), Fault::Busy);
  EXPECT_EQ(script.conflicts, 95);
}

TEST_F(SqlConnectionTest, AStepThatFailsIsUndoneAloneAndADeadlockEndsAll) {
  const auto transact = [&] {
    return connection.transact([&](Transaction& transaction) -> base::Result<> {
      static_cast<void>(transaction.write(insert(1)));
      static_cast<void>(transaction.write(Delete{.table = "t"}));
      return {};
    });
  };
  EXPECT_TRUE(transact());
  EXPECT_THAT(script.ran,
              ElementsAre("BEGIN", "SAVEPOINT", "INSERT", "RELEASE", "SAVEPOINT", "DELETE", "RELEASE", "COMMIT"));
  script.ran.clear();
  script.fail_at = "INSERT";
  script.fault = Fault::Duplicate;
  EXPECT_TRUE(transact());
  EXPECT_THAT(script.ran,
              ElementsAre("BEGIN", "SAVEPOINT", "INSERT", "ROLLBACK", "SAVEPOINT", "DELETE", "RELEASE", "COMMIT"));
  script.ran.clear();
  script.fail_at.clear();
  script.conflicts = 1;
  const auto deadlock = transact();
  ASSERT_FALSE(deadlock);
  EXPECT_EQ(Database::fault_of(deadlock.error()), Fault::Busy);
  EXPECT_THAT(script.ran, ElementsAre("BEGIN", "SAVEPOINT", "ROLLBACK")) << "nothing is written outside of it";
}

TEST_F(SqlConnectionTest, ASnapshotIsAlwaysEnded) {
  EXPECT_TRUE(connection.read_snapshot([](Connection&) { return base::Result<>(); }));
  EXPECT_FALSE(connection.read_snapshot([](Connection&) { return base::Result<>(base::fail("no")); }));
  EXPECT_THAT(script.ran, ElementsAre("SNAPSHOT", "ROLLBACK", "SNAPSHOT", "ROLLBACK"));
}

TEST(SqlText, NumbersParametersOutsideOfQuotes) {
  const NumberedText numbered = number_parameters("SELECT '?', \"a?\" -- ?\n, ? /* ? */ + ?");
  EXPECT_EQ(numbered.text, "SELECT '?', \"a?\" -- ?\n, $1 /* ? */ + $2");
  EXPECT_EQ(numbered.parameters, 2U);
  EXPECT_TRUE(has_several_statements("SELECT 1; DROP TABLE t"));
  EXPECT_FALSE(has_several_statements("SELECT ';' -- ; x\n;  "));
  EXPECT_FALSE(has_several_statements("DO $body$ BEGIN ; x; $$ END $body$ ; "));
  EXPECT_TRUE(has_several_statements("SELECT a$$; DROP TABLE t; $$"));
  EXPECT_EQ(number_parameters("SELECT $$?$$, ?, $x").text, "SELECT $$?$$, $1, $x");
}

}  // namespace
}  // namespace carillon::storage
