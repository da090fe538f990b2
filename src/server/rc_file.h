// SPDX-License-Identifier: Apache-2.0
// The settings file of the classic tools (opensipsctlrc): assignments of a shell, read but never executed.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace carillon::server {

// Names and their values: DBENGINE, DBHOST, DBPORT, DBNAME, DBRWUSER, DBRWPW, DBROUSER, DBROPW, DBROOTUSER, DB_PATH,
// SIP_DOMAIN, USERCOL, STORE_PLAINTEXT_PW, ...
class RcFile {
 public:
  // What isn't an assignment is skipped, as a shell would run it and this doesn't; a value that needs a command run is
  // an error with its line. $NAME, ${NAME} and ${NAME:-text} stand for what was assigned above.
  [[nodiscard]] static base::Result<RcFile> parse(std::string_view text, std::string_view name);
  [[nodiscard]] static base::Result<RcFile> load(const std::string& path);

  // Empty when it isn't assigned.
  [[nodiscard]] std::string get(std::string_view name) const;
  // Of the database, with the user who may write. An error without DBENGINE, or with one that isn't known.
  [[nodiscard]] base::Result<std::string> url() const;
  // The same database as its administrator.
  [[nodiscard]] base::Result<std::string> root_url(std::string_view user, std::string_view password) const;

 private:
  [[nodiscard]] base::Result<std::string> url_of(std::string_view user, std::string_view password) const;

  std::string name_;
  std::map<std::string, std::string, std::less<>> values_;
};

// For the parts of a URL: everything but letters, digits and "-._~" as %XX.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace carillon::server
