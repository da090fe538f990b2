// SPDX-License-Identifier: Apache-2.0
// See explain.h.
#include "server/tools/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "modules/module_list.h"
#include "server/script_loader.h"
#include "server/tools/explanation.h"
#include "server/tools/watched_database.h"
#include "testing/peer.h"
#include "testing/scenario/log_capture.h"
#include "testing/scenario/scenario.h"
#include "testing/scenario/text_message.h"
#include "testing/scenario/world.h"

namespace carillon::server {
namespace {

using testing::TextMessage;
using testing::World;
using transport::Protocol;

constexpr std::chrono::seconds kLongestWait{120};
constexpr const char* kUsualSource[] = {"10.0.0.11:5060", "[2001:db8::11]:5060"};

// A request as a person keeps it in a file: line ends and the length of the body are put right when an editor has
// changed them.
base::Result<std::string> request_of(std::string text, const std::string& name) {
  while (!text.empty() && base::is_lws(text.front())) text.erase(0, 1);
  if (text.starts_with("SIP/2.0 ")) return base::fail(name + ": this is a response; a request is explained");
  if (text.empty()) return base::fail(name + ": there is no request in it");
  const bool edited = text.find("\r\n") == std::string::npos;
  std::string bytes;
  for (const char c : text) {
    if (edited && c == '\n') bytes += '\r';
    bytes += c;
  }
  if (bytes.find("\r\n\r\n") == std::string::npos) bytes += bytes.ends_with("\r\n") ? "\r\n" : "\r\n\r\n";
  if (!edited) return bytes;
  auto message = TextMessage::parse(bytes);
  if (!message) return bytes;
  message->remove("Content-Length");
  return message->write();
}

// Where it says to come from: what stands in its top Via, if that is an address.
std::optional<base::Endpoint> source_in(const std::string& bytes) {
  const auto message = TextMessage::parse(bytes);
  const std::vector<std::string> vias = message ? message->values("Via") : std::vector<std::string>();
  if (vias.empty()) return std::nullopt;
  std::string_view sent_by = vias.front();
  static_cast<void>(base::take_until(sent_by, ' '));
  const std::string host(base::trim(base::take_until(sent_by, ';')));
  if (auto endpoint = base::Endpoint::parse(host)) return endpoint;
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  const auto address = base::IpAddress::parse(brackets ? host.substr(1, host.size() - 2) : host);
  if (!address) return std::nullopt;
  return base::Endpoint{*address, 5060};
}

// What the script would have done to the outside.
std::string unasked(const testing::StatedAnswers::Question& question) {
  const bool is_command = question.kind == testing::StatedAnswers::Kind::Command;
  return fmt::format("{}: {}", is_command ? "exec() runs no command here" : "nobody is asked here", question.what);
}

class Explainer {
 public:
  Explainer(const ExplainOptions& options, const script::Source& source) : options_(options), source_(source) {}
  // Nobody listens any more while the world ends.
  ~Explainer() {
    world_.network().set_tap({});
    world_.answers().set_listener({});
  }
  Explainer(const Explainer&) = delete;
  Explainer& operator=(const Explainer&) = delete;

  [[nodiscard]] base::Result<> start();
  [[nodiscard]] base::Result<Explanation> explain(const std::string& bytes);

 private:
  [[nodiscard]] base::Result<World::Listening> socket() const;
  [[nodiscard]] base::Result<base::Endpoint> source_of(const std::string& bytes, const World::Listening& socket) const;
  void send(const base::Endpoint& from, const World::Listening& to, const std::string& bytes);
  void let_time_pass();
  void note(Happening happening);

  const ExplainOptions& options_;
  const script::Source& source_;
  base::Duration time_{};  // zero: until no run waits
  testing::LogCapture log_;
  std::vector<Happening> happenings_;
  World world_;
  std::map<base::Endpoint, std::unique_ptr<testing::DatagramPeer>> datagram_peers_;
  std::map<base::Endpoint, std::unique_ptr<testing::StreamPeer>> stream_peers_;
};

base::Result<> Explainer::start() {
  if (!options_.time.empty()) {
    const auto time = testing::parse_duration(options_.time);
    if (!time) return std::unexpected(time.error());
    time_ = *time;
  }
  World::Setup setup;
  setup.whole_script = source_;
  setup.recorded = true;
  setup.database_driver = [this](std::unique_ptr<storage::Driver> own, World::Drivers real) {
    if (!options_.databases) real.clear();
    return watched_databases(std::move(own), std::move(real), [this](const std::string& what) {
      note({.kind = Happening::Kind::Database, .text = what});
    });
  };
  world_.network().set_silent_listeners(true);
  world_.network().set_tap([this](const testing::FakeNetwork::Sent& sent) {
    const bool ours = sent.stream ? stream_peers_.contains(sent.from) : datagram_peers_.contains(sent.from);
    if (ours) return;
    note({.kind = Happening::Kind::Sent,
          .transport = sent.stream ? "tcp" : "udp",
          .from = sent.from.to_string(),
          .to = sent.to.to_string(),
          .text = std::string(sent.bytes)});
  });
  world_.answers().set_listener([this](const testing::StatedAnswers::Question& question, bool /*is_answered*/) {
    note({.kind = Happening::Kind::Note, .text = unasked(question)});
  });
  return world_.start(setup);
}

void Explainer::note(Happening happening) {
  happening.steps = world_.recorder() == nullptr ? 0 : world_.recorder()->steps().size();
  happening.time = std::chrono::duration_cast<std::chrono::milliseconds>(world_.elapsed());
  happenings_.push_back(std::move(happening));
}

base::Result<World::Listening> Explainer::socket() const {
  const auto wanted = transport::parse_protocol(options_.transport);
  if (!wanted || (*wanted != Protocol::Udp && *wanted != Protocol::Tcp)) {
    return base::fail(fmt::format("--transport {}: udp or tcp", options_.transport));
  }
  std::string known;
  for (const World::Listening& one : world_.listening()) {
    const std::string name = transport::socket_name(one.protocol, one.address);
    known += (known.empty() ? "" : ", ") + name;
    if (options_.socket.empty() ? one.protocol == *wanted : options_.socket == name) return one;
  }
  const std::string& asked = options_.socket.empty() ? options_.transport : options_.socket;
  return base::fail(fmt::format("the script has no socket {}; it has {}", asked, known.empty() ? "none" : known));
}

base::Result<base::Endpoint> Explainer::source_of(const std::string& bytes, const World::Listening& socket) const {
  std::optional<base::Endpoint> source;
  if (!options_.source.empty()) {
    source = base::Endpoint::parse(options_.source);
    const auto address = base::IpAddress::parse(options_.source);
    if (!source && address) source = base::Endpoint{*address, 5060};
    if (!source) return base::fail(fmt::format("--source {}: an address with a port", options_.source));
  } else {
    source = source_in(bytes);
  }
  const base::Family family = socket.address.address.family();
  const bool given = !options_.source.empty();
  if (given && source->address.family() != family) {
    return base::fail(fmt::format("--source {} can't reach {}", options_.source, socket.address.to_string()));
  }
  const auto is_ours = [&source](const World::Listening& one) { return one.address == *source; };
  if (source && std::ranges::any_of(world_.listening(), is_ours)) {
    if (given) return base::fail(fmt::format("--source {} is where the script listens", options_.source));
    source.reset();
  }
  if (source && source->address.family() == family) return *source;
  return *base::Endpoint::parse(kUsualSource[family == base::Family::V6 ? 1 : 0]);
}

void Explainer::send(const base::Endpoint& from, const World::Listening& to, const std::string& bytes) {
  if (to.protocol == Protocol::Udp) {
    auto& peer = datagram_peers_[from];
    if (peer == nullptr) peer = std::make_unique<testing::DatagramPeer>(world_.network(), from);
    peer->send(to.address, bytes);
    return;
  }
  auto& peer = stream_peers_[from];
  if (peer == nullptr || peer->seen().closed) {
    peer = testing::StreamPeer::connect(world_.network(), {.remote = to.address, .local = from});
  }
  static_cast<void>(peer->send(bytes));
}

void Explainer::let_time_pass() {
  world_.advance(time_);
  constexpr std::chrono::milliseconds kStep{100};
  for (base::Duration waited{};
       time_ == base::Duration::zero() && world_.recorder()->has_unfinished() && waited < kLongestWait;
       waited += kStep) {
    world_.advance(kStep);
  }
  if (world_.recorder()->has_unfinished()) note({.kind = Happening::Kind::Note, .text = "a run still waits"});
}

base::Result<Explanation> Explainer::explain(const std::string& bytes) {
  const auto to = socket();
  if (!to) return std::unexpected(to.error());
  const auto from = source_of(bytes, *to);
  if (!from) return std::unexpected(from.error());
  const std::size_t first_step = world_.recorder()->steps().size();
  const std::size_t first_line = log_.lines().size();
  const auto began = std::chrono::duration_cast<std::chrono::milliseconds>(world_.elapsed());
  send(*from, *to, bytes);
  let_time_pass();

  Explanation explanation;
  const std::string_view line = std::string_view(bytes).substr(0, bytes.find('\r'));
  explanation.request = line.substr(0, line.rfind(' '));
  explanation.transport = to->protocol == Protocol::Udp ? "udp" : "tcp";
  explanation.source = from->to_string();
  explanation.socket = transport::socket_name(to->protocol, to->address);
  const auto& steps = world_.recorder()->steps();
  explanation.steps.assign(steps.begin() + static_cast<std::ptrdiff_t>(first_step), steps.end());
  // What happened at the start is told with the first request.
  explanation.happenings = std::exchange(happenings_, {});
  for (Happening& happening : explanation.happenings) {
    happening.steps -= std::min(happening.steps, first_step);
    happening.time -= began;
  }
  explanation.log = log_.lines();
  explanation.log.erase(explanation.log.begin(), explanation.log.begin() + static_cast<std::ptrdiff_t>(first_line));
  return explanation;
}

int complain(int status, std::string_view what) {
  fmt::print(stderr, "carillon: {}\n", what.ends_with('\n') ? what.substr(0, what.size() - 1) : what);
  return status;
}

}  // namespace

int explain_requests(const ExplainOptions& options) {
  std::vector<std::string> requests;
  for (const std::string& file : options.requests) {
    auto text = script::read_text(file);
    auto request = text ? request_of(std::move(*text), file) : std::move(text);
    if (!request) return complain(kBadStart, request.error().message);
    requests.push_back(std::move(*request));
  }
  const auto source = read_script(options.script, {});
  if (!source) return kBadStart;
  module::Registry registry(modules::all());
  if (compile_script(*source, registry) == nullptr) return kBadStart;

  Explainer explainer(options, *source);
  if (auto started = explainer.start(); !started) return complain(kBadStart, started.error().message);
  int status = kSuccess;
  management::Json all = management::Json::array();
  for (const std::string& request : requests) {
    const auto explanation = explainer.explain(request);
    if (!explanation) return complain(kBadStart, explanation.error().message);
    if (explanation->steps.empty()) status = kFailure;
    if (options.json) {
      all.push_back(to_json(*explanation));
    } else {
      fmt::print("{}", to_text(*explanation));
    }
  }
  if (options.json) fmt::print("{}\n", all.text(2));
  return status;
}

}  // namespace carillon::server
