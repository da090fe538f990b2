// SPDX-License-Identifier: Apache-2.0
// JSON-RPC as the body of a POST.
#include "management/mi_over_http.h"

#include <utility>

namespace carillon::management {
namespace {

HttpResponse refuse(unsigned status, std::string why) { return {.status = status, .body = std::move(why) + "\n"}; }

}  // namespace

HttpServer::Handler mi_over_http(Dispatcher& dispatcher) {
  return [&dispatcher](HttpRequest request, HttpServer::Respond respond) {
    if (request.method != "POST") {
      HttpResponse answer = refuse(405, "only POST is served here");
      answer.headers.emplace_back("Allow", "POST");
      return respond(std::move(answer));
    }
    if (request.content_type != "application/json")
      return respond(refuse(415, "Content-Type must be application/json"));
    if (!request.origin.empty()) return respond(refuse(403, "requests of web pages are not served"));

    // shared_ptr because the refusal below must still be able to respond after the dispatcher dropped its callback.
    auto shared = std::make_shared<HttpServer::Respond>(std::move(respond));
    const auto dispatched = dispatcher.dispatch(std::move(request.body), [shared](std::string answer) {
      const bool empty = answer.empty();  // a notification gets no answer
      (*shared)({.status = empty ? 204U : 200U, .content_type = "application/json", .body = std::move(answer)});
    });
    if (!dispatched) {
      HttpResponse answer = refuse(503, dispatched.error().message);
      answer.headers.emplace_back("Retry-After", "1");
      (*shared)(std::move(answer));
    }
  };
}

}  // namespace carillon::management
