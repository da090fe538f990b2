// SPDX-License-Identifier: Apache-2.0
// JSON-RPC requests as bodies of HTTP POST: what mi_http serves at /mi.
#pragma once

#include "management/http_server.h"
#include "management/json_rpc.h"

namespace carillon::management {

// Answers POST with Content-Type application/json. Other methods get 405, other types 415, requests made by a web page
// 403 (a page on any site could otherwise command the server of whoever looks at it), a full queue 503.
// `dispatcher` must outlive the server.
[[nodiscard]] HttpServer::Handler mi_over_http(Dispatcher& dispatcher);

}  // namespace carillon::management
