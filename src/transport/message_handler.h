// SPDX-License-Identifier: Apache-2.0
// What the layer above the transport hears: parsed messages, inside the shard of their call, and failures to send.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "shard/shard.h"
#include "sip/message.h"
#include "sip/verdict.h"
#include "transport/branch.h"
#include "transport/flow.h"
#include "transport/response_target.h"

namespace carillon::transport {

// One message as it arrived. Everything, its bytes included, is valid until the handler returns.
struct Received {
  const sip::Message& message;
  const Flow& flow;
  ViaFixup fixup;                // of a request: what belongs into its top Via
  std::optional<Branch> branch;  // of a response: its top Via's, if it has the form of ours
  shard::Shard& shard;           // we are inside
};

// Who wants to know when a message could not be sent.
struct SendCookie {
  static constexpr std::uint64_t kMaxId = (std::uint64_t{1} << 56) - 1;

  shard::ShardId shard = 0;
  std::uint64_t id = 0;  // chosen by the sender, up to kMaxId; 0: nobody wants to know

  friend bool operator==(const SendCookie&, const SendCookie&) = default;
};

// Called on a worker, inside the shard. Set before the first listener, outlives the layer.
class MessageHandler {
 public:
  virtual ~MessageHandler() = default;
  virtual void on_request(const Received& request) = 0;
  virtual void on_response(const Received& response) = 0;
  // A request that can be answered but not served: `verdict` holds status and reason.
  virtual void on_malformed_request(const Received& request, const sip::Verdict& verdict) = 0;
  // A message given to send() with this cookie was not, or may not have been, delivered to the peer's host
  // (RFC 3261 section 18.4). At most once for each message.
  virtual void on_send_failed(shard::Shard& shard, std::uint64_t id, const base::Error& error) = 0;
};

}  // namespace carillon::transport
