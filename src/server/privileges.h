// SPDX-License-Identifier: Apache-2.0
// Directory, root, group and user of the process, and its pid file.
#pragma once

#include <string>

#include "base/result.h"

namespace carillon::server {

// Before sockets are opened.
[[nodiscard]] base::Result<> enter_directories(const std::string& change_root, const std::string& working_directory);
// After sockets are opened; names or numbers.
[[nodiscard]] base::Result<> drop_privileges(const std::string& user, const std::string& group);
[[nodiscard]] base::Result<> write_pid_file(const std::string& path);

}  // namespace carillon::server
