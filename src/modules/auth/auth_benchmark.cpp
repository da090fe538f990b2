// SPDX-License-Identifier: Apache-2.0
// What authentication adds to a request: a nonce for the challenge, and the check of the answer, the secret being
// known.
#include <benchmark/benchmark.h>

#include "modules/auth/auth_fixture.h"
#include "modules/auth/credentials.h"
#include "shard/shards.h"

namespace carillon::auth {
namespace {

const base::SystemClock kClock;

void nonce_made(benchmark::State& state) {
  shard::Shards shards(kClock);
  Nonces nonces(shards, kClock, {});
  NonceSigner signer(nonces.key());
  for (auto _ : state) benchmark::DoNotOptimize(nonces.make(signer, {}, nonces.next_number()));
}
BENCHMARK(nonce_made);

void nonce_made_and_used(benchmark::State& state) {
  shard::Shards shards(kClock);
  Nonces nonces(shards, kClock, {});
  NonceSigner signer(nonces.key());
  for (auto _ : state) {
    const NonceText text = nonces.make(signer, {}, nonces.next_number());
    const auto nonce = nonces.read(signer, text.view());
    benchmark::DoNotOptimize(nonce && nonces.is_fresh(*nonce) && nonces.use(*nonce));
  }
}
BENCHMARK(nonce_made_and_used);

// All that a request with credentials costs in auth: from the header to the answer.
void credentials_checked(benchmark::State& state) {
  const auto algorithm = static_cast<sip::DigestAlgorithm>(state.range(0));
  shard::Shards shards(kClock);
  Nonces nonces(shards, kClock, {.lifetime = std::chrono::hours(1), .reusable = true});
  NonceSigner signer(nonces.key());
  sip::DigestCalculator calculator;
  const NonceText nonce = nonces.make(signer, {.algorithm = algorithm, .qop = QopOffer::Auth}, 0);
  const std::string bytes = registration_with(answer_to(nonce.view(), algorithm, "secret"));
  const sip::HexDigest ha1 = calculator.ha1(sip::hash_of(algorithm), "alice", "example.org", "secret");
  sip::Message message;
  static_cast<void>(message.assign(bytes));
  base::Arena arena(4096);
  bool all_right = true;
  for (auto _ : state) {
    const auto found = find_credentials(message, arena, "example.org", Kind::Www, nonces, signer);
    const sip::HexDigest response = calculator.response({.algorithm = found->algorithm,
                                                         .qop = found->qop,
                                                         .method = message.method_name(),
                                                         .uri = found->fields.uri,
                                                         .nonce = found->fields.nonce,
                                                         .cnonce = found->fields.cnonce,
                                                         .nonce_count = found->fields.nonce_count},
                                                        ha1.view());
    all_right = sip::is_same_digest(response.view(), found->fields.response) && nonces.use(found->nonce) && all_right;
  }
  if (!all_right) state.SkipWithError("not authorized");
}
BENCHMARK(credentials_checked)
    ->Arg(static_cast<int>(sip::DigestAlgorithm::Md5))
    ->Arg(static_cast<int>(sip::DigestAlgorithm::Sha256))
    ->Arg(static_cast<int>(sip::DigestAlgorithm::Sha512t256));

}  // namespace
}  // namespace carillon::auth
