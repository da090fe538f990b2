// SPDX-License-Identifier: Apache-2.0
// See rest_client.h.
#include "modules/rest_client/rest_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "module/services.h"
#include "routing/proxy.h"
#include "shard/shards.h"
#include "shard/suspension.h"

namespace carillon::rest_client {
namespace {

constexpr std::size_t kHeaders = 64;           // appended to one request
constexpr std::size_t kHeaderBytes = 1 << 16;  // all of them together
constexpr std::size_t kLargestBody = 1U << 30U;
constexpr std::chrono::seconds kLongest = std::chrono::hours(1);  // what 0 means
constexpr int kHttpVersions = 5;

bool ends_a_line(char c) { return c == '\r' || c == '\n' || c == '\0'; }

// "Field: value" of one line. Whatever stands behind a line end in it would be a header, or a request, of whoever could
// write into a variable.
bool is_header(std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon != 0 && colon != std::string_view::npos && std::ranges::none_of(text, ends_a_line) &&
         std::ranges::none_of(text.substr(0, colon), [](char c) { return c <= ' '; });
}

// Of the run's next request, which may be one that it launches.
struct NextHeaders final : routing::RunData {
  [[nodiscard]] bool is_lent() const override { return true; }

  std::vector<std::string> lines;
  std::size_t bytes = 0;
};

int code_of(Outcome outcome) { return static_cast<int>(outcome); }

}  // namespace

base::Result<> RestClient::check_parameters() {
  if (max_async_transfers < 1) return base::fail("max_async_transfers must be above 0");
  if (max_queued_transfers < 0) return base::fail("max_queued_transfers must not be negative");
  if (max_transfer_size < 0) return base::fail("max_transfer_size must not be negative");
  if (curl_http_version < 0 || curl_http_version > kHttpVersions) {
    return base::fail(fmt::format("curl_http_version must be from 0 to {}", kHttpVersions));
  }
  if (curl_timeout.count() == 0) curl_timeout = kLongest;
  if (connection_timeout.count() == 0) connection_timeout = kLongest;
  if (connection_timeout > curl_timeout) {
    log::warning("rest_client: connection_timeout is longer than curl_timeout, which is the end of all");
  }
  return {};
}

base::Result<> RestClient::start(module::Services& services) {
  if (auto checked = check_parameters(); !checked) return checked;
  shards_ = &services.shards;
  const std::size_t largest = static_cast<std::size_t>(max_transfer_size) * 1024;
  Settings settings{.connect_limit = connection_timeout,
                    .limit = curl_timeout,
                    .max_body = largest == 0 ? kLargestBody : std::min(largest, kLargestBody),
                    .verify_peer = ssl_verifypeer,
                    .verify_host = ssl_verifyhost,
                    .ca_folder = ssl_capath,
                    .http_version = curl_http_version,
                    .expect_100 = enable_expect_100,
                    .no_concurrent_connects = no_concurrent_connects,
                    .connection_lifetime = curl_conn_lifetime,
                    .at_once = {.under_way = static_cast<std::size_t>(max_async_transfers),
                                .queued = static_cast<std::size_t>(max_queued_transfers)}};
  transfers_ = std::make_unique<Transfers>(std::move(settings), services.pool, statistics, services.stand_in);
  return transfers_->start();
}

// Transfers resume runs in shards, which don't outlive this.
void RestClient::stop() {
  if (transfers_ != nullptr) transfers_->stop();
}

base::Task<Verdict> RestClient::transfer(RouteContext& context, std::string_view function, Request request,
                                         Outputs outputs) {
  if (auto* const next = context.find_of_run<NextHeaders>(this)) {
    request.headers = std::exchange(next->lines, {});
    next->bytes = 0;
  }
  if (context.async_call.limit.count() > 0) request.limit = context.async_call.limit;
  if (std::ranges::any_of(request.url, ends_a_line) || std::ranges::any_of(request.content_type, ends_a_line)) {
    log::error("{}(): there is a line end in the URL or the type of the body", function);
    co_return code_of(Outcome::Failed);
  }
  auto waiting = context.proxy().shard().suspend<Answer>();
  auto done = [shards = shards_, handle = waiting.handle()](Answer answer) {
    shards->resume(handle, std::move(answer));
  };
  if (auto begun = transfers_->begin(std::move(request), std::move(done)); !begun) {
    log::error("{}(): {}", function, begun.error().message);
    co_return code_of(Outcome::Failed);
  }
  const Answer answer = co_await waiting;
  if (outputs.status) outputs.status->assign(script::Value::integer(answer.status));
  // What came before the time was over is the script's to use or not.
  if (answer.outcome == Outcome::Done || answer.outcome == Outcome::TransferTimeout) {
    outputs.body.assign(script::Value::text(context.keep(answer.body)));
    if (outputs.content_type) outputs.content_type->assign(script::Value::text(context.keep(answer.content_type)));
  }
  co_return code_of(answer.outcome);
}

base::Task<Verdict> RestClient::send(RouteContext& context, std::string_view function, Method method,
                                     std::string_view url, std::string_view send_body, Text send_content_type,
                                     Outputs outputs) {
  Request request{.method = method,
                  .url = std::string(url),
                  .body = std::string(send_body),
                  .content_type = std::string(send_content_type.value_or(""))};
  return transfer(context, function, std::move(request), std::move(outputs));
}

base::Task<Verdict> RestClient::rest_get(RouteContext& context, std::string_view url, module::Output body,
                                         Out content_type, Out status) {
  return send(context, "rest_get", Method::Get, url, {}, {}, Outputs{body, content_type, status});
}

base::Task<Verdict> RestClient::rest_post(RouteContext& context, std::string_view url, std::string_view send_body,
                                          Text send_content_type, module::Output body, Out content_type, Out status) {
  return send(context, "rest_post", Method::Post, url, send_body, send_content_type,
              Outputs{body, content_type, status});
}

base::Task<Verdict> RestClient::rest_put(RouteContext& context, std::string_view url, std::string_view send_body,
                                         Text send_content_type, module::Output body, Out content_type, Out status) {
  return send(context, "rest_put", Method::Put, url, send_body, send_content_type, Outputs{body, content_type, status});
}

Verdict RestClient::rest_append_hf(RouteContext& context, std::string_view text) {
  const std::string_view header = base::trim(text);
  if (!is_header(header)) {
    log::error("rest_append_hf(): not a header \"Field: value\" of one line");
    return module::kFalse;
  }
  auto& next = context.of_run<NextHeaders>(this);
  if (next.lines.size() >= kHeaders || next.bytes + header.size() > kHeaderBytes) {
    log::error("rest_append_hf(): more than {} headers or {} bytes", kHeaders, kHeaderBytes);
    return module::kFalse;
  }
  next.lines.emplace_back(header);
  next.bytes += header.size();
  return module::kTrue;
}

Verdict RestClient::rest_init_client_tls(RouteContext& /*context*/, std::string_view domain) {
  log::error("rest_init_client_tls(): there is no client domain '{}': tls_mgm is not loaded", domain);
  return module::kFalse;
}

}  // namespace carillon::rest_client
