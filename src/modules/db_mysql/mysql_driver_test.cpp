// SPDX-License-Identifier: Apache-2.0
// The driver contract on a real MariaDB server, and what is MariaDB's own.
#include "modules/db_mysql/mysql_driver.h"

#include <filesystem>

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
  return std::make_unique<db_mysql::MysqlDriver>(db_mysql::Settings{
      .connect_timeout = std::chrono::seconds(connect_timeout), .query_timeout = std::chrono::seconds(query_timeout)});
}

std::unique_ptr<Driver> make_by_events(int connect_timeout, int query_timeout) {
  return std::make_unique<ByEvents>(make(connect_timeout, query_timeout));
}

ServerUnderTest server(std::string name, decltype(ServerUnderTest::make) maker) {
  return {.name = std::move(name),
          .make = std::move(maker),
          .fresh_url = fresh_url,
          .sleep = {"SELECT SLEEP(", ")"},
          .hold_lock = "UPDATE numbers SET n = (SELECT SLEEP(3)) + n",
          .processes = [] { return std::vector<int>{pid_of_server()}; },
          .disconnect_others =
              "BEGIN NOT ATOMIC FOR c IN (SELECT id FROM information_schema.processlist WHERE db = "
              "DATABASE() AND id <> CONNECTION_ID()) DO KILL c.id; END FOR; "
              "WHILE EXISTS (SELECT 1 FROM information_schema.processlist WHERE db = DATABASE() AND "
              "id <> CONNECTION_ID()) DO DO SLEEP(0.01); END WHILE; END"};
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(
    Mysql, DriverTest,
    ::testing::Values(DriverUnderTest{.name = "mysql", .make = [] { return make(2, 10); }, .fresh_url = fresh_url},
                      DriverUnderTest{
                          .name = "by_events", .make = [] { return make_by_events(2, 10); }, .fresh_url = fresh_url}),
    driver_name);

INSTANTIATE_TEST_SUITE_P(Mysql, ServerTest,
                         ::testing::Values(server("mysql", make), server("by_events", make_by_events)), server_name);

INSTANTIATE_TEST_SUITE_P(Mysql, WorkerReadsTest, ::testing::Values(server("mysql", make)), server_name);

namespace {

class MysqlTest : public ::testing::Test {
 protected:
  MysqlTest() { databases.add_driver(make(1, 5)); }

  std::shared_ptr<Database> create(const std::string& url) {
    auto created = databases.create(url);
    EXPECT_TRUE(created) << created.error().message;
    return *created;
  }

  Databases databases;
};

TEST_F(MysqlTest, ConnectsByUnixSocketAndIpv6) {
  const std::string url = fresh_url();
  ASSERT_TRUE(create(url));
  const Url parsed = Url::parse(url).value();
  const std::string socket = from_environment("CARILLON_TEST_SOCKET");
  for (const std::string& place :
       {"localhost/" + parsed.path + "?socket=" + socket, "/" + parsed.path + "?unix_socket=" + socket,
        "[::1]:" + std::to_string(parsed.port) + "/" + parsed.path}) {
    auto opened = databases.open("mysql://carillon:s3cr:et%40%25@" + place);
    ASSERT_TRUE(opened) << place << ": " << opened.error().message;
  }
}

TEST_F(MysqlTest, SaysWhyItDoesNotConnect) {
  const auto message = [&](const std::string& url) { return databases.open(url).error().message; };
  using ::testing::HasSubstr;
  EXPECT_THAT(message(from_environment("CARILLON_TEST_URL") + "nowhere"),
              AllOf(HasSubstr("nowhere"), HasSubstr("carillon db create")));
  EXPECT_THAT(message("mysql://u:p@127.0.0.1:1/db"), HasSubstr("can't connect"));
  EXPECT_THAT(message("mysql://u:p@127.0.0.1"), HasSubstr("names no database"));
  EXPECT_THAT(message(fresh_url() + "?colour=blue"), HasSubstr("unknown option 'colour'"));
  EXPECT_THAT(message(fresh_url() + "?tls_domain=dom"), HasSubstr("tls_ca="));
  EXPECT_THAT(message(fresh_url() + "?tls=yes"), HasSubstr("TLS")) << "the server has none";
}

TEST_F(MysqlTest, ReadsTypesOfExistingTables) {
  auto database = create(fresh_url());
  ASSERT_TRUE(database->raw({.text = "CREATE TABLE t (id INT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL, "
                                     "q FLOAT(10,2) DEFAULT 1.0 NOT NULL, tiny TINYINT(1), small SMALLINT(5) UNSIGNED, "
                                     "big BIGINT UNSIGNED, money DECIMAL(10,2), at TIMESTAMP NULL, dt DATETIME, "
                                     "body LONGBLOB, bits VARBINARY(10), kind ENUM('a','b'), note TINYTEXT)"}));
  ASSERT_TRUE(database->raw({.text = "INSERT INTO t VALUES (NULL, 0.7, 1, 65535, 18446744073709551615, 12.50, NULL, "
                                     "'2026-01-31 23:59:59', x'00ff', 'xy', 'b', 'n')"}));
  const auto read = database->select(Select{.table = "t"});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->rows.at(0), (std::vector<Value>{std::int64_t{1}, 0.7, std::int64_t{1}, std::int64_t{65535},
                                                  std::string("18446744073709551615"), std::string("12.50"), Null{},
                                                  DateTime{1'769'903'999}, Blob{std::string("\0\xff", 2)}, Blob{"xy"},
                                                  std::string("b"), std::string("n")}));
}

TEST_F(MysqlTest, RunsStatementsThatCannotBePrepared) {
  auto database = create(fresh_url());
  auto locked = database->raw({.text = "LOCK TABLES mysql.user READ"});
  const auto shown = database->raw({.text = "SHOW PROCESSLIST"});
  ASSERT_TRUE(shown) << shown.error().message;
  EXPECT_FALSE(shown->rows.empty());
}

TEST_F(MysqlTest, TellsWhoComesAndGoes) {
  std::vector<bool> states;
  Databases watched{{.connections = {.first_pause = std::chrono::milliseconds(1)}}};
  watched.add_driver(std::make_unique<db_mysql::MysqlDriver>(
      db_mysql::Settings{.on_connection = [&](const Url&, bool connected) { states.push_back(connected); }}));
  auto database = watched.create(fresh_url()).value();
  const int pid = pid_of_server();
  ::kill(pid, SIGKILL);
  wait_until([&] {
    static_cast<void>(database->has_table("t"));
    return pid_of_server() != pid;
  });
  wait_until([&] { return database->has_table("t").has_value(); });
  EXPECT_THAT(states, ::testing::ElementsAre(false, true));
}

}  // namespace
}  // namespace carillon::storage
