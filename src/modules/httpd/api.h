// SPDX-License-Identifier: Apache-2.0
// What httpd offers to other modules: paths on its HTTP server (mi_http, prometheus).
#pragma once

#include <string>
#include <string_view>

#include "management/http_server.h"

namespace carillon::httpd {

class HttpService {
 public:
  static constexpr std::string_view kModule = "httpd";

  // Serves `root` and what is below it ("mi"; empty: all that nobody else serves). Called from the owner's start(), as
  // the server opens when all modules have started. An error when another module has it.
  [[nodiscard]] virtual base::Result<> serve(std::string_view root, std::string_view owner,
                                             management::HttpServer::Handler handler) = 0;

 protected:
  ~HttpService() = default;
};

}  // namespace carillon::httpd
