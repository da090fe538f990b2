// SPDX-License-Identifier: Apache-2.0
// httpd: the declaration page.
#include "modules/httpd/httpd.h"

namespace carillon::httpd {
namespace {

using namespace module;

constexpr auto kParameters = std::to_array({
    parameter<&Httpd::ip>("ip", "The address to listen on."),
    parameter<&Httpd::port>("port", "The TCP port; 0: a free one."),
    parameter<&Httpd::conn_timeout>("conn_timeout", "Seconds for a request to come whole, and for its answer to go."),
    parameter<&Httpd::max_connections>("max_connections", "Connections at a time; further ones are answered 503."),
    parameter<&Httpd::max_body_size>("max_body_size", "Bytes of a request's body; larger ones are answered 413."),
    parameter<&Httpd::auth_realm>("auth_realm", "The realm of Basic authentication."),
    parameter<&Httpd::auth_username>("auth_username", "Asks for Basic authentication (RFC 7617) with this name."),
    parameter<&Httpd::auth_password>("auth_password", "And this password."),
    parameter<&Httpd::buf_size>("buf_size", "Accepted; answers are as long as they are."),
    parameter<&Httpd::post_buf_size>("post_buf_size", "Accepted; see max_body_size."),
    parameter<&Httpd::receive_buf_size>("receive_buf_size", "Accepted; buffers grow as needed."),
    parameter<&Httpd::refuse_tls>("tls_cert_file", ParameterType::Text, "Refused: HTTPS is not there yet."),
    parameter<&Httpd::refuse_tls>("tls_key_file", ParameterType::Text, "Refused: HTTPS is not there yet."),
    parameter<&Httpd::refuse_tls>("tls_ciphers", ParameterType::Text, "Refused: HTTPS is not there yet."),
});

constexpr auto kCommands = std::to_array({
    command<&Httpd::list_root_path>({.name = "httpd:list_root_path",
                                     .aliases = "httpd_list_root_path",
                                     .recipes = "",
                                     .help = "The paths that modules serve.",
                                     .result = "[{http_root, module}]"}),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "httpd",
    .documentation = "The HTTP server of mi_http and other modules.",
    .parameters = kParameters,
    .commands = kCommands,
    .create = &create<Httpd>,
};

}  // namespace carillon::httpd
