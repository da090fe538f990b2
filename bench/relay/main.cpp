// SPDX-License-Identifier: Apache-2.0
// Command line of the bare relay; runs until it is killed.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "relay/relay.h"

int main(int argc, char** argv) {
  namespace bench = carillon::bench;
  using carillon::base::Endpoint;

  CLI::App app("Bare recvmmsg/sendmmsg relay: the kernel's share of a call");
  std::string listen;
  std::string callee;
  bench::RelaySettings settings;
  app.add_option("--listen", listen, "address:port of the relay")->required();
  app.add_option("--callee", callee, "address:port that requests go to")->required();
  std::string database;
  app.add_option("--database", database,
                 "mysql://user:password@host:port/database: requests that are to be authenticated "
                 "wait for the sender's row of the table subscriber");
  app.add_option("--padding", settings.padding, "bytes added to requests and taken off responses");
  CLI11_PARSE(app, argc, argv);

  const auto listen_endpoint = Endpoint::parse(listen);
  const auto callee_endpoint = Endpoint::parse(callee);
  if (!listen_endpoint || !callee_endpoint) {
    std::fputs("relay: --listen and --callee take address:port\n", stderr);
    return 2;
  }
  settings.listen = *listen_endpoint;
  settings.callee = *callee_endpoint;
  const auto descriptor = bench::open_relay_socket(settings.listen);
  if (!descriptor) {
    std::fprintf(stderr, "relay: %s\n", descriptor.error().message.c_str());
    return 2;
  }
  std::unique_ptr<bench::UserTable> users;
  if (!database.empty()) {
    auto opened = bench::UserTable::open(database);
    if (!opened) {
      std::fprintf(stderr, "relay: %s\n", opened.error().message.c_str());
      return 2;
    }
    users = std::move(*opened);
    settings.users = users.get();
  }
  const auto relay = std::make_unique<bench::Relay>(*descriptor, settings);
  while (true) relay->relay_batch();
}
