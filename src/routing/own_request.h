// SPDX-License-Identifier: Apache-2.0
// Requests of our own (RFC 3261 section 8.1): what t_new_request() and the command t_uac_dlg send, and those that a
// module sends inside a dialog that it follows.
// Beside the proxy core, above the client transactions.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "routing/transaction_observer.h"
#include "script/program.h"
#include "transport/flow.h"

namespace carillon::routing {

class Proxy;
class RouteContext;

struct OwnRequest {
  std::string method = {};  // no ACK or CANCEL; INVITE only inside a dialog
  std::string request_uri = {};
  std::string headers = {};  // complete lines; From and To among them. Tag, Call-ID and CSeq are made when they lack.
  std::string body = {};
  std::string next_hop = {};  // a URI; empty: the Request-URI
  transport::ListenerId socket = transport::ListenerId::None;
  std::string context = {};                                          // $avp(uac_ctx) in the local_route
  bool in_dialog = false;                                            // INVITE too: its 2xx is acknowledged
  std::vector<std::unique_ptr<TransactionObserver>> observers = {};  // of whose making it is: for the local_route
};

// The final answer: `message` is the response as received, empty when there was none (a timeout counts as 408).
struct OwnAnswer {
  int status = 0;
  std::string reason;
  std::string message;
};

// Sends it, after the local_route of `program`, and waits for the final answer. Inside the shard of `proxy`. An error
// (code 400) when it isn't one, (code 477) when it can't be sent.
[[nodiscard]] base::Task<base::Result<OwnAnswer>> send_own_request(Proxy& proxy,
                                                                   std::shared_ptr<const script::Program> program,
                                                                   OwnRequest request);

// t_replicate(): a copy of the request at hand to `next_hop` as well, followed to its end; what is answered there
// interests nobody. The codes are those of Proxy::relay().
[[nodiscard]] base::Task<int> replicate(RouteContext& context, std::string next_hop);

// Its bytes but for Via and Max-Forwards.
[[nodiscard]] base::Result<std::string> build_own_request(const OwnRequest& request, std::string_view user_agent = {});

}  // namespace carillon::routing
