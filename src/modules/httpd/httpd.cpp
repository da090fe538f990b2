// SPDX-License-Identifier: Apache-2.0
// See httpd.h.
#include "modules/httpd/httpd.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ip.h"
#include "base/log.h"

namespace carillon::httpd {

using management::HttpServer;
using management::Json;

base::Result<> Httpd::refuse_tls(const script::Value& /*value*/) {
  return base::fail("HTTPS is not there yet; put a TLS proxy in front, or leave the server on loopback");
}

base::Result<> Httpd::start(module::Services& /*services*/) {
  if (conn_timeout.count() == 0) return base::fail("conn_timeout must be above 0");
  if (auth_username.empty() != auth_password.empty()) {
    return base::fail("auth_username and auth_password go together");
  }
  server_ = std::make_unique<HttpServer>(HttpServer::Settings{.ip = ip,
                                                              .port = port,
                                                              .max_connections = max_connections,
                                                              .max_body_bytes = max_body_size,
                                                              .connection_timeout = conn_timeout,
                                                              .realm = auth_realm,
                                                              .user = auth_username,
                                                              .password = auth_password});
  return {};
}

base::Result<> Httpd::serve(std::string_view root, std::string_view owner, HttpServer::Handler handler) {
  while (root.starts_with('/')) root.remove_prefix(1);
  while (root.ends_with('/')) root.remove_suffix(1);
  std::string path = fmt::format("/{}", root);
  const auto taken = std::ranges::find(roots_, path, &Root::path);
  if (taken != roots_.end()) return base::fail(fmt::format("{} is served by {} already", path, taken->owner));
  server_->route(path, std::move(handler));
  roots_.push_back({std::move(path), std::string(owner)});
  return {};
}

base::Result<> Httpd::open() {
  if (auto started = server_->start(); !started) return started;
  log::notice("HTTP server: listening on {} port {}", ip, server_->port());
  const auto address = base::IpAddress::parse(ip);
  if (auth_username.empty() && address && !address->is_loopback()) {
    log::warning("httpd: whoever reaches {} commands this server; set auth_username and auth_password", ip);
  }
  return {};
}

void Httpd::stop() { server_->stop(); }

base::Task<base::Result<Json>> Httpd::list_root_path(management::Parameters /*parameters*/) {
  Json list = Json::array();
  for (const Root& root : roots_) {
    Json& row = list.push_back(Json::object());
    row.add("http_root", root.path);
    row.add("module", root.owner);
  }
  co_return list;
}

}  // namespace carillon::httpd
