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

// The groups that the system's files give a user, and `first`.
std::vector<gid_t> groups_of(const char* user, gid_t first) {
  std::vector<gid_t> groups(64);
  auto count = static_cast<int>(groups.size());
  while (::getgrouplist(user, first, groups.data(), &count) < 0) groups.resize(static_cast<std::size_t>(count));
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

}  // namespace

base::Result<> enter_directories(const std::string& change_root, const std::string& working_directory) {
  if (!change_root.empty() && (::chroot(change_root.c_str()) != 0 || ::chdir("/") != 0)) {
    return system_error(change_root);
  }
  if (!working_directory.empty() && ::chdir(working_directory.c_str()) != 0) return system_error(working_directory);
  return {};
}

base::Result<Identity> find_identity(const std::string& user, const std::string& group) {
  Identity identity;
  if (!group.empty()) {
    const auto found = find_group(group);
    if (!found) return std::unexpected(found.error());
    identity.group = *found;
    identity.groups = {*found};
  }
  if (user.empty()) return identity;
  const auto number = base::parse_number<uid_t>(user);
  const passwd* entry = number ? getpwuid(*number) : getpwnam(user.c_str());
  if (entry == nullptr && !number) return base::fail(fmt::format("no user '{}'", user));
  identity.user = entry != nullptr ? entry->pw_uid : *number;
  if (entry != nullptr) {
    if (!identity.group) identity.group = entry->pw_gid;
    identity.groups = groups_of(entry->pw_name, *identity.group);
  }
  return identity;
}

base::Result<> assume(const Identity& identity) {
  if (identity.group) {
    const bool privileged = ::geteuid() == 0;
    if (privileged && ::setgroups(identity.groups.size(), identity.groups.data()) != 0)
      return system_error("setgroups");
    if (::setgid(*identity.group) != 0) return system_error("setgid");
  }
  if (identity.user && ::setuid(*identity.user) != 0) return system_error("setuid");
  return {};
}

base::Result<> write_pid_file(const std::string& path, const Identity& owner) {
  std::ofstream file(path);
  file << ::getpid() << '\n';
  file.flush();
  if (!file) return system_error(path);
  constexpr auto kUnchanged = static_cast<uid_t>(-1);
  if (owner.user && ::chown(path.c_str(), *owner.user, owner.group.value_or(kUnchanged)) != 0) {
    return system_error(path);
  }
  return {};
}

}  // namespace carillon::server
