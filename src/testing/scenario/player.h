// SPDX-License-Identifier: Apache-2.0
// Plays a scenario: one statement after the other, until one fails.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "testing/scenario/expectation.h"
#include "testing/scenario/log_capture.h"
#include "testing/scenario/phone.h"
#include "testing/scenario/scenario.h"
#include "testing/scenario/user_agent.h"
#include "testing/scenario/world.h"
#include "testing/web_server.h"

namespace carillon::testing {

class Player {
 public:
  struct Options {
    // Of somebody's, in the place of what the scenario says: it must not say any then.
    std::optional<script::Source> script = {};
    bool recorded = false;  // a failure tells what the script did too
  };

  explicit Player(const Scenario& scenario);
  Player(const Scenario& scenario, Options options);
  ~Player();

  // An error says which line failed, why, what was on the wire before it, what the script logged and, if it was
  // recorded, what it did since the last message that a phone sent.
  [[nodiscard]] base::Result<> play();
  // The server stops, whatever goes on: as the statement.
  [[nodiscard]] base::Result<> stop_server() { return world_.stop(); }
  // What was on the wire and what the script did, in that order, a line each.
  [[nodiscard]] std::vector<std::string> story() const;

 private:
  // Somebody with a phone, as files name them.
  struct Peer {
    explicit Peer(const Phone::Options& options) : phone_options(options), agent(options) {}

    Phone::Options phone_options;
    bool address_given = false;  // by the scenario
    bool server_given = false;
    UserAgent agent;
    std::unique_ptr<Phone> phone;  // once the server runs
    std::deque<Phone::Arrival> inbox;
    struct Sent {
      TextMessage message;
      std::string bytes;
      std::optional<Phone::Arrival> answers;  // a response: to what
    };
    std::vector<Sent> sent;
    std::vector<TextMessage::Header> challenges;  // of the last 401 or 407 that was expected
  };
  using Handler = base::Result<> (Player::*)(const Statement& statement);
  struct Keyword {
    Handler handler;
    bool setup;               // before the server starts
    bool as_written = false;  // $name is the script's, not the scenario's
    bool of_server = false;   // only while it runs
    bool anytime = false;     // and behind it too
  };

  [[nodiscard]] static const std::map<std::string, Keyword, std::less<>>& keywords();
  [[nodiscard]] base::Result<> play(const Statement& statement);
  [[nodiscard]] base::Result<> start_server();
  // Phones that aren't told otherwise call the server where it listens.
  void settle_phones();
  // Two can't have one address.
  [[nodiscard]] base::Result<> check_addresses() const;
  [[nodiscard]] base::Result<> check_inboxes();
  [[nodiscard]] base::Result<> check_leftovers();
  [[nodiscard]] std::string report(const Statement& statement, const std::string& why) const;
  [[nodiscard]] std::string script_report() const;

  // --- setup (player_setup.cpp)
  // A script that is given has settings of its own.
  [[nodiscard]] base::Result<> refuse_setting(const Statement& statement) const;
  [[nodiscard]] base::Result<> set_script(const Statement& statement);
  [[nodiscard]] base::Result<> change_script(const Statement& statement);
  [[nodiscard]] base::Result<> set_script_file(const Statement& statement);
  [[nodiscard]] base::Result<> set_parameter(const Statement& statement);
  [[nodiscard]] base::Result<> load_module(const Statement& statement);
  [[nodiscard]] base::Result<> add_socket(const Statement& statement);
  [[nodiscard]] base::Result<> add_domain(const Statement& statement);
  [[nodiscard]] base::Result<> add_argument(const Statement& statement);
  [[nodiscard]] base::Result<> set_peer(const Statement& statement);

  [[nodiscard]] base::Result<> set_database(const Statement& statement);
  [[nodiscard]] base::Result<> check_refusal(const Statement& statement);
  [[nodiscard]] base::Result<> set_web_server(const Statement& statement);
  [[nodiscard]] base::Result<> state_command(const Statement& statement);
  [[nodiscard]] base::Result<> state_http(const Statement& statement);
  [[nodiscard]] base::Result<> state_answer(StatedAnswers::Kind kind, const Statement& statement);

  // --- messages
  [[nodiscard]] base::Result<> send(const Statement& statement);
  [[nodiscard]] base::Result<> send_raw(const Statement& statement);
  [[nodiscard]] base::Result<> resend(const Statement& statement);
  [[nodiscard]] base::Result<> flood(const Statement& statement);
  [[nodiscard]] base::Result<> expect(const Statement& statement);
  [[nodiscard]] base::Result<> expect_nothing(const Statement& statement);
  [[nodiscard]] base::Result<> discard(const Statement& statement);

  // --- the world (player_world.cpp)
  [[nodiscard]] base::Result<> advance(const Statement& statement);
  [[nodiscard]] base::Result<> set_latency(const Statement& statement);
  [[nodiscard]] base::Result<> set_loss(const Statement& statement);
  [[nodiscard]] base::Result<> set_unreachable(const Statement& statement);
  [[nodiscard]] base::Result<> add_name(const Statement& statement);
  [[nodiscard]] base::Result<> hang_up(const Statement& statement);
  [[nodiscard]] base::Result<> check_statistic(const Statement& statement);
  [[nodiscard]] base::Result<> check_log(const Statement& statement);
  [[nodiscard]] base::Result<> check_no_log(const Statement& statement);
  [[nodiscard]] base::Result<> stop(const Statement& statement);

  // --- commands (player_commands.cpp)
  [[nodiscard]] base::Result<> run_command(const Statement& statement);
  [[nodiscard]] base::Result<> begin_command(const Statement& statement);
  [[nodiscard]] base::Result<> end_command(const Statement& statement);
  [[nodiscard]] base::Result<> check_answer(const std::string& text, const std::vector<std::string>& checks);

  [[nodiscard]] base::Result<> run_sql(const Statement& statement);
  [[nodiscard]] base::Result<> check_rows(const Statement& statement);
  [[nodiscard]] base::Result<> set_database_delay(const Statement& statement);
  [[nodiscard]] base::Result<> set_database_down(const Statement& statement);

  [[nodiscard]] base::Result<Peer*> find_peer(const Statement& statement);
  [[nodiscard]] base::Result<Statement> expand_all(const Statement& statement) const;
  [[nodiscard]] base::Result<TextMessage> compose(Peer& peer, const Statement& statement);
  [[nodiscard]] base::Result<> log_matches(const Statement& statement, bool wanted) const;
  // `~ "pattern"` of the statement.
  [[nodiscard]] static base::Result<bool> some_line_matches(const Statement& statement,
                                                            const std::vector<std::string>& lines);
  void transmit(Peer& peer, Peer::Sent sent);
  void advance(base::Duration by);
  void collect();
  // The next message but for 100s, unless they are asked for.
  [[nodiscard]] std::optional<Phone::Arrival> next_arrival(Peer& peer, bool trying);
  void note(const std::string& name, std::string_view direction, std::string_view bytes);
  void note_question(const StatedAnswers::Question& question, bool is_answered);

  // Of the command that was begun; null: none was.
  std::shared_ptr<std::optional<std::string>> answer_;

  const Scenario& scenario_;
  const Options options_;
  LogCapture log_;
  std::unique_ptr<WebServer> web_server_;
  World::Setup setup_;
  World world_;
  bool running_ = false;
  std::optional<std::string> refusal_;  // why the server didn't start
  FakeConditions conditions_;
  std::map<std::string, std::unique_ptr<Peer>> peers_;
  Variables variables_;
  struct Noted {
    std::string line;
    std::size_t steps = 0;  // of the script, before it
    bool sent = false;      // by a phone
  };
  std::vector<Noted> wire_;
  std::optional<std::size_t> story_end_;  // what comes behind it is of no scenario any more
};

}  // namespace carillon::testing
