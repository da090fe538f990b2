// SPDX-License-Identifier: Apache-2.0
// How modules (accounting, dialogs) follow a transaction without the proxy knowing them.
#pragma once

#include <string_view>

namespace carillon::sip {
class EditList;
class Message;
}  // namespace carillon::sip

namespace carillon::routing {

class ProxyTransaction;

// Lives with the transaction. Called inside its shard; may read the transaction, must not wait.
class TransactionObserver {
 public:
  virtual ~TransactionObserver() = default;

  // Who it belongs to, so that a module finds its own again.
  [[nodiscard]] virtual const void* owner() const = 0;
  // A provisional response other than 100 is on its way to the caller.
  virtual void on_provisional_response(ProxyTransaction& /*transaction*/, const sip::Message& /*received*/) {}
  // A final response is on its way to the caller. `received` is the response it was made from; null: made by us.
  virtual void on_final_response(ProxyTransaction& /*transaction*/, int /*status*/, std::string_view /*reason*/,
                                 const sip::Message* /*received*/) {}
  // Every branch of the set has failed and the failure_route, if any, is about to run.
  virtual void on_failure(ProxyTransaction& /*transaction*/, int /*status*/, std::string_view /*reason*/,
                          const sip::Message* /*received*/) {}
  // A response is about to be forwarded to the caller: what of it is to be changed.
  virtual void edit_response(const ProxyTransaction& /*transaction*/, const sip::Message& /*received*/,
                             sip::EditList& /*edits*/) {}
  // The caller gave up (CANCEL).
  virtual void on_cancel(ProxyTransaction& /*transaction*/) {}
};

}  // namespace carillon::routing
