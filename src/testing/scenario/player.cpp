// SPDX-License-Identifier: Apache-2.0
// See player.h. Messages; the statements before the start are player_setup.cpp, those about the world
// player_world.cpp.
#include "testing/scenario/player.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ranges>
#include <span>

#include "base/strings.h"
#include "testing/scenario/digest_client.h"
#include "testing/scenario/wire_check.h"

namespace carillon::testing {
namespace {

bool is_number(const std::string& text) { return base::parse_number<int>(text).has_value(); }

// "Name: value"; what an item of `send` replaces.
base::Result<TextMessage::Header> parse_header(const std::string& item) {
  const std::size_t colon = item.find(':');
  if (colon == std::string::npos) return base::fail(fmt::format("'{}' is no 'Header: value'", item));
  return TextMessage::Header{item.substr(0, colon), std::string(base::trim(std::string_view(item).substr(colon + 1)))};
}

// Headers of a file replace those filled in; a name given twice is two headers.
base::Result<> apply_items(TextMessage& message, const Statement& statement,
                           std::span<const TextMessage::Header> challenges) {
  std::vector<std::string> replaced;
  if (!statement.body.empty()) message.set_body(body_of(statement.body));
  for (std::size_t at = 1; at < statement.items.size(); ++at) {
    const std::vector<std::string> words = split_words(statement.items[at]);
    if (words.size() == 2 && words[0] == "without") {
      message.remove(words[1]);
      continue;
    }
    if (!words.empty() && words[0] == "authorize") {
      auto credentials = answer_challenge(challenges, std::span(words).subspan(1), message);
      if (!credentials) return std::unexpected(credentials.error());
      message.add(credentials->name, credentials->value);
      continue;
    }
    auto header = parse_header(statement.items[at]);
    if (!header) return std::unexpected(header.error());
    const auto is_same = [&](const std::string& name) { return is_same_header(name, header->name); };
    if (std::ranges::none_of(replaced, is_same)) message.remove(header->name);
    replaced.push_back(header->name);
    message.add(header->name, header->value);
  }
  return {};
}

// \xHH is a byte; a line that ends with \- has no line end; \*N repeats the character before it so many times.
std::string unescape_bytes(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    const char c = text.front();
    const char kind = c == '\\' && text.size() > 1 ? text[1] : '\0';
    if (kind == 'x' && text.size() > 3) {
      unsigned byte = 0;
      static_cast<void>(std::from_chars(text.data() + 2, text.data() + 4, byte, 16));
      bytes += static_cast<char>(byte);
      text.remove_prefix(4);
    } else if (kind == '-') {
      text.remove_prefix(std::min(text.size(), std::string_view("\\-\r\n").size()));
    } else if (kind == '*' && !bytes.empty()) {
      std::size_t times = 0;
      const char* const digits = text.data() + 2;
      const char* const end = std::from_chars(digits, text.data() + text.size(), times).ptr;
      bytes.append(times == 0 ? 0 : times - 1, bytes.back());
      text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    } else {
      bytes += c;
      text.remove_prefix(1);
    }
  }
  return bytes;
}

std::string quoted(std::string_view bytes) {
  std::string text;
  for (std::string_view rest = bytes; !rest.empty();) {
    text += fmt::format("      {}\n", base::trim(base::take_until(rest, '\n')));
  }
  return text;
}

}  // namespace

Player::Player(const Scenario& scenario) : Player(scenario, Options{}) {}

Player::Player(const Scenario& scenario, Options options) : scenario_(scenario), options_(std::move(options)) {
  setup_.path = scenario.path;
  setup_.whole_script = options_.script;
  setup_.recorded = options_.recorded;
  setup_.closed = options_.script.has_value();
  world_.answers().set_listener(
      [this](const StatedAnswers::Question& question, bool is_answered) { note_question(question, is_answered); });
  variables_["server"] = "10.0.0.1:5060";
  unsigned last = 10;
  for (const char* name : {"alice", "bob", "carol", "dave", "erin", "frank"}) {
    Phone::Options phone;
    phone.name = name;
    phone.local = *base::Endpoint::parse(fmt::format("10.0.0.{}:5060", ++last));
    phone.server = *base::Endpoint::parse("10.0.0.1:5060");
    variables_[name] = phone.local.to_string();
    peers_.emplace(name, std::make_unique<Peer>(phone));
  }
}

Player::~Player() { world_.answers().set_listener({}); }

const std::map<std::string, Player::Keyword, std::less<>>& Player::keywords() {
  static const std::map<std::string, Keyword, std::less<>> kAll = {
      {"script", {&Player::set_script, true}},
      {"script-file", {&Player::set_script_file, true}},
      {"modparam", {&Player::set_parameter, true}},
      {"load", {&Player::load_module, true}},
      {"socket", {&Player::add_socket, true}},
      {"domain", {&Player::add_domain, true}},
      {"argument", {&Player::add_argument, true}},
      {"peer", {&Player::set_peer, true}},
      {"name", {&Player::add_name, true}},
      {"database", {&Player::set_database, true}},
      {"refused", {&Player::check_refusal, true}},
      {"web-server", {&Player::set_web_server, true}},
      {"exec", {.handler = &Player::state_command, .setup = true, .as_written = true, .anytime = true}},
      {"http", {.handler = &Player::state_http, .setup = true, .as_written = true, .anytime = true}},
      {"send", {&Player::send, false}},
      {"raw", {&Player::send_raw, false}},
      {"resend", {&Player::resend, false}},
      {"flood", {&Player::flood, false}},
      {"expect", {&Player::expect, false}},
      {"expect-nothing", {&Player::expect_nothing, false}},
      {"discard", {&Player::discard, false}},
      {"advance", {&Player::advance, false}},
      {"latency", {&Player::set_latency, false}},
      {"loss", {&Player::set_loss, false}},
      {"unreachable", {&Player::set_unreachable, false}},
      {"hang-up", {&Player::hang_up, false}},
      {"command", {&Player::run_command, false, false, true}},
      {"command-begin", {&Player::begin_command, false, false, true}},
      {"command-end", {&Player::end_command, false, false, true}},
      {"change-script", {&Player::change_script, false, true}},
      {"sql", {&Player::run_sql, false}},
      {"rows", {&Player::check_rows, false}},
      {"database-delay", {&Player::set_database_delay, false}},
      {"database-down", {&Player::set_database_down, false}},
      {"statistic", {&Player::check_statistic, false, false, true}},
      {"log", {&Player::check_log, false}},
      {"no-log", {&Player::check_no_log, false}},
      {"stop", {&Player::stop, false}},
  };
  return kAll;
}

base::Result<> Player::play() {
  if (scenario_.statements.empty()) return base::fail(fmt::format("{}: nothing is played\n", scenario_.path));
  for (const Statement& statement : scenario_.statements) {
    if (auto played = play(statement); !played) return base::fail(report(statement, played.error().message));
  }
  if (auto clean = check_leftovers(); !clean) {
    return base::fail(report(scenario_.statements.back(), clean.error().message));
  }
  return {};
}

base::Result<> Player::play(const Statement& statement) {
  const auto found = keywords().find(statement.keyword);
  if (found == keywords().end()) return base::fail(fmt::format("no statement '{}'", statement.keyword));
  const Keyword& keyword = found->second;
  if (keyword.setup && running_ && !keyword.anytime) return base::fail("the server runs already");
  if (!keyword.setup && !running_) {
    if (auto started = start_server(); !started) return started;
  }
  if (running_ && !world_.is_running() && keyword.of_server) return base::fail("the server has stopped");
  if (keyword.setup || keyword.as_written) return (this->*keyword.handler)(statement);
  const auto expanded = expand_all(statement);
  if (!expanded) return std::unexpected(expanded.error());
  return (this->*keyword.handler)(*expanded);
}

base::Result<> Player::start_server() {
  if (refusal_) return base::fail("the server was to be refused");
  if (auto started = world_.start(setup_); !started) return started;
  settle_phones();
  if (auto free = check_addresses(); !free) return free;
  for (const auto& [name, peer] : peers_) {
    peer->phone = std::make_unique<Phone>(world_.network(), peer->phone_options);
  }
  running_ = true;
  return {};
}

// What nobody expected is a failure too; a 100 is no surprise.
base::Result<> Player::check_inboxes() {
  collect();
  for (const auto& [name, peer] : peers_) {
    if (const auto arrival = next_arrival(*peer, false)) {
      return base::fail(fmt::format("{} received what nobody expected:\n{}", name, quoted(arrival->bytes)));
    }
  }
  return {};
}

// And once everybody has gone nothing may be left.
base::Result<> Player::check_leftovers() {
  if (refusal_) return {};
  if (!running_) return base::fail("nothing is played");
  advance(base::Duration::zero());
  if (auto clean = check_inboxes(); !clean) return clean;
  if (!world_.is_running()) {
    world_.advance(std::chrono::minutes(10));
    return check_inboxes();
  }
  for (const auto& [name, peer] : peers_) world_.network().set_black_hole(peer->phone_options.local.address);
  if (world_.recorder() != nullptr) story_end_ = world_.recorder()->steps().size();
  world_.advance(std::chrono::minutes(10));
  const auto alive = world_.statistics().read("tm:inuse_transactions").front().value;
  if (alive != 0) return base::fail(fmt::format("{} transactions never end", alive));
  return {};
}

std::string Player::report(const Statement& statement, const std::string& why) const {
  std::string text = fmt::format("{}:{}: {}\n", scenario_.path, statement.line, why);
  if (!wire_.empty()) text += "  on the wire:\n";
  for (const Noted& noted : wire_) text += fmt::format("    {}\n", noted.line);
  text += script_report();
  if (const auto lines = log_.lines(); !lines.empty()) {
    text += fmt::format("  the log:\n    {}\n", fmt::join(lines, "\n    "));
  }
  return text;
}

// Since the last message that a phone sent.
std::string Player::script_report() const {
  const RunRecorder* const recorder = world_.recorder();
  if (recorder == nullptr || recorder->steps().empty()) return {};
  std::size_t begin = 0;
  for (const Noted& noted : wire_) {
    if (noted.sent) begin = noted.steps;
  }
  if (begin >= recorder->steps().size()) return {};
  std::string text = "  the script, since the last message that was sent to it:\n";
  for (const RunStep& step : std::span(recorder->steps()).subspan(begin)) {
    for (const std::string& line : describe(step, 4)) text += line + "\n";
  }
  return text;
}

std::vector<std::string> Player::story() const {
  std::vector<std::string> lines;
  const RunRecorder* const recorder = world_.recorder();
  std::size_t told = 0;
  const auto tell_up_to = [&](std::size_t end) {
    for (; recorder != nullptr && told < end; ++told)
      std::ranges::move(describe(recorder->steps()[told], 12), std::back_inserter(lines));
  };
  for (const Noted& noted : wire_) {
    tell_up_to(noted.steps);
    lines.push_back(noted.line);
  }
  if (recorder != nullptr) tell_up_to(story_end_.value_or(recorder->steps().size()));
  return lines;
}

base::Result<Player::Peer*> Player::find_peer(const Statement& statement) {
  const std::vector<std::string> words = statement.words();
  const auto found = words.empty() ? peers_.end() : peers_.find(words.front());
  if (found == peers_.end()) {
    return base::fail(fmt::format("there is no peer '{}'", words.empty() ? std::string() : words.front()));
  }
  return found->second.get();
}

base::Result<Statement> Player::expand_all(const Statement& statement) const {
  Statement expanded = statement;
  for (auto* const lines : {&expanded.items, &expanded.body}) {
    for (std::string& line : *lines) {
      auto text = expand(line, variables_);
      if (!text) return std::unexpected(text.error());
      line = std::move(*text);
    }
  }
  return expanded;
}

// --- sending ---------------------------------------------------------------------------------------------------------

// "alice INVITE sip:bob@example.org", "alice BYE", "bob 180 Ringing", "bob 200 to INVITE".
base::Result<TextMessage> Player::compose(Peer& peer, const Statement& statement) {
  const std::vector<std::string> words = statement.words();
  if (words.size() < 2) return base::fail("send PEER METHOD [URI] or send PEER STATUS [reason] [to METHOD]");
  base::Result<TextMessage> message;
  if (is_number(words[1])) {
    std::vector<std::string> reason(words.begin() + 2, words.end());
    std::string method;
    if (reason.size() >= 2 && reason[reason.size() - 2] == "to") {
      method = reason.back();
      reason.resize(reason.size() - 2);
    }
    const std::string text = reason.empty() ? "Whatever" : fmt::format("{}", fmt::join(reason, " "));
    message = peer.agent.make_response(*base::parse_number<int>(words[1]), text, method);
  } else {
    message = peer.agent.make_request(words[1], words.size() > 2 ? words[2] : std::string());
  }
  if (!message) return message;
  if (auto applied = apply_items(*message, statement, peer.challenges); !applied)
    return std::unexpected(applied.error());
  return message;
}

base::Result<> Player::send(const Statement& statement) {
  const auto peer = find_peer(statement);
  if (!peer) return std::unexpected(peer.error());
  auto message = compose(**peer, statement);
  if (!message) return std::unexpected(message.error());
  std::optional<Phone::Arrival> answers;
  if (!message->is_request()) {
    const std::vector<std::string> words = statement.words();
    const bool named = words.size() > 3 && words[words.size() - 2] == "to";
    answers = *(*peer)->agent.request(named ? words.back() : std::string());
  }
  std::string bytes = message->write();
  (*peer)->agent.sent(*message);
  transmit(**peer, {std::move(*message), std::move(bytes), std::move(answers)});
  return {};
}

// "raw alice" and the message as "| " lines.
base::Result<> Player::send_raw(const Statement& statement) {
  const auto peer = find_peer(statement);
  if (!peer) return std::unexpected(peer.error());
  std::string bytes = unescape_bytes(body_of(statement.body));
  const auto message = TextMessage::parse(bytes);
  if (message) (*peer)->agent.sent(*message);
  transmit(**peer, {message.value_or(TextMessage()), std::move(bytes), {}});
  return {};
}

// "resend alice", "resend alice INVITE", "resend bob 200": the same bytes again.
base::Result<> Player::resend(const Statement& statement) {
  const auto peer = find_peer(statement);
  if (!peer) return std::unexpected(peer.error());
  const std::vector<std::string> words = statement.words();
  for (const Peer::Sent& sent : std::views::reverse((*peer)->sent)) {
    const std::string what =
        sent.message.is_request() ? sent.message.method() : fmt::format("{}", sent.message.status());
    if (words.size() > 1 && words[1] != what) continue;
    transmit(**peer, Peer::Sent(sent));
    return {};
  }
  return base::fail("nothing of that kind was sent");
}

// "flood alice 200 INVITE sip:bob@example.org": so many calls at once.
base::Result<> Player::flood(const Statement& statement) {
  const auto peer = find_peer(statement);
  if (!peer) return std::unexpected(peer.error());
  std::vector<std::string> words = statement.words();
  const auto count = words.size() > 2 ? base::parse_number<int>(words[1]) : std::nullopt;
  if (!count) return base::fail("flood PEER COUNT METHOD URI");
  Statement one = statement;
  words.erase(words.begin() + 1);
  one.items.front() = fmt::format("{}", fmt::join(words, " "));
  for (int i = 0; i < *count; ++i) {
    if (auto sent = send(one); !sent) return sent;
  }
  return {};
}

void Player::transmit(Peer& peer, Peer::Sent sent) {
  note(peer.phone_options.name, ">", sent.bytes);
  if (sent.answers) {
    peer.phone->answer(*sent.answers, sent.bytes);
  } else {
    peer.phone->send(sent.bytes);
  }
  peer.sent.push_back(std::move(sent));
  advance(base::Duration::zero());
}

// --- receiving -------------------------------------------------------------------------------------------------------

void Player::collect() {
  for (const auto& [name, peer] : peers_) {
    for (Phone::Arrival& arrival : peer->phone->take()) {
      note(name, "<", arrival.bytes);
      peer->inbox.push_back(std::move(arrival));
    }
  }
}

std::optional<Phone::Arrival> Player::next_arrival(Peer& peer, bool trying) {
  while (!peer.inbox.empty()) {
    Phone::Arrival arrival = std::move(peer.inbox.front());
    peer.inbox.pop_front();
    if (trying || !arrival.message || arrival.message->status() != 100) return arrival;
  }
  return std::nullopt;
}

base::Result<> Player::expect(const Statement& statement) {
  const auto peer = find_peer(statement);
  if (!peer) return std::unexpected(peer.error());
  const auto expectation = Expectation::parse(statement);
  if (!expectation) return std::unexpected(expectation.error());
  const std::string what = fmt::format("{} expected {}", statement.words().front(), statement.items.front());
  const auto arrival = next_arrival(**peer, expectation->is_trying());
  if (!arrival) return base::fail(fmt::format("{}, but nothing came", what));
  if (const auto fault = wire_fault(arrival->bytes)) {
    return base::fail(
        fmt::format("{}, but this is no message to send, because of {}:\n{}", what, *fault, arrival->bytes));
  }
  (*peer)->agent.received(*arrival);
  if (auto challenges = challenges_in(*arrival->message); !challenges.empty()) {
    (*peer)->challenges = std::move(challenges);
  }
  if (const auto why = expectation->mismatch(*arrival->message, variables_)) {
    return base::fail(fmt::format("{}, but {}:\n{}", what, *why, quoted(arrival->bytes)));
  }
  return {};
}

// "expect-nothing bob", "expect-nothing bob for 5s"; without a peer: nobody.
base::Result<> Player::expect_nothing(const Statement& statement) {
  const std::vector<std::string> words = statement.words();
  const auto at = std::ranges::find(words, "for");
  if (at != words.end()) {
    const auto time = parse_duration(at + 1 == words.end() ? std::string() : *(at + 1));
    if (!time) return std::unexpected(time.error());
    advance(*time);
  }
  if (at != words.begin()) {
    const auto peer = find_peer(statement);
    if (!peer) return std::unexpected(peer.error());
  }
  for (const auto& [name, peer] : peers_) {
    if (at != words.begin() && name != words.front()) continue;
    if (const auto arrival = next_arrival(*peer, false)) {
      return base::fail(fmt::format("{} was to receive nothing, but:\n{}", name, quoted(arrival->bytes)));
    }
  }
  return {};
}

// "discard bob 3 OPTIONS", "discard alice 503": so many of a kind, which are not looked at; without a number all that
// are there, and there has to be one.
base::Result<> Player::discard(const Statement& statement) {
  const auto peer = find_peer(statement);
  if (!peer) return std::unexpected(peer.error());
  const std::vector<std::string> words = statement.words();
  if (words.size() < 2) return base::fail("discard PEER [COUNT] METHOD-or-STATUS");
  const std::string& kind = words.back();
  const auto is_wanted = [&kind](const Phone::Arrival& arrival) {
    if (!arrival.message) return false;
    return (arrival.message->is_request() ? arrival.message->method() : fmt::format("{}", arrival.message->status())) ==
           kind;
  };
  auto& inbox = (*peer)->inbox;
  const auto count = static_cast<std::size_t>(std::ranges::count_if(inbox, is_wanted));
  const auto wanted = words.size() > 2 ? base::parse_number<std::size_t>(words[1]) : std::optional(count);
  if (count == 0 || !wanted || *wanted != count) return base::fail(fmt::format("{} of {} came", count, kind));
  std::erase_if(inbox, is_wanted);
  return {};
}

// On no wire, but what the server did to the outside all the same.
void Player::note_question(const StatedAnswers::Question& question, bool is_answered) {
  note(std::string(name_of(question.kind)), "?", question.what);
  if (!is_answered) wire_.back().line += "   (no answer is stated)";
}

void Player::note(const std::string& name, std::string_view direction, std::string_view bytes) {
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(world_.elapsed()).count();
  const std::string_view line = base::trim(bytes.substr(0, bytes.find('\n')));
  const auto message = TextMessage::parse(bytes);
  const std::string cseq = message && !message->is_request() ? fmt::format("   ({})", message->value("CSeq")) : "";
  wire_.push_back({fmt::format("{:>9.3f} {:>6} {} {}{}", static_cast<double>(time) / 1000, name, direction, line, cseq),
                   world_.recorder() == nullptr ? 0 : world_.recorder()->steps().size(), direction == ">"});
}

}  // namespace carillon::testing
