// SPDX-License-Identifier: Apache-2.0
// See reply_queue.h.
#include "modules/mi_fifo/reply_queue.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/log.h"

namespace carillon::mi_fifo {

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

base::Result<std::string> reply_path(std::string_view folder, std::string_view name) {
  const bool plain = !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
                     std::ranges::none_of(name, [](char c) { return c == '/' || static_cast<unsigned char>(c) < ' '; });
  if (!plain) return base::fail("the name of a reply FIFO is a file name without a path");
  return fmt::format("{}{}{}", folder, folder.ends_with('/') ? "" : "/", name);
}

base::Result<> ReplyQueue::add(std::string path, std::string answer, Time now) {
  if (replies_.size() >= limits_.replies) return base::fail("too many answers wait for their readers");
  replies_.push_back(
      {.path = std::move(path), .answer = std::move(answer), .deadline = now + limits_.patience, .fifo = {}});
  return {};
}

void ReplyQueue::advance(Time now) {
  for (auto reply = replies_.begin(); reply != replies_.end();) {
    Progress progress = reply->fifo ? Progress::Done : open(*reply);
    if (progress == Progress::Done) progress = write(*reply);
    if (progress == Progress::Waits && now >= reply->deadline) {
      log::warning("mi_fifo: nobody reads the answer in {}", reply->path);
      progress = Progress::Failed;
    }
    reply = progress == Progress::Waits ? std::next(reply) : replies_.erase(reply);
  }
}

ReplyQueue::Progress ReplyQueue::open(Reply& reply) {
  // Without O_NOFOLLOW a link in a folder like /tmp would let anybody choose what is written to.
  reply.fifo = FileDescriptor(::open(reply.path.c_str(), O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  if (!reply.fifo) {
    if (errno == ENXIO || errno == ENOENT || errno == EINTR) return Progress::Waits;  // not opened, not made yet
    log::warning("mi_fifo: can't open {}: {}", reply.path, std::generic_category().message(errno));
    return Progress::Failed;
  }
  struct stat status{};
  if (::fstat(reply.fifo.get(), &status) == 0 && S_ISFIFO(status.st_mode)) return Progress::Done;
  log::warning("mi_fifo: {} is no FIFO", reply.path);
  return Progress::Failed;
}

ReplyQueue::Progress ReplyQueue::write(Reply& reply) {
  while (reply.written < reply.answer.size()) {
    const std::string_view rest = std::string_view(reply.answer).substr(reply.written);
    const ssize_t written = ::write(reply.fifo.get(), rest.data(), rest.size());
    if (written > 0) {
      reply.written += static_cast<std::size_t>(written);
    } else if (errno == EAGAIN || errno == EINTR) {
      return Progress::Waits;
    } else {
      return Progress::Failed;  // the reader has gone
    }
  }
  return Progress::Done;
}

void ReplyQueue::add_to(std::vector<pollfd>& polled) const {
  for (const Reply& reply : replies_) {
    if (reply.fifo) polled.push_back({.fd = reply.fifo.get(), .events = POLLOUT, .revents = 0});
  }
}

ReplyQueue::Time ReplyQueue::next(Time now) const {
  Time next = Time::max();
  for (const Reply& reply : replies_) next = std::min(next, reply.fifo ? reply.deadline : now + limits_.retry);
  return next;
}

}  // namespace carillon::mi_fifo
