// SPDX-License-Identifier: Apache-2.0
// httpd: the HTTP server that other modules put their pages on.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "module/module.h"
#include "modules/httpd/api.h"

namespace carillon::httpd {

class Httpd final : public module::Module, public HttpService {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;
  [[nodiscard]] base::Result<> open() override;
  void stop() override;

  [[nodiscard]] base::Result<> serve(std::string_view root, std::string_view owner,
                                     management::HttpServer::Handler handler) override;
  // The port that is served once it is open; `port` may have been 0.
  [[nodiscard]] std::uint16_t bound_port() const { return server_->port(); }

  // --- commands
  base::Task<base::Result<management::Json>> list_root_path(management::Parameters parameters);

  // --- parameters
  std::string ip = "127.0.0.1";
  std::uint16_t port = 8888;
  std::chrono::seconds conn_timeout{30};
  std::size_t max_connections = 256;
  std::size_t max_body_size = 1024 * 1024;
  std::string auth_realm = "OpenSIPS MI";
  std::string auth_username;
  std::string auth_password;
  std::size_t buf_size = 0;
  std::size_t post_buf_size = 1024;
  std::size_t receive_buf_size = 1024;
  base::Result<> refuse_tls(const script::Value& value);

 private:
  struct Root {
    std::string path;  // "/mi"
    std::string owner;
  };

  std::unique_ptr<management::HttpServer> server_;
  std::vector<Root> roots_;
};

}  // namespace carillon::httpd
