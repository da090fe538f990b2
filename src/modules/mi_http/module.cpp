// SPDX-License-Identifier: Apache-2.0
// mi_http: management commands as JSON-RPC over HTTP, on the server of httpd.
#include "module/module.h"
#include "management/mi_over_http.h"
#include "module/registry.h"
#include "modules/httpd/api.h"

namespace carillon::mi_http {
namespace {

using namespace module;
using management::HttpRequest;
using management::HttpResponse;
using management::HttpServer;

constexpr int kIndent = 4;

// The same answers for people to read.
HttpServer::Handler pretty(HttpServer::Handler handler) {
  return [handler = std::move(handler)](HttpRequest request, HttpServer::Respond respond) {
    handler(std::move(request), [respond = std::move(respond)](HttpResponse response) mutable {
      if (response.content_type == "application/json") {
        response.body = management::indented(std::move(response.body), kIndent);
      }
      respond(std::move(response));
    });
  };
}

class MiHttp final : public Module {
 public:
  using Needs = Requires<httpd::HttpService>;

  base::Result<> start(Services& services) override {
    HttpServer::Handler handler = management::mi_over_http(services.dispatcher);
    if (pretty_printing) handler = pretty(std::move(handler));
    return services.find<httpd::HttpService>()->serve(root, "mi_http", std::move(handler));
  }

  std::string root = "mi";
  bool pretty_printing = false;
};

constexpr auto kParameters = std::to_array({
    parameter<&MiHttp::root>("root", "The path that is served; empty: all that no other module serves."),
    parameter<&MiHttp::pretty_printing>("pretty_printing", "Answers with line breaks and indents."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "mi_http",
    .documentation = "Management commands as JSON-RPC over HTTP.",
    .needs = MiHttp::Needs::kModules,
    .parameters = kParameters,
    .create = &create<MiHttp>,
};

}  // namespace carillon::mi_http
