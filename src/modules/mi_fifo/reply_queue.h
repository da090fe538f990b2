// SPDX-License-Identifier: Apache-2.0
// Answers on their way into the FIFOs of clients, who may be slow to open and to read them: none holds up another.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace carillon::mi_fifo {

// Owns a file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor();

  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// The path of a client's FIFO. An error when `name` would lead out of `folder`, or is no plain name.
[[nodiscard]] base::Result<std::string> reply_path(std::string_view folder, std::string_view name);

// One thread's. Nothing here blocks.
class ReplyQueue {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Limits {
    std::size_t replies = 256;
    std::chrono::milliseconds patience{5000};  // for a client to open its FIFO and to read the answer
    std::chrono::milliseconds retry{20};       // between attempts to find the FIFO opened
  };
  explicit ReplyQueue(Limits limits) : limits_(limits) {}

  // An error when the queue is full.
  [[nodiscard]] base::Result<> add(std::string path, std::string answer, Time now);
  // Opens and writes what can be; gives up what took too long.
  void advance(Time now);
  // What advance() waits for, to be given to poll(2).
  void add_to(std::vector<pollfd>& polled) const;
  // When advance() has to be called even if nothing is ready; Time::max() when nothing waits.
  [[nodiscard]] Time next(Time now) const;
  [[nodiscard]] bool empty() const { return replies_.empty(); }

 private:
  struct Reply {
    std::string path;
    std::string answer;
    Time deadline;
    FileDescriptor fifo;  // once the client reads from it
    std::size_t written = 0;
  };
  enum class Progress : unsigned char { Waits, Done, Failed };

  [[nodiscard]] static Progress open(Reply& reply);
  [[nodiscard]] static Progress write(Reply& reply);

  Limits limits_;
  std::list<Reply> replies_;
};

}  // namespace carillon::mi_fifo
