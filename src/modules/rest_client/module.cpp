// SPDX-License-Identifier: Apache-2.0
// rest_client: the declaration page.
#include "modules/rest_client/escaping.h"
#include "modules/rest_client/rest_client.h"

namespace carillon::rest_client {
namespace {

using namespace module;

// A counter of the transfers.
template <auto Member>
constexpr StatisticDecl counter(std::string_view name, std::string_view documentation) {
  return {.name = name,
          .documentation = documentation,
          .add = [](Module& module, metrics::Registry& registry, std::string_view group, const StatisticDecl& self) {
            return registry.add(group, self.name, static_cast<RestClient&>(module).statistics.*Member,
                                self.documentation);
          }};
}

constexpr auto kParameters = std::to_array({
    parameter<&RestClient::curl_timeout>("curl_timeout",
                                         "Seconds a request may take, its time in the queue included. 0: an hour."),
    parameter<&RestClient::connection_timeout>("connection_timeout",
                                               "Seconds of these to find and reach the server. 0: an hour."),
    parameter<&RestClient::connect_poll_interval>("connect_poll_interval", "Accepted; nothing is polled."),
    parameter<&RestClient::max_async_transfers>(
        "max_async_transfers", "Requests under way at once, of all workers and with or without async()."),
    parameter<&RestClient::max_queued_transfers>(
        "max_queued_transfers", "Further requests that wait for their turn; those beyond fail with -10."),
    parameter<&RestClient::max_transfer_size>("max_transfer_size",
                                              "KiB of a response; a longer one is -10. 0: a gigabyte."),
    parameter<&RestClient::ssl_verifypeer>("ssl_verifypeer", "0: any certificate will do."),
    parameter<&RestClient::ssl_verifyhost>("ssl_verifyhost", "0: also one for another host."),
    parameter<&RestClient::ssl_capath>("ssl_capath",
                                       "A folder of trusted certificates (c_rehash) besides the system's."),
    parameter<&RestClient::curl_http_version>(
        "curl_http_version", "0: as negotiated, 1: 1.0, 2: 1.1, 3: 2, 4: 2 by https only, 5: 2 without negotiation."),
    parameter<&RestClient::enable_expect_100>(
        "enable_expect_100", "Asks with \"Expect: 100-continue\" before it sends more than 1024 bytes."),
    parameter<&RestClient::no_concurrent_connects>(
        "no_concurrent_connects", "-4 for requests to a host that a connection is being made to already."),
    parameter<&RestClient::curl_conn_lifetime>(
        "curl_conn_lifetime",
        "Seconds an idle connection is used again; within them no_concurrent_connects lets requests pass. 0: two "
        "minutes, and it lets none."),
});

constexpr auto kFunctions = std::to_array({
    keeps_limit(function<&RestClient::rest_get>(
        "rest_get", {"url", "body_pv", "ctype_pv", "retcode_pv"}, kAnyRoute,
        "GETs a resource (http, https; redirects are not followed). 1: there is a response, whatever its status; -1 "
        "refused, -2 no connection in time, -3 no complete response in time, -4 no_concurrent_connects, -10 anything "
        "else.")),
    keeps_limit(function<&RestClient::rest_post>(
        "rest_post", {"url", "send_body", "send_ctype", "recv_body_pv", "recv_ctype_pv", "retcode_pv"}, kAnyRoute,
        "POSTs a body, application/x-www-form-urlencoded unless said otherwise.")),
    keeps_limit(function<&RestClient::rest_put>(
        "rest_put", {"url", "send_body", "send_ctype", "recv_body_pv", "recv_ctype_pv", "retcode_pv"}, kAnyRoute,
        "PUTs a body.")),
    function<&RestClient::rest_append_hf>("rest_append_hf", {"txt"}, kAnyRoute,
                                          "A header \"Field: value\" of the run's next request."),
    function<&RestClient::rest_init_client_tls>("rest_init_client_tls", {"tls_client_domain"}, kAnyRoute,
                                                "The next request's TLS is that of a client domain of tls_mgm; false "
                                                "where that isn't loaded."),
});

constexpr auto kTransformations = std::to_array<script::TransformationDecl>({
    {.name = "rest.escape", .params = {}, .documentation = "%-escaped for a URL.", .apply = &escape},
    {.name = "rest.unescape", .params = {}, .documentation = "The opposite of {rest.escape}.", .apply = &unescape},
});

constexpr auto kStatistics = std::to_array({
    counter<&Statistics::transfers>("transfers", "Requests that were begun or queued."),
    counter<&Statistics::failed>("transfers_failed", "Of those the ones without a complete response."),
    counter<&Statistics::refused>("transfers_refused", "Requests that were not begun because too many waited."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "rest_client",
    .documentation = "HTTP requests of the script.",
    .parameters = kParameters,
    .functions = kFunctions,
    .transformations = kTransformations,
    .statistics = kStatistics,
    .create = &create<RestClient>,
};

}  // namespace carillon::rest_client
