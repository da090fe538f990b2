// SPDX-License-Identifier: Apache-2.0
// What the transport layer counts. The first group carries the names of OpenSIPS's `core` statistics.
#pragma once

#include "metrics/counter.h"

namespace carillon::transport {

struct Statistics {
  metrics::Counter rcv_requests;  // well-formed, before the script
  metrics::Counter rcv_replies;
  metrics::Counter err_requests;   // malformed, answered or not
  metrics::Counter err_replies;    // malformed or not for us, dropped
  metrics::Counter bad_msg_hdr;    // of both: a header was at fault
  metrics::Counter drop_requests;  // the shard's mailbox was full
  metrics::Counter drop_replies;

  metrics::Counter not_sip;      // neither request nor response, dropped
  metrics::Counter keepalives;   // CRLF, NUL and STUN datagrams dropped; CRLFs on streams
  metrics::Counter sent;         // messages given to a socket
  metrics::Counter send_errors;  // messages that could not be

  metrics::Gauge connections;
  metrics::Counter connections_accepted;
  metrics::Counter connections_opened;
  metrics::Counter connections_refused;  // max_connections reached
  metrics::Counter connect_failures;
  metrics::Counter slow_senders;     // closed: max_message_time
  metrics::Counter slow_readers;     // closed: connection_write_queue
  metrics::Counter unauthenticated;  // closed: unauthenticated_lifetime
  metrics::Counter framing_errors;   // closed: no message can be told from the bytes
};

}  // namespace carillon::transport
