// SPDX-License-Identifier: Apache-2.0
// Universally unique identifiers (RFC 9562).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::uuid {

class Identifier {
 public:
  using Bytes = std::array<std::uint8_t, 16>;

  explicit Identifier(const Bytes& bytes) : bytes_(bytes) {}
  // "6ba7b810-9dad-11d1-80b4-00c04fd430c8", in any case.
  [[nodiscard]] static std::optional<Identifier> parse(std::string_view text);
  // In lower case.
  [[nodiscard]] std::string text() const;

  // Version 4: nothing but chance.
  [[nodiscard]] static Identifier random();
  // Versions 3 (MD5) and 5 (SHA-1): the same for the same name.
  [[nodiscard]] static std::optional<Identifier> of_name_md5(const Identifier& space, std::string_view name);
  [[nodiscard]] static std::optional<Identifier> of_name_sha1(const Identifier& space, std::string_view name);
  // Version 7: sorts by the time it was made.
  [[nodiscard]] static Identifier of_time(std::int64_t unix_microseconds);

 private:
  friend class Node;
  // With the bits that tell version and variant (section 4).
  [[nodiscard]] static Identifier stamped(Bytes bytes, unsigned version);

  Bytes bytes_;
};

// Who makes identifiers of version 1 (section 5.1). Any thread; no two are the same, also when the clock stands or is
// set back. Its number is drawn, so that they don't tell the address of an interface (section 6.10).
class Node {
 public:
  Node();
  [[nodiscard]] Identifier next(std::int64_t unix_microseconds);

 private:
  std::array<std::uint8_t, 6> number_{};
  std::uint16_t sequence_;
  std::atomic<std::uint64_t> last_{0};  // in units of 100 ns
};

}  // namespace carillon::uuid
