// SPDX-License-Identifier: Apache-2.0
// Whatever stands in Authorization: it is read or refused, what is read is complete, and nobody makes a nonce of ours.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "modules/auth/credentials.h"
#include "shard/shards.h"

namespace {

using namespace carillon;

const base::SystemClock system_clock;
shard::Shards shards{system_clock};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static auth::Nonces nonces(shards, system_clock, {});
  static auth::NonceSigner signer(nonces.key());
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  CARILLON_ASSERT(!nonces.read(signer, bytes));
  const auto read = auth::read_credentials(bytes, "example.org");
  if (!read) return 0;
  CARILLON_ASSERT(!read->fields.username.empty() && !read->fields.response.empty() && !read->fields.nonce.empty());
  CARILLON_ASSERT(read->qop == sip::Qop::None || read->fields.nonce_count.size() == 8);
  sip::DigestCalculator calculator;
  const auto response = calculator.response({.algorithm = read->algorithm,
                                             .qop = read->qop,
                                             .method = "REGISTER",
                                             .uri = read->fields.uri,
                                             .nonce = read->fields.nonce,
                                             .cnonce = read->fields.cnonce,
                                             .nonce_count = read->fields.nonce_count},
                                            "0123456789abcdef");
  CARILLON_ASSERT(!response.view().empty());
  return 0;
}
