// SPDX-License-Identifier: Apache-2.0
// User-Agent texts, each kept once: a million phones share a few hundred of them.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace carillon::usrloc {

// A counted reference to a text of UserAgents, which must outlive it. Empty by default.
class UserAgent {
 public:
  UserAgent() = default;
  UserAgent(UserAgent&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
  UserAgent& operator=(UserAgent&& other) noexcept {
    std::swap(entry_, other.entry_);
    return *this;
  }
  ~UserAgent() {
    if (entry_ != nullptr) release();
  }

  [[nodiscard]] std::string_view text() const;

 private:
  friend class UserAgents;
  struct Entry;
  explicit UserAgent(Entry* entry) : entry_(entry) {}
  void release() noexcept;

  Entry* entry_ = nullptr;
};

// Any thread.
class UserAgents {
 public:
  UserAgents();
  ~UserAgents();
  UserAgents(const UserAgents&) = delete;
  UserAgents& operator=(const UserAgents&) = delete;

  [[nodiscard]] UserAgent intern(std::string_view text);
  // Different texts in use.
  [[nodiscard]] std::size_t size() const;

 private:
  friend class UserAgent;
  struct Part;

  std::unique_ptr<Part[]> parts_;
};

}  // namespace carillon::usrloc
