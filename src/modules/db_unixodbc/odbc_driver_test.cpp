// SPDX-License-Identifier: Apache-2.0
// The driver contract through the ODBC drivers of SQLite, MariaDB and PostgreSQL.
#include "modules/db_unixodbc/odbc_driver.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "storage/driver_test_suite.h"
#include "storage/server_test_suite.h"

namespace carillon::storage {

namespace {

// Asks before each call whether the connection still stands, unless there is hardly any time.
std::unique_ptr<Driver> make(int connect_timeout, int query_timeout) {
  return std::make_unique<db_unixodbc::OdbcDriver>(
      db_unixodbc::Settings{.connect_timeout = std::chrono::seconds(connect_timeout),
                            .query_timeout = std::chrono::seconds(query_timeout),
                            .idle = std::chrono::milliseconds(query_timeout > 1 ? 0 : 1000)});
}

std::string fresh_name() {
  static int number = 0;
  return "odbc_" + std::to_string(++number);
}

// A new data source with these lines in odbc.ini, as a URL.
std::string add_source(const std::string& driver, const std::string& settings) {
  const std::string name = driver + "_" + fresh_name();
  std::ofstream(from_environment("ODBCINI"), std::ios::app) << "[" << name << "]\nDriver=" << driver << "\n"
                                                            << settings << "\n\n";
  return from_environment("CARILLON_TEST_URL") + name;
}

// OPTION=2: rows that match are counted, also those that have the new values already.
std::string mariadb(const std::string& database) {
  return add_source("mariadb", "SERVER=127.0.0.1\nPORT=" + from_environment("CARILLON_TEST_MARIADB_PORT") +
                                   "\nDATABASE=" + database + "\nOPTION=2\nREAD_TIMEOUT=11\nWRITE_TIMEOUT=11");
}

std::string postgres(const std::string& database) {
  return add_source("postgres", "Servername=127.0.0.1\nPort=" + from_environment("CARILLON_TEST_POSTGRES_PORT") +
                                    "\nDatabase=" + database);
}

// ODBC makes no databases: the server is asked in its own language, through a source of its own.
void create_beside(const std::string& admin_url, const std::string& statement) {
  Databases databases;
  databases.add_driver(make(5, 20));
  auto opened = databases.open(admin_url);
  ASSERT_TRUE(opened) << opened.error().message;
  auto done = (*opened)->raw({.text = statement});
  ASSERT_TRUE(done) << done.error().message;
}

std::string fresh_mariadb() {
  static int number = 0;
  return mariadb("odbc_m" + std::to_string(++number));
}

std::string setting_of(const std::string& url, const std::string& name) {
  std::ifstream ini(from_environment("ODBCINI"));
  const std::string section = "[" + url.substr(url.rfind('/') + 1) + "]";
  std::string line;
  bool inside = false;
  while (std::getline(ini, line)) {
    if (line.starts_with('[')) inside = line == section;
    if (inside && line.starts_with(name + "=")) return line.substr(name.size() + 1);
  }
  return {};
}

void provide_mariadb(const std::string& url) {
  create_beside(mariadb("mysql"), "CREATE DATABASE " + setting_of(url, "DATABASE") + " COLLATE utf8mb4_bin");
}

std::string fresh_postgres() {
  static int number = 0;
  return postgres("odbc_p" + std::to_string(++number));
}

void provide_postgres(const std::string& url) {
  create_beside(postgres("postgres"), "CREATE DATABASE " + setting_of(url, "Database"));
}

std::string folder() { return std::filesystem::path(from_environment("ODBCINI")).parent_path(); }

std::string fresh_sqlite() { return add_source("sqlite", "Database=" + folder() + "/" + fresh_name() + "\nNoCreat=1"); }

// As our own driver makes it: a reader and a writer don't keep each other out.
void provide_sqlite(const std::string& url) {
  std::ofstream(setting_of(url, "Database")).flush();
  create_beside(url, "PRAGMA journal_mode=WAL");
}

DriverUnderTest under_test(const char* name, std::string (*fresh)(), void (*provide)(const std::string&)) {
  return {.name = name, .make = [] { return make(5, 10); }, .fresh_url = fresh, .provide = provide};
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Odbc, DriverTest,
                         ::testing::Values(under_test("sqlite", fresh_sqlite, provide_sqlite),
                                           under_test("mariadb", fresh_mariadb, provide_mariadb),
                                           under_test("postgres", fresh_postgres, provide_postgres)),
                         driver_name);

INSTANTIATE_TEST_SUITE_P(
    OdbcMariadb, ServerTest,
    ::testing::Values(ServerUnderTest{
        .name = "mariadb",
        .make = make,
        .fresh_url = fresh_mariadb,
        .provide = provide_mariadb,

        .sleep = {"SELECT SLEEP(", ")"},
        .hold_lock = "UPDATE numbers SET n = (SELECT SLEEP(3)) + n",
        .processes = [] { return std::vector<int>{pid_of_server()}; },
        .disconnect_others = "BEGIN NOT ATOMIC FOR c IN (SELECT id FROM information_schema.processlist WHERE db = "
                             "DATABASE() AND id <> CONNECTION_ID()) DO KILL c.id; END FOR; "
                             "WHILE EXISTS (SELECT 1 FROM information_schema.processlist WHERE db = DATABASE() AND id "
                             "<> CONNECTION_ID()) DO DO SLEEP(0.01); END WHILE; END"}),
    server_name);

namespace {

TEST(OdbcTest, TakesConnectionStrings) {
  Databases databases;
  databases.add_driver(make(2, 10));
  const std::string file = folder() + "/" + fresh_name();
  for (const std::string& url : {"odbc:Driver=sqlite;Database=" + file, "unixodbc:Driver=sqlite;Database=" + file}) {
    auto opened = databases.open(url);
    ASSERT_TRUE(opened) << opened.error().message;
  }
}

TEST(OdbcTest, SaysWhyItDoesNotConnect) {
  Databases databases;
  databases.add_driver(make(2, 10));
  const auto message = [&](const std::string& url) { return databases.open(url).error().message; };
  using ::testing::HasSubstr;
  EXPECT_THAT(message("unixodbc://u:p@localhost/nowhere"), HasSubstr("can't connect"));
  EXPECT_THAT(message("unixodbc://u:p@localhost"), HasSubstr("names no data source"));
  EXPECT_THAT(message("odbc:DSN=nowhere;PWD=very-secret"), ::testing::Not(HasSubstr("very-secret")));
}

}  // namespace
}  // namespace carillon::storage
