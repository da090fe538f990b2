// SPDX-License-Identifier: Apache-2.0
// `carillon init`.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "server/tools/script_template.h"

namespace carillon::server {

struct InitOptions {
  std::string name = {};  // of the template
  Switches switches = {};
  std::string output = {};  // a file that isn't there yet; empty or "-": standard output
  bool force = false;       // it may be there
  std::string listen_ip = "127.0.0.1";
  std::vector<std::string> domains = {};
  std::string db_url = {};  // empty: that of `carillon db` and `carillon user`
  std::string voicemail_uri = "sip:127.0.0.1:5070";
  std::string pstn = "11.22.33.44:5060";
  std::string rtpproxy_socket = "udp:127.0.0.1:12221";
  std::string natping_from = "sip:pinger@127.0.0.1";
};

struct InitScript {
  std::string text = {};                  // formatted
  std::vector<std::string> missing = {};  // modules that it loads and that this program doesn't have
};

// An error names the option that has no fitting value.
[[nodiscard]] base::Result<InitScript> make_script(const InitOptions& options);

// Writes the script, and says on standard error which of its modules are missing here. kBadStart: an option doesn't
// fit, or the file can't be written or is there already.
[[nodiscard]] int init_script(const InitOptions& options);
// All templates with their options.
[[nodiscard]] int list_templates();

}  // namespace carillon::server
