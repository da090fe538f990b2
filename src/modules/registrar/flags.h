// SPDX-License-Identifier: Apache-2.0
// The flags of save() and lookup(): comma-separated names, or the letters of OpenSIPS before 3.3. Parsed when the
// script is compiled.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/usrloc/api.h"
#include "script/regex.h"

namespace carillon::registrar {

// What becomes of a Path header (RFC 3327).
enum class PathMode : std::uint8_t {
  Ignore,  // nothing: no flag asks for Path
  Off,     // it is stored and never sent back
  Lazy,    // stored, and sent back to who supports it
  Strict,  // stored and sent back, and who doesn't support it is refused
};

struct SaveFlags {
  bool memory_only = false;
  bool no_reply = false;
  bool force_registration = false;
  bool path_received = false;
  bool only_request_contacts = false;
  bool socket_header = false;
  PathMode path = PathMode::Ignore;
  std::optional<unsigned> max_contacts;
  std::optional<std::uint32_t> min_expires;  // seconds
  std::optional<std::uint32_t> max_expires;  // seconds
  std::optional<usrloc::Matching> matching;
  std::string matching_parameter;  // of Matching::Parameter

  [[nodiscard]] static base::Result<SaveFlags> parse(std::string_view text);
  // The names of letters; empty when they aren't letters.
  [[nodiscard]] static std::string today(std::string_view text);
};

struct LookupFlags {
  bool no_branches = false;
  bool to_branches_only = false;
  bool branch = false;
  bool method_filtering = false;
  bool sort_by_latency = false;
  std::optional<std::uint32_t> max_ping_latency;    // microseconds
  std::shared_ptr<const script::Regex> user_agent;  // null: any. Shared with the cache of expressions.

  [[nodiscard]] static base::Result<LookupFlags> parse(std::string_view text);
  [[nodiscard]] static std::string today(std::string_view text);
};

}  // namespace carillon::registrar
