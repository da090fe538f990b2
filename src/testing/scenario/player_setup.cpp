// SPDX-License-Identifier: Apache-2.0
// Statements before the server starts. See player.h.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/strings.h"
#include "testing/scenario/player.h"

namespace carillon::testing {

namespace {

// Behind what `script` has, so that its lines have the numbers of the scenario's.
void append_at_line(std::string& script, const Statement& statement) {
  const auto lines = std::ranges::count(script, '\n');
  script.append(static_cast<std::size_t>(std::max<std::ptrdiff_t>(statement.line - 1 - lines, 0)), '\n');
  script += statement.text;
}

}  // namespace

base::Result<> Player::refuse_setting(const Statement& statement) const {
  if (!options_.script) return {};
  return base::fail(fmt::format("'{}' has no place here: the script is {}", statement.keyword,
                                options_.script->files().empty() ? "given" : options_.script->files().front()));
}

base::Result<> Player::set_script(const Statement& statement) {
  if (auto allowed = refuse_setting(statement); !allowed) return allowed;
  append_at_line(setup_.script, statement);
  return {};
}

// The file of the script is another one from now on, which reload_routes finds.
base::Result<> Player::change_script(const Statement& statement) {
  if (auto allowed = refuse_setting(statement); !allowed) return allowed;
  std::string script;
  append_at_line(script, statement);
  world_.change_script(std::move(script));
  return {};
}

base::Result<> Player::set_script_file(const Statement& statement) {
  if (auto allowed = refuse_setting(statement); !allowed) return allowed;
  const std::string path = statement.items.empty() ? std::string() : statement.items.front();
  std::ifstream file(path);
  if (!file) return base::fail(fmt::format("{}: can't be read", path));
  std::ostringstream text;
  text << file.rdbuf();
  setup_.path = path;
  setup_.script = "\n" + text.str();
  return {};
}

// "modparam registrar min_expires 60"; what is neither a number nor in quotes is a text.
base::Result<> Player::set_parameter(const Statement& statement) {
  std::string_view rest = base::trim(statement.text);
  const std::string module(base::take_until(rest, ' '));
  rest = base::trim(rest);
  const std::string name(base::take_until(rest, ' '));
  const std::string value(base::trim(rest));
  if (value.empty()) return base::fail("modparam MODULE NAME VALUE");
  const bool literal = value.starts_with('"') || base::parse_number<int>(value);
  setup_.parameters.push_back({module, name, literal ? value : fmt::format("\"{}\"", value)});
  return {};
}

base::Result<> Player::load_module(const Statement& statement) {
  if (auto allowed = refuse_setting(statement); !allowed) return allowed;
  for (const std::string& name : statement.words()) setup_.modules.push_back(name);
  return {};
}

base::Result<> Player::add_socket(const Statement& statement) {
  for (const std::string& socket : statement.words()) setup_.sockets.push_back(socket);
  return {};
}

base::Result<> Player::add_domain(const Statement& statement) {
  for (const std::string& name : statement.words()) setup_.names.push_back(name);
  return {};
}

// "argument NAME VALUE": what -o NAME=VALUE gives.
base::Result<> Player::add_argument(const Statement& statement) {
  std::string_view value = base::trim(statement.text);
  const std::string name(base::take_until(value, ' '));
  if (name.empty()) return base::fail("argument NAME VALUE");
  setup_.arguments.insert_or_assign(name, std::string(base::trim(value)));
  return {};
}

// "database", with a statement on each line below it.
base::Result<> Player::set_database(const Statement& statement) {
  setup_.database = true;
  for (const std::string& item : statement.items) {
    if (!item.empty()) setup_.rows.push_back(item);
  }
  return {};
}

// "web-server", "web-server ipv6": a real one on loopback, $web.
base::Result<> Player::set_web_server(const Statement& statement) {
  if (options_.script) return base::fail("nobody is asked here: 'http' states what a server answers");
  const std::vector<std::string> words = statement.words();
  web_server_ = std::make_unique<WebServer>(!words.empty() && words.front() == "ipv6");
  variables_["web"] = web_server_->address();
  return {};
}

base::Result<> Player::state_command(const Statement& statement) {
  return state_answer(StatedAnswers::Kind::Command, statement);
}

base::Result<> Player::state_http(const Statement& statement) {
  return state_answer(StatedAnswers::Kind::HttpRequest, statement);
}

// "exec /usr/bin/route *", "http GET https://example.org/*".
base::Result<> Player::state_answer(StatedAnswers::Kind kind, const Statement& statement) {
  if (running_ && !setup_.closed) return base::fail("the server runs already, and asks the machine");
  setup_.closed = true;
  return world_.answers().add(kind, statement);
}

// "peer carol tcp", "peer bob udp 10.0.0.99:5062", "peer dave [2001:db8::14]:5060 to [2001:db8::1]:5060".
base::Result<> Player::set_peer(const Statement& statement) {
  const std::vector<std::string> words = statement.words();
  if (words.empty()) return base::fail("peer NAME [udp|tcp] [ADDRESS:PORT] [to ADDRESS:PORT]");
  const std::string& name = words.front();
  Phone::Options options = peers_.contains(name) ? peers_.at(name)->phone_options : Phone::Options{};
  options.name = name;
  bool server = false;
  bool address_given = false;
  for (std::size_t at = 1; at < words.size(); ++at) {
    const auto endpoint = base::Endpoint::parse(words[at]);
    if (words[at] == "tcp" || words[at] == "udp") {
      options.tcp = words[at] == "tcp";
    } else if (words[at] == "to") {
      server = true;
    } else if (endpoint) {
      (server ? options.server : options.local) = *endpoint;
      address_given = address_given || !server;
    } else {
      return base::fail(fmt::format("'{}' is neither udp, tcp nor an address with a port", words[at]));
    }
  }
  if (options.local.port == 0) return base::fail(fmt::format("{} has no address", name));
  variables_[name] = options.local.to_string();
  auto peer = std::make_unique<Peer>(options);
  peer->address_given = address_given;
  peer->server_given = server;
  peers_.insert_or_assign(name, std::move(peer));
  return {};
}

base::Result<> Player::check_addresses() const {
  std::map<std::pair<bool, base::Endpoint>, std::string> taken;
  for (const World::Listening& one : world_.listening()) {
    taken.emplace(std::pair(one.protocol != transport::Protocol::Udp, one.address), "the server");
  }
  for (const auto& [name, peer] : peers_) {
    const Phone::Options& options = peer->phone_options;
    const auto [other, free] = taken.emplace(std::pair(options.tcp, options.local), name);
    if (!free) return base::fail(fmt::format("{} and {} both are {}", other->second, name, options.local.to_string()));
  }
  return {};
}

void Player::settle_phones() {
  const auto& listening = world_.listening();
  if (!options_.script || listening.empty()) return;
  variables_["server"] = listening.front().address.to_string();
  for (const auto& [name, peer] : peers_) {
    Phone::Options& options = peer->phone_options;
    // The script may listen where a phone is.
    const auto is_ours = [&](const World::Listening& one) { return one.address.address == options.local.address; };
    if (!peer->address_given && std::ranges::any_of(listening, is_ours)) {
      const std::string local = options.local.address.to_string();
      options.local.address = *base::IpAddress::parse("10.0.0.1" + local.substr(local.rfind('.') + 1));
      variables_[name] = options.local.to_string();
      peer->agent = UserAgent(options);
    }
    const auto wanted = options.tcp ? transport::Protocol::Tcp : transport::Protocol::Udp;
    const auto fits = [&](const World::Listening& one) {
      return one.protocol == wanted &&
             (!peer->address_given || one.address.address.family() == options.local.address.family());
    };
    const auto found = std::ranges::find_if(listening, fits);
    if (peer->server_given || found == listening.end()) continue;
    options.server = found->address;
    // The phones that are always there have an address of both kinds.
    if (!peer->address_given && options.server.address.family() == base::Family::V6) {
      const std::string local = options.local.address.to_string();
      const auto other = base::IpAddress::parse("2001:db8::" + local.substr(local.rfind('.') + 1));
      if (other) options.local.address = *other;
      variables_[name] = options.local.to_string();
    }
    peer->agent = UserAgent(options);
  }
}

// "name bob.example.net 10.0.0.12", "name slow.example.net 10.0.0.12 after 2s".
base::Result<> Player::add_name(const Statement& statement) {
  const std::vector<std::string> words = statement.words();
  const auto address = words.size() > 1 ? base::IpAddress::parse(words[1]) : std::nullopt;
  if (!address) return base::fail("name NAME ADDRESS [after TIME]");
  base::Result<base::Duration> delay = base::Duration::zero();
  if (words.size() > 3) delay = parse_duration(words[3]);
  if (!delay) return std::unexpected(delay.error());
  world_.resolver().add(words[0], *address, *delay);
  return {};
}

// "refused ~ "pattern"": the server doesn't start, and says why; given again, that is looked at once more.
base::Result<> Player::check_refusal(const Statement& statement) {
  if (!refusal_) {
    const auto started = world_.start(setup_);
    if (started) return base::fail("the server has started");
    refusal_ = started.error().message;
  }
  const auto found = some_line_matches(statement, {*refusal_});
  if (!found) return std::unexpected(found.error());
  return *found ? base::Result<>{}
                : base::fail(fmt::format("the server was refused for something else: {}", *refusal_));
}

}  // namespace carillon::testing
