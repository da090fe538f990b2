// SPDX-License-Identifier: Apache-2.0
// See route_context.h.
#include "routing/route_context.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <utility>

#include "base/log.h"
#include "routing/proxy.h"
#include "routing/proxy_transaction.h"

namespace carillon::routing {

RouteContext::RouteContext(Proxy& proxy, RunHooks& hooks) : proxy_(&proxy), hooks_(&hooks) {}

void RouteContext::begin(script::RouteKind kind, transaction::StoredMessagePtr message) {
  kind_ = kind;
  stored_ = std::move(message);
  own_avps_ = script::AvpList(stored_->arena());
  decision.blacklists = default_blacklists();
  decision.targets.clear();
  RequestTarget target;
  if (stored_->message().is_request()) target.uri = stored_->message().request_uri_text();
  decision.targets.push_back(target);
}

Blacklists::Mask RouteContext::default_blacklists() const {
  const Blacklists* const lists = proxy_->settings().blacklists;
  return lists != nullptr ? lists->defaults() : 0;
}

void RouteContext::end() {
  run_.reset();
  end_run();
  TargetSet targets = std::move(decision.targets);
  sip::EditList edits = std::move(decision.edits);
  decision = {};
  targets.clear();
  edits.clear();
  decision.targets = std::move(targets);  // their memory serves the next message
  decision.edits = std::move(edits);
  program.reset();
  route = {};
  error = {};
  log_level.reset();
  xlog_level.reset();
  id = 0;
  begun.reset();
  matched_ = {};
  branch.reset();
  transaction = nullptr;
  observers.clear();
  async_call = {};
  diverted_ = nullptr;
  shared_avps_ = nullptr;
  request_uri_.reset();
  parsed_uri_ = {};
  own_avps_ = script::AvpList(no_arena_);
  progress = {};
  absorber = {};
  other_.reset();
  stored_.reset();
  ++*last_read_;
}

void RouteContext::hand_lent_data_to(RouteContext& other) {
  const auto lent = std::ranges::partition(run_data_, [](const auto& one) { return !one.second->is_lent(); });
  std::ranges::move(lent, std::back_inserter(other.run_data_));
  run_data_.erase(lent.begin(), lent.end());
}

script::ReadResult RouteContext::start_read(base::Task<OwnedValue> task) {
  struct Read {
    bool returned = false;
    std::optional<OwnedValue> value;
  };
  const auto kept = [this](const OwnedValue& value) {
    if (value.text) return script::Value::text(keep(*value.text));
    return value.number ? script::Value::integer(*value.number) : script::Value::null();
  };
  // Shared because whoever doesn't wait is gone when the value comes.
  auto read = std::make_shared<Read>();
  const std::uint64_t number = ++*last_read_;
  shard().start(std::move(task), [this, kept, read, number, last = std::weak_ptr(last_read_)](OwnedValue value) {
    if (!read->returned) {
      read->value = std::move(value);
      return;
    }
    const auto present = last.lock();
    if (present == nullptr || *present != number || !run_.waits_for_value()) return;
    hooks_->resume_value(*this, kept(value));
  });
  read->returned = true;
  return read->value ? script::ReadResult(kept(*read->value)) : script::ReadResult::pending();
}

void RouteContext::set_match(const transaction::RequestMatch& match) {
  if (match.transaction != nullptr) matched_ = match.transaction->id();
}

transaction::ServerTransaction* RouteContext::matched() const {
  return matched_ ? proxy_->transactions().find(matched_) : nullptr;
}

const sip::Message* RouteContext::message_in(script::ContextId which) const {
  if (which == script::kOwnContext || message().is_request() == (which == kRequestContext)) return &message();
  return other_message();
}

void RouteContext::set_verified(std::uint32_t at) {
  decision.authentication.verified = at;
  if (transaction != nullptr) transaction->verified_credentials = at;
}

std::optional<std::uint32_t> RouteContext::verified_in(const sip::Message& message) const {
  if (!message.is_request()) return std::nullopt;
  if (&message == &this->message() && decision.authentication.verified) return decision.authentication.verified;
  return transaction != nullptr ? transaction->verified_credentials : std::nullopt;
}

std::vector<std::unique_ptr<TransactionObserver>>& RouteContext::transaction_observers() {
  return transaction != nullptr ? transaction->observers : observers;
}

const base::Result<sip::Uri>& RouteContext::request_uri() {
  const std::string_view text = request_target().uri;
  if (!request_uri_ || text.data() != parsed_uri_.data() || text.size() != parsed_uri_.size()) {
    request_uri_ = sip::Uri::parse(text);
    parsed_uri_ = text;
  }
  return *request_uri_;
}

void RouteContext::set_request_uri(std::string_view uri) { request_target().uri = keep(uri); }

script::AvpList& RouteContext::avps() {
  if (shared_avps_ != nullptr) return *shared_avps_;
  if (transaction != nullptr && kind_ != script::RouteKind::Reply) return transaction->avps();
  return own_avps_;
}

bool RouteContext::log_enabled(script::LogSource source, script::LogLevel level) const {
  const int wanted = static_cast<int>(level);
  if (source == script::LogSource::Xlog && wanted > xlog_level.value_or(proxy_->settings().xlog_level)) return false;
  if (log_level && wanted > *log_level) return false;
  return log::enabled(static_cast<log::Level>(level));
}

void RouteContext::log(script::LogSource source, script::LogLevel level, std::string_view text,
                       const script::Position& at) {
  hooks_->log(*this, source, level, text, at);
}

void RouteContext::assertion_failed() {
  error = {.error_class = kAssertionError,
           .level = 1,
           .reply_code = 500,
           .info = "assertion failed",
           .reply_reason = "server error"};
  if (!proxy_->settings().abort_on_assert) return;
  log::critical("abort_on_assert is set: the server is aborted");
  log::flush();
  std::abort();
}

std::span<const script::NamedValue> RouteContext::initial_locals() const {
  return proxy_->settings().initial_variables;
}

shard::Shard& RouteContext::shard() const { return proxy_->shard(); }

void RouteContext::schedule(BoundCall& call, std::chrono::seconds bound) { shard().schedule(call.timer, bound); }

void RouteContext::stop_call() {
  const std::unique_ptr<BoundCall> over = std::move(progress.bound);
  over->coroutine.destroy();
  log::warning("{}: a call of async() was ended, its time is over", program->describe(run_.position()));
  resume(-1);
}

// What is behind async() runs with a transaction, whatever stood before it.
bool RouteContext::begin_async() {
  const sip::Method method = message().method();
  if (kind_ != script::RouteKind::Request || transaction != nullptr || method == sip::Method::Ack ||
      method == sip::Method::Cancel) {
    return true;
  }
  return proxy_->make_transaction(*this);
}

bool RouteContext::launch(script::Launch launch) { return hooks_->launch(*this, std::move(launch)); }

}  // namespace carillon::routing
