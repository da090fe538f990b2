// SPDX-License-Identifier: Apache-2.0
// The seam inside transport/: what each protocol hands to the layer.
#pragma once

#include <string_view>

#include "base/result.h"
#include "sip/verdict.h"
#include "transport/flow.h"
#include "transport/message_handler.h"

namespace carillon::transport {

// Called on a worker, outside any shard.
class MessageSink {
 public:
  virtual ~MessageSink() = default;
  // One message. `framing` other than Ok: only its head is there and the connection must close after the answer.
  virtual void on_message(std::string_view bytes, const Flow& flow, const sip::Verdict& framing) = 0;
  virtual void on_send_failed(SendCookie cookie, base::Error error) = 0;
};

}  // namespace carillon::transport
