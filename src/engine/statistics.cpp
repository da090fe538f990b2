// SPDX-License-Identifier: Apache-2.0
// The statistics of the groups `core` and `sl` by OpenSIPS's names. See engine.h.
#include "transport/statistics.h"
#include "engine/engine.h"

namespace carillon::engine {
namespace {

// Adds one after the other; remembers the first failure.
class Adder {
 public:
  Adder(metrics::Registry& registry, std::string_view group) : registry_(registry), group_(group) {}

  template <typename Number>
  Adder& operator()(std::string_view name, Number& number, std::string_view help) {
    if (result_) result_ = registry_.add(group_, name, number, help);
    return *this;
  }
  [[nodiscard]] base::Result<> result() const { return result_; }

 private:
  metrics::Registry& registry_;
  std::string_view group_;
  base::Result<> result_;
};

}  // namespace

base::Result<> Engine::add_statistics() {
  // The transport layer owns its counters and hands them out for reading.
  auto& transport = const_cast<transport::Statistics&>(parts_.transport.statistics());
  Adder core(parts_.statistics, "core");
  core("rcv_requests", transport.rcv_requests, "Requests received, before the script.")(
      "rcv_replies", transport.rcv_replies, "Responses received.")("fwd_requests", proxy_statistics_.fwd_requests,
                                                                   "Requests sent on.")(
      "fwd_replies", proxy_statistics_.fwd_replies, "Responses sent on.")("drop_requests", transport.drop_requests,
                                                                          "Requests dropped for want of room.")(
      "drop_replies", proxy_statistics_.drop_replies, "Responses dropped.")("err_requests", transport.err_requests,
                                                                            "Requests that could not be parsed.")(
      "err_replies", transport.err_replies, "Responses that could not be parsed or are not ours.")(
      "bad_URIs_rcvd", proxy_statistics_.bad_URIs_rcvd, "URIs that could not be parsed.")(
      "bad_msg_hdr", transport.bad_msg_hdr, "Messages with a broken header.")(
      "script_errors", counters_.script_errors, "Runs of the script that a limit stopped.")(
      "slow_messages", counters_.slow_messages, "Messages whose run took longer than exec_msg_threshold.")(
      "overload_refusals", proxy_statistics_.overload_refusals, "Requests answered 503 for want of room.")(
      "overload_drops", proxy_statistics_.overload_drops, "Requests dropped for want of room and not even refused.");
  if (!core.result()) return core.result();

  Adder net(parts_.statistics, "net");
  net("not_sip", transport.not_sip, "Datagrams that are no SIP.")(
      "keepalives", transport.keepalives, "Keep-alives received.")("connections", transport.connections,
                                                                   "Open stream connections.")(
      "connections_accepted", transport.connections_accepted, "Connections accepted.")(
      "connections_refused", transport.connections_refused, "Connections refused by a limit.")(
      "connect_failures", transport.connect_failures, "Connections that could not be opened.")(
      "slow_senders", transport.slow_senders, "Connections closed: a message took too long to come.")(
      "slow_readers", transport.slow_readers, "Connections closed: too much waited for the peer to read.")(
      "framing_errors", transport.framing_errors, "Connections closed: no message could be told from the bytes.")(
      "unauthenticated", transport.unauthenticated, "Connections closed: nothing on them was answered 2xx in time.")(
      "send_errors", transport.send_errors, "Messages that could not be sent.");
  if (!net.result()) return net.result();

  Adder sl(parts_.statistics, "sl");
  sl("1xx_replies", proxy_statistics_.replies_1xx, "Stateless replies by class.")(
      "2xx_replies", proxy_statistics_.replies_2xx, "Stateless replies by class.")(
      "3xx_replies", proxy_statistics_.replies_3xx, "Stateless replies by class.")(
      "4xx_replies", proxy_statistics_.replies_4xx, "Stateless replies by class.")(
      "5xx_replies", proxy_statistics_.replies_5xx, "Stateless replies by class.")(
      "6xx_replies", proxy_statistics_.replies_6xx, "Stateless replies by class.")(
      "sent_replies", proxy_statistics_.sent_replies, "Stateless replies sent.")(
      "sent_err_replies", proxy_statistics_.sent_err_replies, "Stateless replies that could not be sent.");
  return sl.result();
}

}  // namespace carillon::engine
