// SPDX-License-Identifier: Apache-2.0
// Management commands over a named pipe: one thread that reads requests, has them run and writes the answers.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "management/json_rpc.h"

namespace carillon::mi_fifo {

class FifoServer {
 public:
  static constexpr uid_t kInheritedUser = static_cast<uid_t>(-1);
  static constexpr gid_t kInheritedGroup = static_cast<gid_t>(-1);

  struct Settings {
    std::string path;
    mode_t mode = 0660;
    uid_t user = kInheritedUser;
    gid_t group = kInheritedGroup;
    std::string reply_folder = "/tmp/";
    bool pretty_printing = false;
    std::size_t max_request_bytes = 64 * 1024;
    std::chrono::milliseconds request_timeout{2000};   // for a request to come whole
    std::chrono::milliseconds check_interval{30'000};  // whether the FIFO is still there; made again when not
  };

  // `dispatcher` outlives the server.
  FifoServer(Settings settings, management::Dispatcher& dispatcher);
  // Ends as stop() does.
  ~FifoServer();
  FifoServer(const FifoServer&) = delete;
  FifoServer& operator=(const FifoServer&) = delete;

  // Makes the FIFO, in place of one that nobody reads, and serves it. The error names the path.
  [[nodiscard]] base::Result<> start();
  // Joins the thread and removes the FIFO. Answers that are still out go nowhere.
  void stop();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace carillon::mi_fifo
