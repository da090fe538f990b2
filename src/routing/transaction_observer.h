// SPDX-License-Identifier: Apache-2.0
// How modules (accounting, dialogs) follow a transaction without the proxy knowing them.
#pragma once

#include <string_view>

#include "base/task.h"

namespace carillon::sip {
class EditList;
class Message;
}  // namespace carillon::sip

namespace carillon::routing {

class ProxyTransaction;
class RouteContext;

// Lives with the transaction. Called inside its shard; may read the transaction, must not wait unless said.
class TransactionObserver {
 public:
  virtual ~TransactionObserver() = default;

  // Who it belongs to, so that a module finds its own again.
  [[nodiscard]] virtual const void* owner() const = 0;
  // A provisional response other than 100 is on its way to the caller.
  virtual void on_provisional_response(ProxyTransaction& /*transaction*/, const sip::Message& /*received*/) {}
  // A final response is about to leave for the caller. `received` is the response it was made from; null: made by us.
  virtual void on_final_response(ProxyTransaction& /*transaction*/, int /*status*/, std::string_view /*reason*/,
                                 const sip::Message* /*received*/) {}
  // Every branch of the set has failed and the failure_route, if any, is about to run.
  virtual void on_failure(ProxyTransaction& /*transaction*/, int /*status*/, std::string_view /*reason*/,
                          const sip::Message* /*received*/) {}
  // A response is about to be forwarded to the caller: what of it is to be changed.
  virtual void edit_response(const ProxyTransaction& /*transaction*/, const sip::Message& /*received*/,
                             sip::EditList& /*edits*/) {}
  // Whether on_response() wants to be called.
  [[nodiscard]] virtual bool reads_responses() const { return false; }
  // A final response of a branch, after the onreply_routes and before it is chosen or sent. Edits of `context`, which
  // is theirs, hold for the response when it is forwarded. The only one that may wait.
  [[nodiscard]] virtual base::Task<> on_response(RouteContext& /*context*/) { co_return; }
  // The caller gave up (CANCEL).
  virtual void on_cancel(ProxyTransaction& /*transaction*/) {}
};

}  // namespace carillon::routing
