// SPDX-License-Identifier: Apache-2.0
// URIs that lead to one device of an AoR from everywhere (RFC 5627): public ones tell AoR and instance, temporary ones
// only us.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "sip/uri.h"

namespace carillon::registrar {

// What a temporary GRUU stands for. It is good as long as the device is registered by the same Call-ID.
struct TemporaryGruu {
  std::string aor;
  std::string instance;
  std::string call_id;
};

class Gruus {
 public:
  Gruus() = default;
  // With a secret, temporary GRUUs outlive a restart; without one, a number by chance takes its place.
  explicit Gruus(std::string_view secret);

  // For `aor_uri` ("sip:user@host"), without quotes.
  [[nodiscard]] static std::string make_public(std::string_view aor_uri, std::string_view instance);
  // A URI of `host`.
  [[nodiscard]] std::string make_temporary(std::string_view host, const TemporaryGruu& meaning) const;

  // Whether `uri` is a GRUU at all; of a public one the instance.
  [[nodiscard]] static bool is_gruu(const sip::Uri& uri);
  [[nodiscard]] static std::string instance_of(const sip::Uri& uri);
  // Nothing when it isn't one of ours.
  [[nodiscard]] std::optional<TemporaryGruu> read(const sip::Uri& uri) const;

 private:
  [[nodiscard]] std::string covered(std::string_view text, std::uint64_t nonce) const;

  base::HashKey key_ = base::HashKey::random();
};

}  // namespace carillon::registrar
