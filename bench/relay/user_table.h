// SPDX-License-Identifier: Apache-2.0
// One question to MariaDB by the shortest way there is: a prepared statement and a thread that waits for the answer.
#pragma once

#include <mysql.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace carillon::bench {

// The table subscriber: HA1s by user name. One thread; it blocks in every call.
class UserTable {
 public:
  // `url`: mysql://user:password@host:port/database, nothing in it escaped.
  [[nodiscard]] static base::Result<std::unique_ptr<UserTable>> open(const std::string& url);

  // False when there is no such user, or the database fails.
  [[nodiscard]] bool has(std::string_view username, std::string_view domain);

 private:
  struct Close {
    void operator()(MYSQL* connection) const { mysql_close(connection); }
    void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
  };

  base::Result<> prepare();

  std::unique_ptr<MYSQL, Close> connection_;
  std::unique_ptr<MYSQL_STMT, Close> statement_;
  std::array<char, 100> ha1_{};
};

}  // namespace carillon::bench
