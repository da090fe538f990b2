// SPDX-License-Identifier: Apache-2.0
// The generator's command line, by CLI11.
#include "loadgen/options.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace carillon::bench {

namespace {

void declare(CLI::App& app, Options& options, std::string& server) {
  app.add_option("--server", server, "address:port of the server under load")->required();
  app.add_option("--uas-port", options.uas_port, "port of the contacts (0: any)");
  app.add_option("--users", options.users, "registered users")->check(CLI::Range(1U, 100'000'000U));
  app.add_option("--first-user", options.first_user, "number of the first of them");
  app.add_option("--window", options.window, "registrations open at once while filling");
  app.add_option("--rate", options.rate, "starts a second; of a search, the first one tried");
  app.add_option("--warmup", options.warmup_seconds, "seconds before the measured ones");
  app.add_option("--seconds", options.seconds, "measured seconds (0: only fill)");
  app.add_option("--timeout", options.timeout_seconds, "seconds after which an open call or REGISTER has failed");
  app.add_option("--ring", options.ring_milliseconds, "milliseconds from INVITE to 200 at the callee");
  app.add_option("--hold", options.hold_milliseconds, "milliseconds from 200 to BYE at the caller");
  app.add_option("--relay-padding", options.relay_padding,
                 "the server is the bare relay: bytes behind the callee's responses");
  app.add_option("--server-pids", options.server_pids, "processes whose CPU time the result reports");
  app.add_option("--database-pids", options.database_pids, "those of its database, whose time is reported apart");
  app.add_option("--our-pids", options.our_pids, "processes that belong to the measurement");
  app.add_option("--auth", options.auth, std::string(kAuthModeHelp))->transform(CLI::CheckedTransformer(auth_modes()));
  app.add_flag("--fill,!--no-fill", options.fill, "register all users first");
  app.add_flag("--spin,!--sleep", options.spin, "poll without sleeping, or sleep until something is due");
  app.add_flag("--search", options.search, "find the highest rate with at most 0.1 % failures");
}

}  // namespace

Options parse_options(int argc, char** argv) {
  CLI::App app("SIP load generator: registrations and calls at an open-loop rate; prints one JSON object a line");
  Options options;
  std::string server;
  app.require_subcommand(1);
  CLI::App* const registrations = app.add_subcommand("register", "users refresh their registrations");
  CLI::App* const calls = app.add_subcommand("call", "users call each other");
  declare(*registrations, options, server);
  declare(*calls, options, server);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error) == 0 ? 0 : 2);
  }
  const auto endpoint = base::Endpoint::parse(server);
  if (!endpoint) {
    std::fputs("loadgen: --server takes address:port\n", stderr);
    std::exit(2);
  }
  options.server = *endpoint;
  options.traffic = registrations->parsed() ? Traffic::Register : Traffic::Call;
  return options;
}

}  // namespace carillon::bench
