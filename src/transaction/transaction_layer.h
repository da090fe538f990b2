// SPDX-License-Identifier: Apache-2.0
// The transactions of one shard: matches what arrives with what is there, and makes what is new. Between the transport
// layer and those who decide about requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "shard/object_pool.h"
#include "shard/shard.h"
#include "transaction/client_transaction.h"
#include "transaction/intrusive_index.h"
#include "transaction/server_transaction.h"
#include "transaction/settings.h"
#include "transaction/statistics.h"
#include "transaction/stored_message.h"
#include "transaction/transaction_id.h"
#include "transaction/transaction_key.h"
#include "transport/message_handler.h"
#include "transport/transport_layer.h"

namespace carillon::transaction {

// What a request turned out to be.
struct RequestMatch {
  enum class Kind : std::uint8_t {
    Absorbed,    // dealt with: a retransmission, or the ACK of a final response that ends here. Nothing is left to do.
    NewRequest,  // anything but ACK and CANCEL
    AckFor2xx,   // to be forwarded; `transaction`: the INVITE's, if it is still there
    Cancel,      // a CANCEL not seen before; `transaction`: the INVITE it is for, or null
  };
  Kind kind = Kind::NewRequest;
  ServerTransaction* transaction = nullptr;
};

// One a shard; every member is called inside it. Timers and responses keep it going; the objects it owns are named by
// id across waits. What the constructor is given must outlive it, and it must outlive every StoredMessagePtr it made.
class TransactionLayer {
 public:
  TransactionLayer(shard::Shard& shard, transport::TransportLayer& transport, const Settings& settings,
                   const Secrets& secrets, Statistics& statistics, SpareMessages* spares = nullptr);
  ~TransactionLayer();
  TransactionLayer(const TransactionLayer&) = delete;
  TransactionLayer& operator=(const TransactionLayer&) = delete;

  // --- What arrives

  [[nodiscard]] RequestMatch match_request(const transport::Received& request);
  // The client transaction a response belongs to (section 17.1.3), to be given to its receive() once the script has
  // seen it; null for none, which is counted. A response without one is not forwarded (RFC 6026 section 7.3).
  [[nodiscard]] ClientTransaction* match_response(const transport::Received& response);
  // MessageHandler::on_send_failed() with an id of ours.
  void on_send_failed(std::uint64_t id, const base::Error& error);

  // --- What is new

  // Keeps a message beyond its receive buffer.
  [[nodiscard]] StoredMessagePtr store(const transport::Received& received);
  [[nodiscard]] StoredMessagePtr store(const sip::Message& message, const transport::Flow& flow);
  // An arena for a request of our own.
  [[nodiscard]] StoredMessagePtr blank() { return messages_.blank(); }

  // `request` is neither ACK nor known. An error (code 503) when there are too many transactions or the server is
  // shutting down.
  [[nodiscard]] base::Result<ServerTransaction*> create_server(StoredMessagePtr request, ServerTransactionUser& user);
  // Sends the request. An error when it can't be sent (code 477, as in OpenSIPS) or when there are too many (503); then
  // there is no transaction and the user hears nothing.
  [[nodiscard]] base::Result<ClientTransaction*> create_client(const ClientRequest& request,
                                                               ClientTransactionUser& user);

  // --- Finding again

  // Null when it has ended.
  [[nodiscard]] ServerTransaction* find(ServerTransactionId id);
  [[nodiscard]] ClientTransaction* find(ClientTransactionId id);
  // The server transaction of a request as received (t_check_trans, t_lookup), or null.
  [[nodiscard]] ServerTransaction* find_server(const sip::Message& request);
  // An INVITE without a final answer with this Call-ID and, if given, CSeq number; and the transaction with this
  // branch_key(). Looks through all of this shard.
  [[nodiscard]] ServerTransaction* find_invite(std::string_view call_id, std::optional<std::uint32_t> cseq);
  [[nodiscard]] ServerTransaction* find_server(std::uint64_t branch_key);
  // The INVITE with this Call-ID, From tag and CSeq number that came by another way (section 8.2.2.2: for a user agent;
  // a proxy forwards both), or null.
  [[nodiscard]] ServerTransaction* find_merged(const sip::Message& invite);

  // --- Stateless replies

  // The To tag for a final response sent without a transaction, by which the ACK is known (and absorbed) later.
  [[nodiscard]] std::string stateless_to_tag(const sip::Message& request) const;

  // --- The end

  // From now on create_server() refuses. What lives may finish within `bound`; what is left then is terminated.
  void shut_down(base::Duration bound);
  // Server transactions without a final response and client transactions without a final one: what shutting down
  // should wait for.
  [[nodiscard]] std::size_t unfinished() const { return unfinished_; }

  [[nodiscard]] std::size_t server_transactions() const { return servers_.size() - ended_servers_.size(); }
  [[nodiscard]] std::size_t client_transactions() const { return clients_.size() - ended_clients_.size(); }
  [[nodiscard]] shard::Shard& shard() { return shard_; }
  [[nodiscard]] transport::TransportLayer& transport() { return transport_; }
  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] Statistics& statistics() { return statistics_; }

 private:
  friend class ServerTransaction;
  friend class ClientTransaction;

  [[nodiscard]] RequestMatch match_ack(const sip::Message& ack);
  [[nodiscard]] RequestMatch match_cancel(const sip::Message& cancel);
  [[nodiscard]] RequestMatch absorb();
  [[nodiscard]] ServerTransaction* find_accepted(const sip::Message& ack);
  [[nodiscard]] bool answers_stateless_reply(const sip::Message& ack) const;
  [[nodiscard]] base::Result<ClientTransaction*> start_client(const ClientRequest& request,
                                                              ClientTransactionUser* user);
  [[nodiscard]] transport::SendCookie cookie(ServerTransactionId id) const;
  [[nodiscard]] transport::SendCookie cookie(ClientTransactionId id) const;
  // The transaction has had its last call: destroyed when no caller can hold a reference any more.
  void bury(ServerTransaction& transaction);
  void bury(ClientTransaction& transaction);
  void destroy_buried();
  // Puts an event where it waits.
  void keep(HeldEvents& held, HeldEvent event);
  void terminate_all();

  shard::Shard& shard_;
  transport::TransportLayer& transport_;
  const Settings& settings_;
  const Secrets& secrets_;
  Statistics& statistics_;
  StoredMessagePool messages_;
  shard::ObjectPool<ServerTransaction, 16> servers_;
  shard::ObjectPool<ClientTransaction, 16> clients_;
  IntrusiveIndex<ServerTransaction> servers_by_key_;
  IntrusiveIndex<ServerTransaction> servers_by_call_;
  IntrusiveIndex<ClientTransaction> clients_by_branch_;
  std::vector<ServerTransactionId> ended_servers_;
  std::vector<ClientTransactionId> ended_clients_;
  std::size_t unfinished_ = 0;
  std::uint64_t last_sequence_ = 0;
  bool shutting_down_ = false;
  shard::Timer shutdown_timer_ = shard::Timer::calling<&TransactionLayer::terminate_all>(this);
};

}  // namespace carillon::transaction
