// SPDX-License-Identifier: Apache-2.0
// See stdio.h.
#include "lsp/stdio.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

#include "lsp/framing.h"
#include "lsp/server.h"

namespace carillon::lsp {

namespace {

bool write_all(int output, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(output, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool send_all(int output, const std::vector<std::string>& messages) {
  for (const std::string& message : messages) {
    if (!write_all(output, framed(message))) return false;
  }
  return true;
}

bool has_input(int input) {
  pollfd one{.fd = input, .events = POLLIN, .revents = 0};
  return ::poll(&one, 1, 0) > 0;
}

// Takes what has come; false when there is nothing more to serve.
bool take(Framer& framer, Server& server, int output) {
  while (auto frame = framer.next()) {
    const auto answers = frame->problem.empty() ? server.handle(frame->content)
                                                : std::vector<std::string>{Server::refusal(frame->problem)};
    if (!send_all(output, answers) || server.ended()) return false;
  }
  return !framer.lost();
}

}  // namespace

int serve(int input, int output, Modules modules, std::string version) {
  std::signal(SIGPIPE, SIG_IGN);  // a client that is gone is an error of write()
  Framer framer;
  Server server(modules, std::move(version));
  std::array<char, 65536> block{};
  while (true) {
    const ssize_t got = ::read(input, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    framer.feed(std::string_view(block.data(), static_cast<std::size_t>(got)));
    if (!take(framer, server, output)) break;
    if (!has_input(input) && !send_all(output, server.settle())) break;
  }
  return server.exit_status();
}

}  // namespace carillon::lsp
