// SPDX-License-Identifier: Apache-2.0
// mi_fifo: management commands as JSON-RPC over a named pipe.
#include <grp.h>
#include <pwd.h>

#include <fmt/format.h>

#include <array>
#include <limits>
#include <memory>
#include <vector>

#include "base/log.h"
#include "module/module.h"
#include "module/services.h"
#include "modules/mi_fifo/fifo_server.h"

namespace carillon::mi_fifo {
namespace {

using namespace module;

// The number of a user or group. `find`: getpwnam_r or getgrnam_r.
template <typename Entry, typename Find, typename Id>
base::Result<> set_id(Id& id, const script::Value& value, Find find, Id Entry::* member) {
  if (value.has_integer()) {
    if (!std::in_range<Id>(value.as_integer())) return base::fail("must not be negative");
    id = static_cast<Id>(value.as_integer());
    return {};
  }
  std::vector<char> texts(16 * 1024);
  Entry entry{};
  Entry* found = nullptr;
  find(std::string(value.as_text()).c_str(), &entry, texts.data(), texts.size(), &found);
  if (found == nullptr) return base::fail(fmt::format("'{}' is not known to this system", value.as_text()));
  id = found->*member;
  return {};
}

class MiFifo final : public Module {
 public:
  base::Result<> start(Services& services) override {
    constexpr int kAllPermissions = 0777;
    if (fifo_name.empty()) return base::fail("fifo_name must not be empty");
    if (fifo_mode < 0 || fifo_mode > kAllPermissions) return base::fail("fifo_mode must be between 0 and 0777");
    server_ = std::make_unique<FifoServer>(FifoServer::Settings{.path = fifo_name,
                                                                .mode = static_cast<mode_t>(fifo_mode),
                                                                .user = user_,
                                                                .group = group_,
                                                                .reply_folder = reply_dir,
                                                                .pretty_printing = pretty_printing,
                                                                .max_request_bytes = max_request_size},
                                           services.dispatcher);
    return {};
  }

  base::Result<> open() override {
    if (auto started = server_->start(); !started) return started;
    log::notice("management commands are read from {}", fifo_name);
    return {};
  }

  void stop() override { server_->stop(); }

  base::Result<> set_user(const script::Value& value) {
    return set_id<passwd>(user_, value, ::getpwnam_r, &passwd::pw_uid);
  }
  base::Result<> set_group(const script::Value& value) {
    return set_id<group>(group_, value, ::getgrnam_r, &group::gr_gid);
  }

  std::string fifo_name = "/tmp/opensips_fifo";
  int fifo_mode = 0660;
  std::string reply_dir = "/tmp/";
  bool pretty_printing = false;
  std::size_t max_request_size = 64 * 1024;

 private:
  uid_t user_ = FifoServer::kInheritedUser;
  gid_t group_ = FifoServer::kInheritedGroup;
  std::unique_ptr<FifoServer> server_;
};

constexpr auto kParameters = std::to_array({
    parameter<&MiFifo::fifo_name>("fifo_name", "The path of the FIFO; made at the start."),
    parameter<&MiFifo::fifo_mode>("fifo_mode", "Its permissions."),
    parameter<&MiFifo::set_group>("fifo_group", ParameterType::Either, "Its group, a name or number."),
    parameter<&MiFifo::set_user>("fifo_user", ParameterType::Either, "Its owner, a name or number."),
    parameter<&MiFifo::reply_dir>("reply_dir", "The folder of the FIFOs that clients make for the answers."),
    parameter<&MiFifo::pretty_printing>("pretty_printing", "Answers with line breaks and indents."),
    parameter<&MiFifo::max_request_size>("max_request_size", "Bytes of a request; longer ones are skipped."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "mi_fifo",
    .documentation = "Management commands as JSON-RPC over a named pipe.",
    .parameters = kParameters,
    .create = &create<MiFifo>,
};

}  // namespace carillon::mi_fifo
