// SPDX-License-Identifier: Apache-2.0
// What a live transaction holds, counted where all memory comes from.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <new>

#include "transaction/transaction_fixture.h"

namespace {

std::size_t live_bytes = 0;  // the tests have one thread

}  // namespace

void* operator new(std::size_t size) {
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  live_bytes += malloc_usable_size(memory);
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) live_bytes -= malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

namespace carillon::transaction {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kTransactions = 2000;

// A proxied INVITE of 1 KiB with one branch on UDP, ringing.
void add_ringing_call(Fixture& f, std::size_t number) {
  RequestText request;
  request.branch = "z9hG4bK" + std::to_string(number);
  request.extra = "X-Padding: ";
  request.extra.append(1024 - request.text().size() - 2, 'x').append("\r\n");
  f.receive(request);
  f.respond(100);
  f.send("INVITE", {.extra = request.extra, .for_server = true});
  f.answer(180);
  f.respond(180);
  static_cast<void>(f.sent());
}

void answer_call(Fixture& f) {
  f.answer(200);
  f.respond(200);
}

// Bytes each of kTransactions calls of `make_call(Fixture&, number)` leaves behind.
template <typename MakeCall>
std::size_t bytes_each(Fixture& f, MakeCall make_call) {
  f.server.heard.reserve(4 * kTransactions);
  f.client.heard.reserve(4 * kTransactions);
  make_call(f, 0);
  const std::size_t before = live_bytes;
  for (std::size_t i = 1; i <= kTransactions; ++i) make_call(f, i);
  EXPECT_EQ(f.layer().server_transactions(), kTransactions + 1);
  EXPECT_EQ(f.layer().client_transactions(), kTransactions + 1);
  return (live_bytes - before) / kTransactions;
}

TEST(TransactionMemory, OfALiveInviteIsUnder6KiB) {
  Fixture f;
  const std::size_t ringing = bytes_each(f, add_ringing_call);
  RecordProperty("bytes", std::to_string(ringing));
  EXPECT_LT(ringing, 6U * 1024);
}

TEST(TransactionMemory, OfAnAnsweredInviteIsUnder1536Bytes) {
  Fixture f;
  const std::size_t answered = bytes_each(f, [](Fixture& fixture, std::size_t number) {
    add_ringing_call(fixture, number);
    answer_call(fixture);
  });
  RecordProperty("bytes", std::to_string(answered));
  EXPECT_LT(answered, 1536U);
}

}  // namespace
}  // namespace carillon::transaction
