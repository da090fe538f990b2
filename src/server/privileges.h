// SPDX-License-Identifier: Apache-2.0
// Directory, root, group and user of the process, and its pid file.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace carillon::server {

// Whom the process becomes; what is unset stays as it is.
struct Identity {
  std::optional<uid_t> user;
  std::optional<gid_t> group;
  std::vector<gid_t> groups;  // all of them, when `group` is set
};

// Names or numbers, or empty. The group of a user known by name is its own unless another is given.
[[nodiscard]] base::Result<Identity> find_identity(const std::string& user, const std::string& group);

// Before sockets are opened.
[[nodiscard]] base::Result<> enter_directories(const std::string& change_root, const std::string& working_directory);
// After sockets are opened.
[[nodiscard]] base::Result<> assume(const Identity& identity);
// Before assume(): its folder may be root's. It is given to `owner`, who removes it in the end.
[[nodiscard]] base::Result<> write_pid_file(const std::string& path, const Identity& owner);

}  // namespace carillon::server
