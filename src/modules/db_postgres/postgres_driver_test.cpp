// SPDX-License-Identifier: Apache-2.0
// The driver contract on a real PostgreSQL server, and what is PostgreSQL's own.
#include "modules/db_postgres/postgres_driver.h"

#include "storage/driver_test_suite.h"
#include "storage/event_driver_fixture.h"
#include "storage/server_test_suite.h"
#include "storage/worker_reads_test_suite.h"

namespace carillon::storage {

namespace {

std::string fresh_url() {
  static int number = 0;
  return from_environment("CARILLON_TEST_URL") + "test_" + std::to_string(++number);
}

std::unique_ptr<Driver> make(int connect_timeout, int query_timeout) {
  return std::make_unique<db_postgres::PostgresDriver>(db_postgres::Settings{
      .connect_timeout = std::chrono::seconds(connect_timeout), .query_timeout = std::chrono::seconds(query_timeout)});
}

constexpr const char* kSleep = "SELECT CASE WHEN pg_sleep(";

std::unique_ptr<Driver> make_by_events(int connect_timeout, int query_timeout) {
  return std::make_unique<ByEvents>(make(connect_timeout, query_timeout));
}

ServerUnderTest server(std::string name, decltype(ServerUnderTest::make) maker) {
  return {.name = std::move(name),
          .make = std::move(maker),
          .fresh_url = fresh_url,
          .sleep = {kSleep, ") IS NULL THEN 1 ELSE 0 END"},
          .hold_lock = "SELECT pg_sleep(3) FROM (SELECT id FROM numbers WHERE id = 1 FOR UPDATE) AS locked",
          .processes = [] { return with_children(pid_of_server()); },
          .disconnect_others =
              "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = "
              "current_database() AND pid <> pg_backend_pid()"};
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(
    Postgres, DriverTest,
    ::testing::Values(DriverUnderTest{.name = "postgres", .make = [] { return make(2, 10); }, .fresh_url = fresh_url},
                      DriverUnderTest{
                          .name = "by_events", .make = [] { return make_by_events(2, 10); }, .fresh_url = fresh_url}),
    driver_name);

INSTANTIATE_TEST_SUITE_P(Postgres, ServerTest,
                         ::testing::Values(server("postgres", make), server("by_events", make_by_events)), server_name);

INSTANTIATE_TEST_SUITE_P(Postgres, WorkerReadsTest, ::testing::Values(server("postgres", make)), server_name);

namespace {

class PostgresTest : public ::testing::Test {
 protected:
  PostgresTest() { databases.add_driver(make(1, 5)); }

  std::shared_ptr<Database> create(const std::string& url) {
    auto created = databases.create(url);
    EXPECT_TRUE(created) << created.error().message;
    return *created;
  }

  Databases databases;
};

TEST_F(PostgresTest, ConnectsByUnixSocketAndIpv6) {
  const std::string url = fresh_url();
  ASSERT_TRUE(create(url));
  const Url parsed = Url::parse(url).value();
  const std::string port = std::to_string(parsed.port);
  std::string folder = from_environment("CARILLON_TEST_SOCKET");
  std::string escaped;
  for (const char c : folder) escaped += c == '/' ? std::string("%2F") : std::string(1, c);
  for (const std::string& place :
       {escaped + ":" + port + "/" + parsed.path, ":" + port + "/" + parsed.path + "?socket=" + folder,
        "[::1]:" + port + "/" + parsed.path}) {
    auto opened = databases.open("postgres://carillon:s3cr:et%40%25@" + place);
    ASSERT_TRUE(opened) << place << ": " << opened.error().message;
  }
}

TEST_F(PostgresTest, SaysWhyItDoesNotConnect) {
  const auto message = [&](const std::string& url) { return databases.open(url).error().message; };
  using ::testing::HasSubstr;
  EXPECT_THAT(message(from_environment("CARILLON_TEST_URL") + "nowhere"), HasSubstr("nowhere"));
  EXPECT_THAT(message("postgres://u:p@127.0.0.1:1/db"), HasSubstr("can't connect"));
  EXPECT_THAT(message("postgres://u:p@127.0.0.1"), HasSubstr("names no database"));
  EXPECT_THAT(message(fresh_url() + "?colour=blue"), HasSubstr("unknown option 'colour'"));
  EXPECT_THAT(message(fresh_url() + "?sslmode=require"), HasSubstr("SSL")) << "the server has none";
}

TEST_F(PostgresTest, ReadsTypesOfExistingTables) {
  auto database = create(fresh_url());
  ASSERT_TRUE(database->raw({.text = "CREATE TABLE t (id SERIAL PRIMARY KEY NOT NULL, q REAL, small SMALLINT, "
                                     "big BIGINT, yes BOOLEAN, money NUMERIC(10,2), whole NUMERIC, "
                                     "at TIMESTAMP WITHOUT TIME ZONE, body BYTEA, note VARCHAR(10))"}));
  ASSERT_TRUE(database->raw({.text = "INSERT INTO t VALUES (DEFAULT, 0.7, -3, 9223372036854775807, true, 12.50, 12, "
                                     "'2026-01-31 23:59:59.25', '\\x00ff', 'n')"}));
  const auto read = database->select(Select{.table = "t"});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->rows.at(0),
            (std::vector<Value>{std::int64_t{1}, 0.7, std::int64_t{-3}, std::int64_t{0x7fffffffffffffff},
                                std::int64_t{1}, std::string("12.50"), std::int64_t{12}, DateTime{1'769'903'999},
                                Blob{std::string("\0\xff", 2)}, std::string("n")}));
}

TEST_F(PostgresTest, TakesTextsForTheBytesOfABytea) {
  auto database = create(fresh_url());
  ASSERT_TRUE(database->raw({.text = "CREATE TABLE t (body BYTEA, note TEXT, n INTEGER)"}));
  const std::string odd("back\\slash \\x41 \0 \xff", 19);
  ASSERT_TRUE(database->write(
      Insert{.table = "t", .rows = {.columns = {"body", "note", "n"}, .values = {odd, Blob{"bytes"}, 2.0}}}));
  EXPECT_EQ(database->select(Select{.table = "t"})->rows.at(0),
            (std::vector<Value>{Blob{odd}, std::string("bytes"), std::int64_t{2}}));
}

TEST_F(PostgresTest, RefusesCopyAndGoesOn) {
  auto database = create(fresh_url());
  ASSERT_TRUE(database->raw({.text = "CREATE TABLE t (n INTEGER)"}));
  EXPECT_FALSE(database->raw({.text = "COPY t FROM STDIN"}));
  EXPECT_TRUE(database->select(Select{.table = "t"}));
}

}  // namespace
}  // namespace carillon::storage
