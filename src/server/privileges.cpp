// SPDX-License-Identifier: Apache-2.0
// See privileges.h.
#include "server/privileges.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/strings.h"

namespace carillon::server {
namespace {

std::unexpected<base::Error> system_error(std::string_view what) {
  return base::fail(fmt::format("{}: {}", what, std::strerror(errno)), errno);
}

base::Result<gid_t> find_group(const std::string& name) {
  if (const auto number = base::parse_number<gid_t>(name)) return *number;
  const group* found = getgrnam(name.c_str());
  if (found == nullptr) return base::fail(fmt::format("no group '{}'", name));
  return found->gr_gid;
}

}  // namespace

base::Result<> enter_directories(const std::string& change_root, const std::string& working_directory) {
  if (!change_root.empty() && (::chroot(change_root.c_str()) != 0 || ::chdir("/") != 0)) {
    return system_error(change_root);
  }
  if (!working_directory.empty() && ::chdir(working_directory.c_str()) != 0) return system_error(working_directory);
  return {};
}

base::Result<> drop_privileges(const std::string& user, const std::string& group) {
  const passwd* entry = nullptr;
  uid_t uid = ::geteuid();
  if (!user.empty()) {
    const auto number = base::parse_number<uid_t>(user);
    entry = number ? getpwuid(*number) : getpwnam(user.c_str());
    if (entry == nullptr && !number) return base::fail(fmt::format("no user '{}'", user));
    uid = entry != nullptr ? entry->pw_uid : *number;
  }
  if (!group.empty() || entry != nullptr) {
    base::Result<gid_t> gid = group.empty() ? base::Result<gid_t>(entry->pw_gid) : find_group(group);
    if (!gid) return std::unexpected(gid.error());
    if (::setgid(*gid) != 0) return system_error("setgid");
    if (entry != nullptr && ::initgroups(entry->pw_name, *gid) != 0) return system_error("initgroups");
  }
  if (!user.empty() && ::setuid(uid) != 0) return system_error("setuid");
  return {};
}

base::Result<> write_pid_file(const std::string& path) {
  std::ofstream file(path);
  file << ::getpid() << '\n';
  file.flush();
  if (!file) return system_error(path);
  return {};
}

}  // namespace carillon::server
