// SPDX-License-Identifier: Apache-2.0
// See server.h.
#include "server/server.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <thread>
#include <tuple>

#include "base/log.h"
#include "base/strings.h"
#include "module/registry.h"
#include "modules/module_list.h"
#include "net/system_network.h"
#include "server/default_script.h"
#include "server/listeners.h"
#include "server/privileges.h"
#include "server/script_loader.h"
#include "server/stack.h"
#include "server/version.h"
#include "transport/system_resolver.h"
#include "transport/worker_loop.h"

namespace carillon::server {
namespace {

using namespace std::chrono_literals;

// Handled by the main thread alone; every thread started later inherits the mask.
sigset_t handled_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&signals, signal);
  return signals;
}

void complain(const std::vector<std::string>& problems) {
  for (const std::string& problem : problems) fmt::print(stderr, "carillon: {}\n", problem);
}

// open_files_limit, or as many as the administrator allows the process. More than that takes a privilege.
void set_file_limit(int wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const auto files = wanted > 0 ? static_cast<rlim_t>(wanted) : limit.rlim_max;
  const rlimit asked{.rlim_cur = files, .rlim_max = std::max(files, limit.rlim_max)};
  if (setrlimit(RLIMIT_NOFILE, &asked) == 0) return;
  log::warning("open_files_limit: {} files are more than this process may have; it has {}", files, limit.rlim_max);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// What disable_core_dump and debug_mode say; the service manager's word unless they are set.
void set_core_limit(const core::CoreSettings& script) {
  rlimit limit{};
  if ((!script.disable_core_dump && !script.debug_mode) || getrlimit(RLIMIT_CORE, &limit) != 0) return;
  limit.rlim_cur = script.disable_core_dump ? 0 : limit.rlim_max;
  setrlimit(RLIMIT_CORE, &limit);
}

// "json", "json_cee", anything else is text.
log::Format format_of(std::string_view name) {
  if (name == "json_cee") return log::Format::JsonCee;
  return name.starts_with("json") ? log::Format::Json : log::Format::Text;
}

// A filter of 0 filters nothing.
log::Level ceiling_of(int filter) {
  return filter == 0 ? log::Level::Debug : static_cast<log::Level>(std::clamp(filter, -3, 4));
}

log::Settings log_settings(const RunOptions& options, const core::CoreSettings& script) {
  log::Settings settings;
  const int level = script.debug_mode ? 4 : script.log_level;
  const bool to_stderr = script.stderror_enabled || script.debug_mode;
  settings.level = static_cast<log::Level>(std::clamp(options.log_level.value_or(level) + options.more_verbose, -3, 4));
  settings.prefix = script.log_prefix;
  settings.colours = script.xlog_force_color;
  settings.file_ceiling = ceiling_of(script.stderror_level_filter);
  settings.syslog_ceiling = ceiling_of(script.syslog_level_filter);
  settings.syslog_format = format_of(script.syslog_log_format);
  // Found again by SIGHUP, whatever the working directory is then.
  if (!options.log_file.empty()) settings.file = std::filesystem::absolute(options.log_file);
  settings.syslog_name = script.syslog_name;
  settings.syslog_facility = script.syslog_facility;
  settings.also_syslog = options.log_format.empty() && script.syslog_enabled;
  if (options.log_format == "syslog") {
    settings.format = log::Format::Syslog;
  } else if (options.log_format == "json") {
    settings.format = log::Format::Json;
  } else if (options.log_format.empty() && options.log_file.empty() && script.syslog_enabled && !to_stderr) {
    settings.format = log::Format::Syslog;
  } else if (options.log_format.empty()) {
    settings.format = format_of(script.stderror_log_format);
  }
  return settings;
}

unsigned worker_count(const RunOptions& options, const core::CoreSettings& script) {
  const unsigned cores = std::max(std::thread::hardware_concurrency(), 1U);
  if (options.workers != 0) return std::min(options.workers, 64U);
  // OpenSIPS's process counts are no thread counts: more than one a core helps nobody here.
  return script.udp_workers > 0 ? std::min(static_cast<unsigned>(script.udp_workers), cores) : cores;
}

constexpr std::chrono::seconds kTimeToSave = 10s;  // for what waits to be written when the server stops

// A call into a library that never returns (a database, a name server) must not keep the process: by then all that
// could be saved is.
void leave_anyway_after(std::chrono::seconds bound) {
  std::thread([bound] {
    std::this_thread::sleep_for(bound);
    log::error("something that was asked does not answer; leaving without it");
    log::flush();
    ::_exit(kSuccess);
  }).detach();
}

struct Advertised {
  std::string host;
  std::uint16_t port = 0;  // 0: the socket's own
};

// "sip.example.org", "192.0.2.1:5080", "[2001:db8::1]:5080", "2001:db8::1"; nothing when it is none of them.
std::optional<Advertised> parse_advertised(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || base::IpAddress::parse(text)) return Advertised{.host = std::string(text)};
  const auto port = base::parse_number<std::uint16_t>(text.substr(colon + 1));
  if (!port || *port == 0 || colon == 0) return std::nullopt;
  return Advertised{.host = std::string(text.substr(0, colon)), .port = *port};
}

// Reads the script once more; null for the embedded default and standard input, which can't be. Found whatever the
// working directory is then (with -t: as the server sees it).
ScriptReload::Read script_reader(const ScriptOptions& script) {
  if (script.file.empty() || script.file == "-") return {};
  return [path = std::filesystem::absolute(script.file).string(), preprocessor = script.preprocessor] {
    return script::load_source(path, preprocessor);
  };
}

transport::SystemResolver::Options resolver_options(const core::CoreSettings& script,
                                                    std::function<void(const std::string&, base::Duration)> on_slow) {
  transport::SystemResolver::Options options;
  options.only_v4 = !script.dns_try_ipv6.value_or(true);
  options.use_search_list = script.dns_use_search_list;
  options.retry_seconds = script.dns_retr_time;
  options.retries = script.dns_retr_no;
  options.servers = script.dns_servers_no;
  options.slow = script.exec_dns_threshold;
  options.on_slow = std::move(on_slow);
  return options;
}

// Owns everything between the script and the kernel. Members are in the order of construction.
class Server {
 public:
  Server(const RunOptions& options, module::Registry& registry, std::shared_ptr<const script::Program> program);
  ~Server() { stop(); }

  // What kept it from starting, all of it.
  [[nodiscard]] std::vector<std::string> start();
  void wait_for_signals();
  // Lets live transactions finish within a bound.
  void drain();
  void stop();

 private:
  [[nodiscard]] std::vector<std::string> open_sockets();
  void add_dns_names();
  [[nodiscard]] std::vector<std::unique_ptr<transport::WorkerLoop>> make_loops();
  [[nodiscard]] std::vector<management::Worker> list_workers() const;
  void report_listeners() const;

  const RunOptions& options_;
  module::Registry& registry_;
  std::shared_ptr<const script::Program> program_;
  base::SystemClock clock_;
  storage::Pool pool_{storage::Pool::Limits{}};
  // Apart from the databases', so that a name server that is down holds up no database, and a database no name.
  storage::Pool names_pool_{{.threads = 16}};
  shard::Shards shards_{clock_};
  net::SystemNetwork network_;
  transport::SystemResolver resolver_;
  Stack stack_;
  std::vector<std::unique_ptr<transport::WorkerLoop>> loops_;
  std::unique_ptr<shard::Workers> workers_;
  bool pid_file_written_ = false;
};

Server::Server(const RunOptions& options, module::Registry& registry, std::shared_ptr<const script::Program> program)
    : options_(options),
      registry_(registry),
      program_(std::move(program)),
      network_(worker_count(options, core_module(registry).settings)),
      resolver_(names_pool_, shards_,
                resolver_options(
                    core_module(registry).settings,
                    [this](const std::string& host, base::Duration took) { stack_.report_slow("dns", host, took); })),
      stack_({.clock = clock_, .shards = shards_, .network = network_, .resolver = resolver_, .pool = pool_}, registry,
             program_,
             {.version = version_text(),
              .workers = [this] { return list_workers(); },
              .create_databases = options.script.file.empty(),
              .read_script = script_reader(options.script)}) {}

std::vector<std::string> Server::start() {
  // Looked up while the files that know them can be read.
  const auto identity = find_identity(options_.user, options_.group);
  if (!identity) return {identity.error().message};
  const core::CoreSettings& script = core_module(registry_).settings;
  const auto chosen = [](const std::string& flag, const std::string& setting) { return flag.empty() ? setting : flag; };
  if (auto entered = enter_directories(chosen(options_.change_root, script.chroot),
                                       chosen(options_.working_directory, script.wdir));
      !entered) {
    return {entered.error().message};
  }
  set_file_limit(script.open_files_limit);
  set_core_limit(script);
  if (auto problems = open_sockets(); !problems.empty()) return problems;
  if (!options_.pid_file.empty()) {
    if (auto written = write_pid_file(options_.pid_file, *identity); !written) return {written.error().message};
    pid_file_written_ = true;
  }
  // Before the modules start: the files that they make are to be the user's.
  if (auto dropped = assume(*identity); !dropped) return {dropped.error().message};
  if (auto problems = stack_.start(); !problems.empty()) return problems;
  program_.reset();
  loops_ = make_loops();
  std::vector<shard::Loop*> loops;
  for (const auto& loop : loops_) loops.push_back(loop.get());
  shard::WorkersOptions worker_options;
  worker_options.on_active_workers = [this](unsigned active) { stack_.transport().set_active_workers(active); };
  workers_ = std::make_unique<shard::Workers>(shards_, std::move(loops), worker_options);
  workers_->start();
  report_listeners();
  return {};
}

std::vector<std::string> Server::open_sockets() {
  Sockets sockets = resolve_sockets(*program_, registry_);
  for (const std::string& text : options_.listen) {
    join(sockets, resolve_socket(text));
  }
  const bool embedded = options_.script.file.empty();
  if (sockets.listen.empty() && sockets.problems.empty() && embedded) {
    for (const auto protocol : {transport::Protocol::Udp, transport::Protocol::Tcp}) {
      sockets.listen.push_back({.protocol = protocol, .address = *base::IpAddress::parse("127.0.0.1"), .port = 5060});
    }
  }
  if (sockets.listen.empty() && sockets.problems.empty()) {
    sockets.problems.emplace_back("the script has no socket= and there is no --listen: nowhere to receive");
  }
  const auto advertised = parse_advertised(options_.advertise);
  if (!advertised)
    sockets.problems.push_back(fmt::format("--advertise {}: not a host with a port", options_.advertise));
  for (transport::ListenOptions& socket : sockets.listen) {
    if (advertised && !options_.advertise.empty() && socket.advertised_host.empty()) {
      socket.advertised_host = advertised->host;
      socket.advertised_port = advertised->port;
    }
    if (!sockets.problems.empty()) continue;
    if (auto bound = stack_.transport().listen(socket); !bound) sockets.problems.push_back(bound.error().message);
  }
  for (const std::string& domain : options_.domains) stack_.identity().add({domain, 0, false});
  if (embedded) stack_.identity().add({"localhost", 0, false});
  if (sockets.problems.empty() && core_module(registry_).settings.auto_aliases) add_dns_names();
  return sockets.problems;
}

// auto_aliases: what DNS calls the addresses of the sockets.
void Server::add_dns_names() {
  for (const transport::Listener& listener : stack_.transport().listeners()) {
    for (const std::string& name : dns_names(listener.local.address)) {
      log::info("{} is also {}", listener.name, name);
      stack_.identity().add({name, listener.local.port, false});
    }
  }
}

std::vector<std::unique_ptr<transport::WorkerLoop>> Server::make_loops() {
  std::vector<std::unique_ptr<transport::WorkerLoop>> loops;
  for (unsigned worker = 0; worker < network_.loops(); ++worker) {
    loops.push_back(std::make_unique<transport::WorkerLoop>(network_.loop(worker)));
  }
  return loops;
}

std::vector<management::Worker> Server::list_workers() const {
  std::vector<management::Worker> list{{.id = 0, .pid = ::getpid(), .type = "attendant"}};
  for (unsigned worker = 0; worker < network_.loops(); ++worker) {
    list.push_back({.id = worker + 1, .pid = ::getpid(), .type = fmt::format("SIP worker {}", worker)});
  }
  return list;
}

void Server::report_listeners() const {
  for (const transport::Listener& listener : stack_.transport().listeners())
    log::notice("listening on {}", listener.name);
  log::notice("{} is ready", version_text());
}

// SIGHUP opens the log again, SIGUSR1 loads the routes of the script again, SIGTERM and SIGINT end the server.
void Server::wait_for_signals() {
  const sigset_t signals = handled_signals();
  while (true) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal == SIGHUP) {
      if (auto reopened = log::reopen(); !reopened)
        log::error("the log can't be opened again: {}", reopened.error().message);
    } else if (signal == SIGUSR1) {
      std::ignore = stack_.script_reload().run();  // which logs how it went
    } else {
      log::notice("stopping");
      return;
    }
  }
}

void Server::drain() {
  const auto bound = std::chrono::seconds(options_.shutdown_seconds);
  stack_.transport().stop_accepting();
  stack_.engine().shut_down(bound);
  const auto end = std::chrono::steady_clock::now() + bound + 1s;
  while (stack_.engine().unfinished() != 0 && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(5ms);
}

void Server::stop() {
  if (workers_) workers_->stop();
  stack_.stop();
  pool_.stop(kTimeToSave);
  names_pool_.stop(0s);
  if (std::exchange(pid_file_written_, false)) ::unlink(options_.pid_file.c_str());
}

std::string embedded_script(const RunOptions& options) {
  if (!options.script.file.empty()) return {};
  return default_script({.db_url = options.db_url.empty() ? default_db_url() : options.db_url});
}

}  // namespace

int run_server(const RunOptions& options) {
  const sigset_t signals = handled_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  for (const int ignored : {SIGPIPE, SIGUSR2}) std::signal(ignored, SIG_IGN);

  const auto source = read_script(options.script, embedded_script(options));
  if (!source) return kBadStart;
  module::Registry registry(modules::all());
  auto program = compile_script(*source, registry, options.script);
  if (program == nullptr) return kBadStart;
  if (options.check_via) core_module(registry).settings.check_via = true;
  if (auto logging = log::configure(log_settings(options, core_module(registry).settings)); !logging) {
    complain({logging.error().message});
    return kBadStart;
  }
  Server server(options, registry, std::move(program));
  if (const auto problems = server.start(); !problems.empty()) {
    complain(problems);
    return kBadStart;
  }
  server.wait_for_signals();
  server.drain();
  leave_anyway_after(kTimeToSave + 5s);
  server.stop();
  log::flush();
  return kSuccess;
}

}  // namespace carillon::server
