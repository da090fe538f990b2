// SPDX-License-Identifier: Apache-2.0
// How modules (dialogs, topology hiding) are told of the requests that come along a route of ours.
#pragma once

namespace carillon::routing {

class RouteContext;

// Outlives the workers. ProxySettings::route_listeners names them.
class RouteListener {
 public:
  // loose_route() has acted on the Route headers: `context.route` tells of the entry that was ours. Inside the shard of
  // the request; must not wait.
  virtual void on_route(RouteContext& context) = 0;
  // The same of a request outside a dialog that had no Route but ours, a preloaded one: loose_route() tells the script
  // that there was nothing to follow.
  virtual void on_preloaded_route(RouteContext& /*context*/) {}

 protected:
  ~RouteListener() = default;
};

}  // namespace carillon::routing
