// SPDX-License-Identifier: Apache-2.0
// A compiled script: immutable bytecode and what it configures. Runs share it; a reload makes another beside it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "script/declaration.h"
#include "script/diagnostic.h"
#include "script/source.h"
#include "script/value.h"

namespace carillon::script {

struct Code;  // bytecode.h
class Host;

// Index of a route in one Program; never carried to another (look routes up again by name after a reload).
using RouteId = std::uint32_t;

struct RouteInfo {
  RouteKind kind = RouteKind::Request;
  std::string name;                // empty for the main route and the unnamed onreply, error, local, startup routes
  std::chrono::seconds period{0};  // timer_route
  Position position;
};

// `socket = udp:host:port as host:port tag id ...`, not resolved: host may be a name, an interface or "*".
struct SocketSpec {
  std::string protocol;                                        // lower case
  std::string host;                                            // without brackets
  std::vector<std::pair<std::uint16_t, std::uint16_t>> ports;  // ranges; empty: the protocol's default
  std::string advertised_host;
  std::uint16_t advertised_port = 0;  // 0: the socket's own
  std::string tag;
  int workers = 0;  // use_workers; 0: as udp_workers or tcp_workers say
  int tos = -1;
  bool anycast = false;
  bool fragment = false;
  bool reuse_port = false;
  bool accept_subdomain = false;
  bool allow_proxy_protocol = false;
  bool send_proxy_protocol = false;
  std::string auto_scaling_profile;
  std::vector<std::string> bond_members;  // `bond:NAME { ... }`: then host is the bond's name
  Position position;
};

// `alias = [proto:]host[:port] [accept_subdomain]`: one more name of ours.
struct AliasSpec {
  std::string protocol;
  std::string host;
  std::uint16_t port = 0;
  bool accept_subdomain = false;
  Position position;
};

// A number or a text, as written in the script.
struct SettingValue {
  bool is_number = false;
  std::int64_t number = 0;
  std::string text;

  // Valid as long as this stays where it is.
  [[nodiscard]] Value get() const { return is_number ? Value::integer(number) : Value::text(text); }
};

struct ParameterSetting {
  std::string name;  // as written; synonyms are not undone
  SettingValue value;
  Position position;
};

struct ModuleParameterSetting {
  std::string modules;  // name or regular expression
  std::string name;
  SettingValue value;
  Position position;
};

// The settings part of a script, in source order. The Host has been asked about each already.
struct Settings {
  std::vector<SocketSpec> sockets;
  std::vector<AliasSpec> aliases;
  std::vector<ParameterSetting> parameters;
  std::vector<std::string> modules;  // loadmodule, without path and ".so"
  std::vector<ModuleParameterSetting> module_parameters;
};

// Bounds on what a run may use up. The script's own parameters (max_while_loops, pv_print_buf_size) change them.
struct RunLimits {
  std::uint32_t max_loop_iterations = 10'000;  // of one while or for
  std::uint32_t max_route_depth = 100;
  // Bytecode instructions of one run; calls, regular expressions and long texts count for more than one.
  std::uint64_t max_steps = 5'000'000;
  // Of the processor, in all parts of one run together: waiting is free. Looked at from time to time.
  std::chrono::milliseconds max_time{2'000};
  std::uint32_t max_text = 20'000;           // bytes of one expanded text
  std::uint64_t max_run_text = 8 << 20;      // bytes of text one run builds in all
  std::uint64_t max_run_memory = 32U << 20;  // bytes by which it makes the message's arena grow: AVPs, values read
};

class Program {
 public:
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  [[nodiscard]] std::span<const RouteInfo> routes() const;
  [[nodiscard]] const RouteInfo& route(RouteId id) const { return routes()[id]; }
  // Names are case-sensitive; the main request route and unnamed routes have the name "".
  [[nodiscard]] std::optional<RouteId> find_route(RouteKind kind, std::string_view name = {}) const;
  // Every function the script calls somewhere (forward() in it allows stateless forwarding of responses).
  [[nodiscard]] bool calls_function(std::string_view name) const;

  [[nodiscard]] const Settings& settings() const;
  [[nodiscard]] const RunLimits& limits() const;
  [[nodiscard]] const std::vector<std::string>& files() const;
  // "proxy.cfg:12"
  [[nodiscard]] std::string describe(const Position& position) const;

  // For the virtual machine.
  [[nodiscard]] const Code& code() const { return *code_; }

  explicit Program(std::unique_ptr<const Code> code);

 private:
  std::unique_ptr<const Code> code_;
};

// Whether a core parameter is one of the language (max_while_loops, ...): it is compiled into the Program, and so a
// reload changes it.
[[nodiscard]] bool is_compiled(std::string_view parameter);

struct CompileOptions {
  bool routes_only = false;     // reload: settings are read past, the Host isn't asked about them
  bool enable_asserts = false;  // also set by the core parameter of this name
  RunLimits limits;
};

struct Compilation {
  // Shared: runs in flight keep the program they started on. Null when there are errors.
  std::shared_ptr<const Program> program;
  Diagnostics diagnostics;  // sorted; warnings and notes also when it succeeded
};

// Lexes, parses, checks and compiles the whole of `source`, going on after errors.
[[nodiscard]] Compilation compile(const Source& source, Host& host, const CompileOptions& options = {});

}  // namespace carillon::script
