// SPDX-License-Identifier: Apache-2.0
// The key of the location table: an address of record, kept inside the table's node when it is no longer than most are.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace carillon::usrloc {

// 32 bytes; a text of more than 31 has an allocation of its own. (A std::string has one from 16 on.)
class AorName {
 public:
  explicit AorName(std::string_view text) {
    if (text.size() <= kInline) {
      std::memcpy(bytes_.data(), text.data(), text.size());
      bytes_[kInline] = static_cast<char>(text.size());
    } else {
      char* copy = new char[text.size()];
      std::memcpy(copy, text.data(), text.size());
      const std::size_t size = text.size();
      std::memcpy(bytes_.data(), static_cast<const void*>(&copy), sizeof copy);
      std::memcpy(bytes_.data() + sizeof copy, &size, sizeof size);
      bytes_[kInline] = kElsewhere;
    }
  }
  AorName(AorName&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  AorName& operator=(AorName&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~AorName() {
    if (bytes_[kInline] == kElsewhere) delete[] elsewhere();
  }

  [[nodiscard]] std::string_view text() const {
    if (bytes_[kInline] != kElsewhere) return {bytes_.data(), static_cast<std::size_t>(bytes_[kInline])};
    std::size_t size = 0;
    std::memcpy(&size, bytes_.data() + sizeof(char*), sizeof size);
    return {elsewhere(), size};
  }
  operator std::string_view() const { return text(); }  // NOLINT(google-explicit-constructor)

  friend bool operator==(const AorName& a, const AorName& b) { return a.text() == b.text(); }
  friend bool operator==(const AorName& a, std::string_view b) { return a.text() == b; }

 private:
  static constexpr std::size_t kInline = 31;
  static constexpr char kElsewhere = -1;

  [[nodiscard]] char* elsewhere() const {
    char* copy = nullptr;
    std::memcpy(static_cast<void*>(&copy), bytes_.data(), sizeof copy);
    return copy;
  }

  alignas(char*) std::array<char, kInline + 1> bytes_{};  // the last one: size, or kElsewhere
};

}  // namespace carillon::usrloc
