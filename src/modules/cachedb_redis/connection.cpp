// SPDX-License-Identifier: Apache-2.0
// See connection.h.
#include "modules/cachedb_redis/connection.h"

#include <fmt/format.h>

#include <array>

#include "storage/driver.h"

namespace carillon::cachedb_redis {
namespace {

using std::chrono::steady_clock;
using storage::Fault;
using storage::Reply;

std::unexpected<base::Error> too_late() {
  return base::fail("no answer in time", static_cast<int>(Fault::Unavailable));
}

std::unexpected<base::Error> unusable(base::Error error) {
  return base::fail(std::move(error.message), static_cast<int>(Fault::Unavailable));
}

void append(std::string& out, const Words& words) {
  fmt::format_to(std::back_inserter(out), "*{}\r\n", words.size());
  for (const std::string& word : words) {
    fmt::format_to(std::back_inserter(out), "${}\r\n", word.size());
    out.append(word).append("\r\n");
  }
}

}  // namespace

base::Result<std::unique_ptr<Connection>> Connection::open(const Address& to, const Settings& settings) {
  const base::TimePoint until = steady_clock::now() + settings.connect_timeout;
  auto stream = Stream::connect(to, {.tls = settings.tls, .keepalive = settings.keepalive}, until);
  if (!stream) return std::unexpected(std::move(stream.error()));
  std::unique_ptr<Connection> connection(new Connection(std::move(*stream)));
  if (auto signed_in = connection->sign_in(settings, until); !signed_in) {
    return base::fail(fmt::format("{}: {}", to.text(), signed_in.error().message),
                      static_cast<int>(Fault::Unavailable));
  }
  return connection;
}

base::Result<> Connection::sign_in(const Settings& settings, base::TimePoint until) {
  std::vector<Words> commands;
  if (!settings.user.empty()) {
    commands.push_back({"AUTH", settings.user, settings.password});
  } else if (!settings.password.empty()) {
    commands.push_back({"AUTH", settings.password});
  }
  if (settings.database != 0) commands.push_back({"SELECT", std::to_string(settings.database)});
  for (const Words& words : commands) {
    const auto reply = ask(words, until);
    if (!reply) return std::unexpected(reply.error());
    if (reply->is_error()) return base::fail(reply->text);
  }
  return {};
}

base::Result<> Connection::take_bytes() {
  std::array<char, 16384> bytes;
  while (true) {
    const auto size = stream_.read(bytes);
    if (!size) return std::unexpected(size.error());
    if (*size == 0) return {};
    if (auto fed = reader_.feed({bytes.data(), *size}); !fed) return unusable(std::move(fed.error()));
  }
}

base::Result<std::vector<Reply>> Connection::exchange(std::span<const Words* const> commands, base::TimePoint until) {
  std::string out;
  for (const Words* words : commands) append(out, *words);
  std::string_view left = out;
  std::vector<Reply> replies;
  replies.reserve(commands.size());
  while (true) {
    while (!left.empty()) {
      const auto written = stream_.write(left);
      if (!written) return std::unexpected(written.error());
      if (*written == 0) break;
      left.remove_prefix(*written);
    }
    while (replies.size() < commands.size()) {
      auto reply = reader_.next();
      if (!reply) return unusable(std::move(reply.error()));
      if (!*reply) break;
      replies.push_back(std::move(**reply));
    }
    if (replies.size() == commands.size()) return replies;
    if (!stream_.wait(!left.empty(), until)) return too_late();
    if (auto taken = take_bytes(); !taken) return std::unexpected(std::move(taken.error()));
  }
}

base::Result<Reply> Connection::ask(const Words& words, base::TimePoint until) {
  const Words* const one = &words;
  auto replies = exchange(std::span(&one, 1), until);
  if (!replies) return std::unexpected(std::move(replies.error()));
  return std::move(replies->front());
}

base::Result<> Connection::send(const Words& words, base::TimePoint until) {
  std::string out;
  append(out, words);
  std::string_view left = out;
  while (!left.empty()) {
    const auto written = stream_.write(left);
    if (!written) return std::unexpected(written.error());
    left.remove_prefix(*written);
    if (*written != 0) continue;
    if (!stream_.wait(true, until)) return too_late();
    if (auto taken = take_bytes(); !taken) return taken;
  }
  return {};
}

base::Result<std::optional<Reply>> Connection::receive(base::TimePoint until) {
  while (true) {
    auto reply = reader_.next();
    if (!reply) return unusable(std::move(reply.error()));
    if (*reply) return reply;
    // What has come already, then what comes.
    if (auto taken = take_bytes(); !taken) return std::unexpected(std::move(taken.error()));
    reply = reader_.next();
    if (!reply) return unusable(std::move(reply.error()));
    if (*reply) return reply;
    if (!stream_.wait(false, until)) return std::nullopt;
  }
}

}  // namespace carillon::cachedb_redis
