// SPDX-License-Identifier: Apache-2.0
// What a contact weighs in a table of a million, and what finding one costs in small and large tables.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>

#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "modules/usrloc/shared_location_fixture.h"
#include "shard/shards.h"

namespace carillon::usrloc {
namespace {

// The contact of the budget: AoR 24 bytes, contact 48, Call-ID 40, user agent 30, instance 46, no Path.
struct Example {
  explicit Example(std::size_t number)
      : aor(fmt::format("user{:08}@example.org", number)),
        uri(fmt::format("sip:user{:08}@192.0.2.{:03}:{:05};transport=udp", number, number % 250,
                        10000 + number % 50000)),
        call_id(fmt::format("{:08}-1234-4567-89ab-cdef01234567@192", number)),
        instance(fmt::format("urn:uuid:00000000-0000-1000-8000-0000{:08}0", number)) {}

  [[nodiscard]] ContactFields fields(std::int64_t now) const {
    return {.uri = uri,
            .call_id = call_id,
            .instance = instance,
            .user_agent = "Example Phone X1000/2.3.4.5678",
            .expires = now + 3600 + static_cast<std::int64_t>(aor.size()),
            .last_modified = now,
            .cseq = 1,
            .q = 500};
  }

  std::string aor;
  std::string uri;
  std::string call_id;
  std::string instance;
};

class Filled {
 public:
  explicit Filled(std::size_t contacts) : contacts_(contacts) {
    const std::size_t before = in_use();
    const std::int64_t now = clock_.unix_seconds();
    for (std::size_t i = 0; i < contacts; ++i) {
      const Example example(i);
      table_.change(example.aor, [&](Bindings& bindings) { bindings.insert(example.fields(now)); });
    }
    bytes_ = in_use() - before;
  }

  // The same table for all benchmarks of one size, which come one after the other.
  static Filled& of(std::size_t contacts) {
    static std::unique_ptr<Filled> current;
    if (current == nullptr || current->contacts_ != contacts) {
      current.reset();
      current = std::make_unique<Filled>(contacts);
    }
    return *current;
  }

  [[nodiscard]] double bytes_a_contact() const { return static_cast<double>(bytes_) / static_cast<double>(contacts_); }
  [[nodiscard]] std::size_t contacts() const { return contacts_; }
  [[nodiscard]] const base::Clock& clock() const { return clock_; }
  [[nodiscard]] LocationTable& table() { return table_; }

 private:
  // Bytes handed out by the allocator, what it needs itself included.
  static std::size_t in_use() {
    const struct mallinfo2 info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
  }

  base::SystemClock clock_;
  shard::Shards shards_{clock_};
  OwnSharedLocation shared_{shards_};
  LocationTable table_{"location", shared_.shared, LocationTable::Options{}};
  std::size_t contacts_;
  std::size_t bytes_ = 0;
};

// Numbers that visit a table of `size` without an order a cache could learn.
class Scattered {
 public:
  explicit Scattered(std::size_t size) : size_(size) {}
  std::size_t next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return (state_ >> 33) % size_;
  }

 private:
  std::size_t size_;
  std::uint64_t state_ = 1;
};

// AoRs to ask for, made before the time is taken.
std::vector<Example> examples(std::size_t contacts) {
  std::vector<Example> some;
  Scattered scattered(contacts);
  for (int i = 0; i < 4096; ++i) some.emplace_back(scattered.next());
  return some;
}

void lookup(benchmark::State& state) {
  Filled& filled = Filled::of(static_cast<std::size_t>(state.range(0)));
  const auto wanted = examples(filled.contacts());
  std::size_t at = 0;
  for (auto _ : state) {
    std::size_t size = 0;
    filled.table().read(wanted[at++ % wanted.size()].aor, [&size](const AorRecord& record) {
      for (const Contact& contact : record) size += contact.uri().size();
    });
    benchmark::DoNotOptimize(size);
  }
  state.counters["bytes/contact"] = filled.bytes_a_contact();
}

void refresh(benchmark::State& state) {
  Filled& filled = Filled::of(static_cast<std::size_t>(state.range(0)));
  const auto wanted = examples(filled.contacts());
  const std::int64_t now = filled.clock().unix_seconds();
  std::size_t at = 0;
  for (auto _ : state) {
    const Example& example = wanted[at++ % wanted.size()];
    filled.table().change(example.aor, [&](Bindings& bindings) {
      if (const Contact* contact = bindings.record().find({.uri = example.uri})) {
        bindings.update(*contact, example.fields(now));
      }
    });
  }
}

#define SIZES ->Arg(1'000)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)
BENCHMARK(lookup) SIZES;
BENCHMARK(refresh) SIZES;

}  // namespace
}  // namespace carillon::usrloc
