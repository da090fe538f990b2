// SPDX-License-Identifier: Apache-2.0
// See line_writer.h. The descriptor is shared with other processes, so it isn't made non-blocking; a pipe that polls as
// writable takes PIPE_BUF bytes at once (pipe(7)).
#include "base/line_writer.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace carillon::base {

LineWriter::LineWriter(int descriptor) : descriptor_(descriptor), kind_(Kind::Pipe) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return;
  if (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode)) kind_ = Kind::File;
  if (S_ISSOCK(status.st_mode)) kind_ = Kind::Socket;
}

bool LineWriter::write(std::string_view line) {
  constexpr std::string_view kBreak = "\n";
  std::string_view broken = torn_ ? kBreak : std::string_view{};
  std::string_view rest = line;
  while (!broken.empty() && write_piece(broken)) torn_ = false;
  while (!torn_ && !rest.empty() && write_piece(rest)) continue;
  if (rest.empty()) return true;
  torn_ = torn_ || rest.size() < line.size();
  return false;
}

bool LineWriter::has_room() const {
  pollfd room{.fd = descriptor_, .events = POLLOUT, .revents = 0};
  return ::poll(&room, 1, 0) == 1 && (room.revents & POLLOUT) != 0;
}

// Some of `rest`, which gets shorter. False: nothing could be written.
bool LineWriter::write_piece(std::string_view& rest) const {
  if (kind_ == Kind::Pipe && !has_room()) return false;
  const std::size_t size = kind_ == Kind::File ? rest.size() : std::min<std::size_t>(rest.size(), PIPE_BUF);
  ssize_t written = 0;
  do {
    written = kind_ == Kind::Socket ? ::send(descriptor_, rest.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL)
                                    : ::write(descriptor_, rest.data(), size);
  } while (written < 0 && errno == EINTR);
  if (written <= 0) return false;
  rest.remove_prefix(static_cast<std::size_t>(written));
  return true;
}

}  // namespace carillon::base
