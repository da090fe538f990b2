// SPDX-License-Identifier: Apache-2.0
// See transaction_layer.h.
#include "transaction/transaction_layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/hash.h"

namespace carillon::transaction {
namespace {

constexpr std::string_view kStatelessTagPrefix = "crl-";

std::size_t share_of(std::size_t limit) {
  return std::max<std::size_t>(1, (limit + shard::kShards - 1) / shard::kShards);
}

std::uint64_t hash_of(const transport::Branch& branch) { return base::mix(branch.key + branch.index); }

// How a transaction is named to the transport: 1 bit kind, 23 bits place in its pool, 32 bits generation.
constexpr std::uint64_t kClientBit = std::uint64_t{1} << 55;
constexpr std::uint32_t kMaxIndex = (std::uint32_t{1} << 23) - 1;

std::uint64_t pack(shard::PoolHandle handle) {
  CARILLON_ASSERT(handle.index <= kMaxIndex);
  return (std::uint64_t{handle.index} << 32) | handle.generation;
}

shard::PoolHandle unpack(std::uint64_t id) {
  return {static_cast<std::uint32_t>(id >> 32) & kMaxIndex, static_cast<std::uint32_t>(id)};
}

}  // namespace

TransactionLayer::TransactionLayer(shard::Shard& shard, transport::TransportLayer& transport, const Settings& settings,
                                   const Secrets& secrets, Statistics& statistics, SpareMessages* spares)
    : shard_(shard),
      transport_(transport),
      settings_(settings),
      secrets_(secrets),
      statistics_(statistics),
      messages_(spares) {}

TransactionLayer::~TransactionLayer() {
  statistics_.inuse_transactions.subtract(static_cast<std::int64_t>(servers_by_key_.size()));
}

// --- what arrives

RequestMatch TransactionLayer::match_request(const transport::Received& received) {
  destroy_buried();
  const sip::Message& request = received.message;
  if (request.method() == sip::Method::Ack) return match_ack(request);
  if (ServerTransaction* known = find_server(request); known != nullptr) {
    known->receive_request();
    return absorb();
  }
  if (request.method() == sip::Method::Cancel) return match_cancel(request);
  return {RequestMatch::Kind::NewRequest, nullptr};
}

RequestMatch TransactionLayer::match_ack(const sip::Message& ack) {
  ServerTransaction* known = find_server(ack);
  if (known != nullptr && known->state() == ServerTransaction::State::Completed && !known->acknowledges(ack))
    known = nullptr;
  if (known != nullptr && known->state() != ServerTransaction::State::Accepted) {
    known->receive_ack();
    return absorb();
  }
  if (known == nullptr && answers_stateless_reply(ack)) {
    statistics_.received_ACKs.add();
    return {RequestMatch::Kind::Absorbed, nullptr};
  }
  if (known == nullptr) known = find_accepted(ack);
  if (known != nullptr) known->note_ack_of_2xx();
  return {RequestMatch::Kind::AckFor2xx, known};
}

RequestMatch TransactionLayer::match_cancel(const sip::Message& cancel) {
  const TransactionKey key = cancelled_key(secrets_, cancel);
  return {RequestMatch::Kind::Cancel,
          servers_by_key_.find(key.low, [&](const ServerTransaction& other) { return other.key_ == key; })};
}

RequestMatch TransactionLayer::absorb() {
  statistics_.absorbed_requests.add();
  return {RequestMatch::Kind::Absorbed, nullptr};
}

ClientTransaction* TransactionLayer::match_response(const transport::Received& received) {
  destroy_buried();
  ClientTransaction* match = nullptr;
  if (received.branch) {
    const sip::Method method = received.message.method();
    match = clients_by_branch_.find(hash_of(*received.branch), [&](const ClientTransaction& client) {
      return client.branch_ == *received.branch && client.method_ == method;
    });
  }
  (match != nullptr ? statistics_.received_replies : statistics_.unmatched_responses).add();
  return match;
}

void TransactionLayer::on_send_failed(std::uint64_t id, const base::Error& error) {
  destroy_buried();
  if ((id & kClientBit) != 0) {
    if (ClientTransaction* client = find(ClientTransactionId{unpack(id)}); client != nullptr)
      client->on_send_failed(error);
  } else if (ServerTransaction* server = find(ServerTransactionId{unpack(id)}); server != nullptr) {
    server->on_send_failed(error);
  }
}

// --- what is new

StoredMessagePtr TransactionLayer::store(const transport::Received& received) {
  return messages_.store(received.message, received.flow, received.fixup);
}

StoredMessagePtr TransactionLayer::store(const sip::Message& message, const transport::Flow& flow) {
  return messages_.store(message, flow);
}

base::Result<ServerTransaction*> TransactionLayer::create_server(StoredMessagePtr request,
                                                                 ServerTransactionUser& user) {
  if (shutting_down_ || servers_.size() >= share_of(settings_.max_server_transactions)) {
    statistics_.refused_transactions.add();
    return base::fail(shutting_down_ ? "the server is shutting down" : "too many transactions", 503);
  }
  const shard::PoolHandle handle = servers_.create(*this, user, std::move(request));
  ServerTransaction& created = *servers_.find(handle);
  created.id_ = {handle};
  servers_by_key_.insert(created.by_key_, created.key_.low);
  if (created.is_invite()) servers_by_call_.insert(created.by_call_, created.call_key_.low);
  ++unfinished_;
  statistics_.uas_transactions.add();
  statistics_.inuse_transactions.add();
  return &created;
}

base::Result<ClientTransaction*> TransactionLayer::create_client(const ClientRequest& request,
                                                                 ClientTransactionUser& user) {
  if (clients_.size() >= share_of(settings_.max_client_transactions)) {
    statistics_.refused_transactions.add();
    return base::fail("too many transactions", 503);
  }
  return start_client(request, &user);
}

base::Result<ClientTransaction*> TransactionLayer::start_client(const ClientRequest& request,
                                                                ClientTransactionUser* user) {
  const shard::PoolHandle handle = clients_.create(*this, user, request);
  ClientTransaction& created = *clients_.find(handle);
  created.id_ = {handle};
  if (auto sent = created.start(); !sent) {
    clients_.destroy(handle);
    return base::fail(std::move(sent.error().message), 477);
  }
  clients_by_branch_.insert(created.by_branch_, hash_of(created.branch_));
  ++unfinished_;
  statistics_.uac_transactions.add();
  return &created;
}

// --- finding again

ServerTransaction* TransactionLayer::find(ServerTransactionId id) {
  ServerTransaction* found = servers_.find(id.handle);
  return found != nullptr && !found->buried_ ? found : nullptr;
}

ClientTransaction* TransactionLayer::find(ClientTransactionId id) {
  ClientTransaction* found = clients_.find(id.handle);
  return found != nullptr && !found->buried_ ? found : nullptr;
}

ServerTransaction* TransactionLayer::find_server(const sip::Message& request) {
  const TransactionKey key = server_key(secrets_, request);
  return servers_by_key_.find(key.low, [&](const ServerTransaction& other) { return other.key_ == key; });
}

ServerTransaction* TransactionLayer::find_invite(std::string_view call_id, std::optional<std::uint32_t> cseq) {
  ServerTransaction* found = nullptr;
  servers_by_call_.for_each([&](ServerTransaction& server) {
    if (!server.request_) return;
    const sip::Message& invite = server.request_->message();
    if (invite.call_id() == call_id && (!cseq || invite.cseq().number == *cseq)) found = &server;
  });
  return found;
}

ServerTransaction* TransactionLayer::find_server(std::uint64_t branch_key) {
  ServerTransaction* found = nullptr;
  servers_by_key_.for_each([&](ServerTransaction& server) {
    if (server.branch_key_ == branch_key) found = &server;
  });
  return found;
}

ServerTransaction* TransactionLayer::find_merged(const sip::Message& invite) {
  const TransactionKey call = call_key(secrets_, invite);
  const TransactionKey own = server_key(secrets_, invite);
  return servers_by_call_.find(
      call.low, [&](const ServerTransaction& other) { return other.call_key_ == call && other.key_ != own; });
}

// Of an INVITE that came by several ways (a spiral) one whose ACK has not been seen is preferred.
ServerTransaction* TransactionLayer::find_accepted(const sip::Message& ack) {
  const TransactionKey call = call_key(secrets_, ack);
  const auto is_accepted = [&](const ServerTransaction& other) {
    return other.call_key_ == call && other.state_ == ServerTransaction::State::Accepted;
  };
  ServerTransaction* waiting = servers_by_call_.find(
      call.low, [&](const ServerTransaction& other) { return is_accepted(other) && !other.acknowledged_; });
  return waiting != nullptr ? waiting : servers_by_call_.find(call.low, is_accepted);
}

// --- stateless replies

std::string TransactionLayer::stateless_to_tag(const sip::Message& request) const {
  return fmt::format("{}{:016x}", kStatelessTagPrefix, stateless_reply_key(secrets_, request));
}

bool TransactionLayer::answers_stateless_reply(const sip::Message& ack) const {
  const std::string_view tag = ack.to_tag();
  return tag.starts_with(kStatelessTagPrefix) && tag == stateless_to_tag(ack);
}

// --- names, holding, and the end

transport::SendCookie TransactionLayer::cookie(ServerTransactionId id) const { return {shard_.id(), pack(id.handle)}; }

transport::SendCookie TransactionLayer::cookie(ClientTransactionId id) const {
  return {shard_.id(), pack(id.handle) | kClientBit};
}

void TransactionLayer::keep(HeldEvents& held, HeldEvent event) {
  if (event.sequence == 0) event.sequence = ++last_sequence_;
  if (!held.push(std::move(event))) statistics_.held_events_dropped.add();
}

void TransactionLayer::bury(ServerTransaction& transaction) {
  transaction.buried_ = true;
  ended_servers_.push_back(transaction.id());
}

void TransactionLayer::bury(ClientTransaction& transaction) {
  transaction.buried_ = true;
  ended_clients_.push_back(transaction.id());
}

void TransactionLayer::destroy_buried() {
  for (const ServerTransactionId id : ended_servers_) servers_.destroy(id.handle);
  ended_servers_.clear();
  for (const ClientTransactionId id : ended_clients_) clients_.destroy(id.handle);
  ended_clients_.clear();
}

void TransactionLayer::shut_down(base::Duration bound) {
  shutting_down_ = true;
  shard_.schedule(shutdown_timer_, bound);
}

void TransactionLayer::terminate_all() {
  std::vector<ServerTransactionId> servers;
  servers_by_key_.for_each([&](const ServerTransaction& server) { servers.push_back(server.id()); });
  std::vector<ClientTransactionId> clients;
  clients_by_branch_.for_each([&](const ClientTransaction& client) { clients.push_back(client.id()); });
  for (const ClientTransactionId id : clients) {
    if (ClientTransaction* client = find(id); client != nullptr) client->terminate();
  }
  for (const ServerTransactionId id : servers) {
    if (ServerTransaction* server = find(id); server != nullptr) server->terminate();
  }
}

}  // namespace carillon::transaction
