// SPDX-License-Identifier: Apache-2.0
// The routing script that `carillon run` uses when it is given none.
#pragma once

#include <string>

namespace carillon::server {

struct DefaultScriptOptions {
  std::string db_url;  // of contacts and users; empty: contacts are kept in memory only, and nobody is asked who he is
};

// A registrar and record-routing proxy: users of our domains register and call each other; in-dialog requests follow
// their routes; nothing is relayed for strangers. Users of the table subscriber authenticate; on loopback anybody may
// be anybody as long as that table is empty.
[[nodiscard]] std::string default_script(const DefaultScriptOptions& options);

// Where the embedded default keeps its file.
[[nodiscard]] std::string default_db_url();

}  // namespace carillon::server
