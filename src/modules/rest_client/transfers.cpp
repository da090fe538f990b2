// SPDX-License-Identifier: Apache-2.0
// See transfers.h. libcurl says which descriptors and which moment it waits for; the reactor waits.
#include "modules/rest_client/transfers.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/log.h"

namespace carillon::rest_client {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kIdleHandles = 64;
constexpr std::size_t kKnownHosts = 1000;
constexpr std::size_t kBodyOfExpect = 1024;  // above it enable_expect_100 asks before it sends

base::TimePoint now() { return std::chrono::steady_clock::now(); }

long to_milliseconds(base::Duration duration) {
  return static_cast<long>(std::chrono::ceil<milliseconds>(duration).count());
}

constexpr std::string_view name_of(Method method) {
  constexpr std::array<std::string_view, 3> kNames = {"GET", "POST", "PUT"};
  return kNames[static_cast<std::size_t>(method)];
}

// For the log: passwords and keys stand before the host and in the query.
std::string_view without_secrets(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t at = url.substr(0, url.find('/', begin)).rfind('@');
  return at == std::string_view::npos ? url : url.substr(at + 1);
}

// Empty when it is no URL; then libcurl will say so.
std::string host_of(const std::string& url) {
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), curl_url_cleanup);
  char* host = nullptr;
  if (parsed == nullptr || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
      curl_url_get(parsed.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK) {
    return {};
  }
  std::string text = host;
  curl_free(host);
  return text;
}

}  // namespace

struct Transfers::Transfer {
  Transfer(Transfers& in, Request asked, Done when_done)
      : owner(in), request(std::move(asked)), done(std::move(when_done)) {}
  ~Transfer() {
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  bool add_header(const std::string& line) {
    curl_slist* longer = curl_slist_append(headers, line.c_str());
    if (longer == nullptr) return false;
    headers = longer;
    return true;
  }

  Transfers& owner;
  Request request;
  Done done;
  const base::TimePoint asked_at = now();
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  Host* host = nullptr;  // with no_concurrent_connects
  bool connected = false;
  bool is_too_long = false;
  Answer answer;
  std::array<char, CURL_ERROR_SIZE> error{};
};

void Transfers::CloseMulti::operator()(void* multi) const noexcept { curl_multi_cleanup(multi); }

Transfers::Transfers(Settings settings, storage::Pool& pool, Statistics& statistics, module::StandIn* stand_in)
    : settings_(std::move(settings)),
      statistics_(statistics),
      stand_in_(stand_in),
      reactor_(*this, pool, settings_.at_once) {}

Transfers::~Transfers() {
  stop();
  if (is_initialized_) curl_global_cleanup();
}

base::Result<> Transfers::start() {
  if (stand_in_ != nullptr) return {};
  is_initialized_ = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  if (!is_initialized_) return base::fail("libcurl can't be initialized");
  multi_.reset(curl_multi_init());
  if (multi_ == nullptr) return base::fail("libcurl can't be initialized");
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &Transfers::on_socket);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &Transfers::on_timer);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(settings_.at_once.under_way));
  return reactor_.start();
}

void Transfers::stop() { reactor_.stop(base::Duration::zero()); }

base::Result<> Transfers::begin(Request request, Done done) {
  if (stand_in_ != nullptr) return ask_stand_in(request, std::move(done));
  auto transfer = std::make_unique<Transfer>(*this, std::move(request), std::move(done));
  auto taken = reactor_.submit([this, begun = std::move(transfer)]() mutable { begin_now(std::move(begun)); });
  (taken ? statistics_.transfers : statistics_.refused).add();
  return taken;
}

base::Result<> Transfers::ask_stand_in(const Request& request, Done done) {
  statistics_.transfers.add();
  const std::string question = fmt::format("{} {}", name_of(request.method), request.url);
  auto answer = stand_in_->answer({module::StandIn::Kind::HttpRequest, question, request.body});
  const bool fits = !answer || answer->output.size() <= settings_.max_body;
  if (!answer || answer->failure || !fits) statistics_.failed.add();
  if (!answer) return base::fail(fmt::format("asks nobody here: {}", question));
  if (!fits) return base::fail("the response is longer than max_transfer_size");
  done({.outcome = static_cast<Outcome>(answer->failure.value_or(static_cast<int>(Outcome::Done))),
        .status = answer->status,
        .body = std::move(answer->output),
        .content_type = std::move(answer->content_type)});
  return {};
}

void Transfers::begin_now(std::unique_ptr<Transfer> transfer) {
  if (settings_.no_concurrent_connects) {
    if (hosts_.size() >= kKnownHosts) std::erase_if(hosts_, [](const auto& one) { return one.second.transfers == 0; });
    Host& host = hosts_[host_of(transfer->request.url)];
    const bool has_connection = host.used != base::TimePoint::min() && settings_.connection_lifetime.count() > 0 &&
                                transfer->asked_at - host.used < settings_.connection_lifetime;
    if (host.connecting != 0 && !has_connection) {
      return finish(std::move(transfer), Outcome::AlreadyConnecting, "a connection is being made already");
    }
    ++host.connecting;
    ++host.transfers;
    transfer->host = &host;
  }
  if (idle_.empty()) {
    transfer->easy = curl_easy_init();
  } else {
    transfer->easy = idle_.back();
    idle_.pop_back();
  }
  if (transfer->easy == nullptr || !set_options(*transfer) || !set_request(*transfer)) {
    return finish(std::move(transfer), Outcome::Failed, "out of memory, or an option is refused");
  }
  const base::Duration waited = now() - transfer->asked_at;
  const base::Duration limit = std::min(settings_.limit, transfer->request.limit);
  if (waited >= settings_.connect_limit || waited >= limit) {
    return finish(std::move(transfer), Outcome::ConnectTimeout, "waited too long for its turn");
  }
  curl_easy_setopt(transfer->easy, CURLOPT_CONNECTTIMEOUT_MS, to_milliseconds(settings_.connect_limit - waited));
  curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, to_milliseconds(limit - waited));
  Transfer& begun = *transfer;
  transfers_.emplace(begun.easy, std::move(transfer));
  if (curl_multi_add_handle(multi_.get(), begun.easy) != CURLM_OK) {
    auto node = transfers_.extract(begun.easy);
    finish(std::move(node.mapped()), Outcome::Failed, "libcurl takes no more");
  }
}

// What is the same for all.
bool Transfers::set_options(Transfer& transfer) {
  CURL* const easy = transfer.easy;
  set_callbacks(transfer);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error.data());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // A name server that doesn't answer must not hold up this thread when a transfer ends that waits for it.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(settings_.max_body));
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, settings_.http_version);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, settings_.verify_peer ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, settings_.verify_host ? 2L : 0L);
  if (!settings_.ca_folder.empty() && curl_easy_setopt(easy, CURLOPT_CAPATH, settings_.ca_folder.c_str()) != CURLE_OK) {
    return false;
  }
  if (settings_.connection_lifetime.count() > 0) {
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, static_cast<long>(settings_.connection_lifetime.count()));
  }
  return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
}

void Transfers::set_callbacks(Transfer& transfer) {
  CURL* const easy = transfer.easy;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfers::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &Transfers::on_connected);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, &transfer);
}

bool Transfers::set_request(Transfer& transfer) {
  CURL* const easy = transfer.easy;
  const Request& request = transfer.request;
  bool set = curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str()) == CURLE_OK;
  for (const std::string& header : request.headers) set = set && transfer.add_header(header);
  if (request.method != Method::Get) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());  // not copied
    if (request.method == Method::Put) set = set && curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "PUT") == CURLE_OK;
    if (!request.content_type.empty()) set = set && transfer.add_header("Content-Type: " + request.content_type);
    // Left alone, libcurl decides by the size of the body.
    const bool expects = settings_.expect_100 && request.body.size() > kBodyOfExpect;
    set = set && transfer.add_header(expects ? "Expect: 100-continue" : "Expect:");
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers);
  return set;
}

void Transfers::on_ready(int descriptor, std::uint32_t events) {
  int action = 0;
  if ((events & (EPOLLIN | EPOLLHUP)) != 0) action |= CURL_CSELECT_IN;
  if ((events & EPOLLOUT) != 0) action |= CURL_CSELECT_OUT;
  if ((events & EPOLLERR) != 0) action |= CURL_CSELECT_ERR;
  act(descriptor, action);
}

void Transfers::on_due(base::TimePoint /*time*/) {
  due_ = base::TimePoint::max();
  act(CURL_SOCKET_TIMEOUT, 0);
  // libcurl tells a moment once only. Where it finds that this one has not come yet, it has to be asked.
  long left = -1;
  if (due_ == base::TimePoint::max() && curl_multi_timeout(multi_.get(), &left) == CURLM_OK && left >= 0) {
    due_ = now() + milliseconds(std::max(left, 1L));
  }
}

void Transfers::act(int descriptor, int action) {
  int running = 0;
  curl_multi_socket_action(multi_.get(), descriptor, action, &running);
  finish_done();
}

void Transfers::finish_done() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode result = message->data.result;
    auto node = transfers_.extract(message->easy_handle);
    Transfer& transfer = *node.mapped();
    curl_multi_remove_handle(multi_.get(), transfer.easy);  // `message` is gone now
    curl_off_t connect_time = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_CONNECT_TIME_T, &connect_time);
    Outcome outcome = Outcome::Failed;
    if (result == CURLE_OK) {
      outcome = Outcome::Done;
    } else if (result == CURLE_COULDNT_CONNECT) {
      outcome = Outcome::Refused;
    } else if (result == CURLE_OPERATION_TIMEDOUT) {
      outcome = transfer.connected || connect_time > 0 ? Outcome::TransferTimeout : Outcome::ConnectTimeout;
    }
    finish(std::move(node.mapped()), outcome, reason_of(transfer, result));
  }
}

std::string_view Transfers::reason_of(const Transfer& transfer, int result) {
  if (transfer.is_too_long || result == CURLE_FILESIZE_EXCEEDED) return "the response is longer than max_transfer_size";
  if (transfer.error.front() != '\0') return transfer.error.data();
  return curl_easy_strerror(static_cast<CURLcode>(result));
}

void Transfers::finish(std::unique_ptr<Transfer> transfer, Outcome outcome, std::string_view why) {
  Answer& answer = transfer->answer;
  answer.outcome = outcome;
  if (transfer->easy != nullptr) {
    long status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
    const char* type = nullptr;
    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
    if (type != nullptr) answer.content_type = type;
    if (idle_.size() < kIdleHandles) {
      curl_easy_reset(transfer->easy);
      idle_.push_back(std::exchange(transfer->easy, nullptr));
    }
  }
  if (transfer->host != nullptr) {
    --transfer->host->transfers;
    if (!transfer->connected) --transfer->host->connecting;
    if (outcome == Outcome::Done) transfer->host->used = now();
  }
  if (outcome != Outcome::Done) {
    statistics_.failed.add();
    const Request& request = transfer->request;
    log::error("rest_client: {} {}: {}", name_of(request.method), without_secrets(request.url), why);
  }
  transfer->done(std::move(answer));
}

void Transfers::abandon() {
  for (auto& [easy, transfer] : transfers_) {
    curl_multi_remove_handle(multi_.get(), easy);
  }
  transfers_.clear();
  for (void* easy : idle_) curl_easy_cleanup(easy);
  idle_.clear();
  multi_.reset();
}

int Transfers::on_socket(void* /*easy*/, int descriptor, int what, void* self, void* /*socket*/) {
  static_cast<Transfers*>(self)->watch(descriptor, what);
  return 0;
}

void Transfers::watch(int descriptor, int what) {
  if (what == CURL_POLL_REMOVE) return reactor_.forget(descriptor);
  std::uint32_t events = 0;
  if (what != CURL_POLL_OUT) events |= EPOLLIN;
  if (what != CURL_POLL_IN) events |= EPOLLOUT;
  if (auto watched = reactor_.watch(descriptor, events); !watched) {
    log::error("rest_client: {}", watched.error().message);  // its time limit ends the transfer
  }
}

int Transfers::on_timer(void* /*multi*/, long left, void* self) {
  static_cast<Transfers*>(self)->due_ = left < 0 ? base::TimePoint::max() : now() + milliseconds(left);
  return 0;
}

std::size_t Transfers::on_body(char* bytes, std::size_t size, std::size_t count, void* transfer) {
  auto& self = *static_cast<Transfer*>(transfer);
  const std::size_t all = size * count;
  if (self.answer.body.size() + all > self.owner.settings_.max_body) {
    self.is_too_long = true;
    return CURL_WRITEFUNC_ERROR;
  }
  self.answer.body.append(bytes, all);
  return all;
}

int Transfers::on_connected(void* transfer, char* /*to*/, char* /*from*/, int /*to_port*/, int /*from_port*/) {
  auto& self = *static_cast<Transfer*>(transfer);
  if (self.host != nullptr && !self.connected) --self.host->connecting;
  self.connected = true;
  return CURL_PREREQFUNC_OK;
}

}  // namespace carillon::rest_client
