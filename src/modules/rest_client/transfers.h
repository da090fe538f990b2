// SPDX-License-Identifier: Apache-2.0
// HTTP transfers by libcurl, all of them on one thread: what rest_client's functions wait for.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "metrics/counter.h"
#include "module/reactor.h"
#include "module/stand_in.h"

namespace carillon::rest_client {

enum class Method : std::uint8_t { Get, Post, Put };

struct Request {
  Method method = Method::Get;
  std::string url = {};
  std::string body = {};
  std::string content_type = {};  // of the body; empty: application/x-www-form-urlencoded
  std::vector<std::string> headers = {};
  base::Duration limit = base::Duration::max();  // instead of Settings::limit, if that is longer
};

// OpenSIPS's return codes.
enum class Outcome : std::int8_t {
  Done = 1,  // there is a response, whatever its status
  Refused = -1,
  ConnectTimeout = -2,
  TransferTimeout = -3,  // some of the response may be there
  AlreadyConnecting = -4,
  Failed = -10,  // anything else
};

struct Answer {
  Outcome outcome = Outcome::Failed;
  int status = 0;  // of HTTP; 0: none came
  std::string body;
  std::string content_type;
};

struct Settings {
  base::Duration connect_limit = std::chrono::seconds(20);  // name, TCP and TLS
  base::Duration limit = std::chrono::seconds(20);          // of all, the time in the queue included
  std::size_t max_body = 10U << 20U;                        // of a response
  bool verify_peer = true;
  bool verify_host = true;
  std::string ca_folder = {};  // empty: the system's
  long http_version = 0;       // as curl_http_version numbers them
  bool expect_100 = false;
  bool no_concurrent_connects = false;
  std::chrono::seconds connection_lifetime{0};  // 0: as libcurl likes it
  module::Reactor::Limits at_once = {};
};

struct Statistics {
  metrics::Counter transfers;
  metrics::Counter failed;
  metrics::Counter refused;  // too many waited
};

class Transfers final : private module::Reactor::Work {
 public:
  using Done = std::move_only_function<void(Answer answer)>;

  // `stand_in`: module::Services::stand_in; with it nobody is ever asked.
  Transfers(Settings settings, storage::Pool& pool, Statistics& statistics, module::StandIn* stand_in = nullptr);
  ~Transfers() override;

  [[nodiscard]] base::Result<> start();
  // Any thread. `done` is called once, on the thread of the transfers, unless stop() comes first; with a stand-in at
  // once. An error when too many wait, or the stand-in has no answer: then it is not called.
  [[nodiscard]] base::Result<> begin(Request request, Done done);
  // Ends what is under way. Nobody is told.
  void stop();

 private:
  struct Transfer;
  struct CloseMulti {
    void operator()(void* multi) const noexcept;
  };

  // --- module::Reactor::Work
  void on_ready(int descriptor, std::uint32_t events) override;
  [[nodiscard]] base::TimePoint due() const override { return due_; }
  void on_due(base::TimePoint now) override;
  [[nodiscard]] std::size_t under_way() const override { return transfers_.size(); }
  void abandon() override;

  [[nodiscard]] base::Result<> ask_stand_in(const Request& request, Done done);
  void begin_now(std::unique_ptr<Transfer> transfer);
  [[nodiscard]] bool set_options(Transfer& transfer);
  [[nodiscard]] bool set_request(Transfer& transfer);
  void set_callbacks(Transfer& transfer);
  void finish_done();
  [[nodiscard]] static std::string_view reason_of(const Transfer& transfer, int result);
  void finish(std::unique_ptr<Transfer> transfer, Outcome outcome, std::string_view why);
  // Makes libcurl act: on a descriptor, or on the time that has passed.
  void act(int descriptor, int action);
  void watch(int descriptor, int what);

  // --- libcurl's callbacks; they are given the Transfers or the Transfer
  static int on_socket(void* easy, int descriptor, int what, void* self, void* socket);
  static int on_timer(void* multi, long milliseconds, void* self);
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* transfer);
  static int on_connected(void* transfer, char* to, char* from, int to_port, int from_port);

  const Settings settings_;
  Statistics& statistics_;
  module::StandIn* const stand_in_;
  std::unique_ptr<void, CloseMulti> multi_;
  bool is_initialized_ = false;
  base::TimePoint due_ = base::TimePoint::max();
  std::unordered_map<void*, std::unique_ptr<Transfer>> transfers_;  // by their easy handle
  std::vector<void*> idle_;                                         // easy handles
  // Where transfers go, with no_concurrent_connects.
  struct Host {
    std::size_t transfers = 0;                      // under way
    std::size_t connecting = 0;                     // of those
    base::TimePoint used = base::TimePoint::min();  // the last one that was done
  };
  std::map<std::string, Host, std::less<>> hosts_;
  module::Reactor reactor_;
};

}  // namespace carillon::rest_client
