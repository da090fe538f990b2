// SPDX-License-Identifier: Apache-2.0
// rest_client: HTTP requests of the script. The run waits for the response, the worker doesn't.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "module/module.h"
#include "modules/rest_client/transfers.h"

namespace carillon::rest_client {

using module::RouteContext;
using module::Verdict;

class RestClient final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;
  void stop() override;

  // --- functions
  using Task = base::Task<Verdict>;
  using Text = std::optional<std::string_view>;
  using Out = std::optional<module::Output>;
  Task rest_get(RouteContext& context, std::string_view url, module::Output body, Out content_type, Out status);
  Task rest_post(RouteContext& context, std::string_view url, std::string_view send_body, Text send_content_type,
                 module::Output body, Out content_type, Out status);
  Task rest_put(RouteContext& context, std::string_view url, std::string_view send_body, Text send_content_type,
                module::Output body, Out content_type, Out status);
  Verdict rest_append_hf(RouteContext& context, std::string_view text);
  Verdict rest_init_client_tls(RouteContext& context, std::string_view domain);

  // --- parameters
  std::chrono::seconds curl_timeout{20};
  std::chrono::seconds connection_timeout{20};
  int connect_poll_interval = 20;
  int max_async_transfers = 100;
  int max_queued_transfers = 10'000;
  int max_transfer_size = 10240;
  bool ssl_verifypeer = true;
  bool ssl_verifyhost = true;
  std::string ssl_capath;
  int curl_http_version = 0;
  bool enable_expect_100 = false;
  bool no_concurrent_connects = false;
  std::chrono::seconds curl_conn_lifetime{0};

  Statistics statistics;

 private:
  struct Outputs {
    module::Output body;
    Out content_type;
    Out status;
  };
  [[nodiscard]] base::Result<> check_parameters();
  // Ends with OpenSIPS's code. `function` for the log.
  [[nodiscard]] Task transfer(RouteContext& context, std::string_view function, Request request, Outputs outputs);
  [[nodiscard]] Task send(RouteContext& context, std::string_view function, Method method, std::string_view url,
                          std::string_view send_body, Text send_content_type, Outputs outputs);

  shard::Shards* shards_ = nullptr;
  std::unique_ptr<Transfers> transfers_;
};

}  // namespace carillon::rest_client
