// SPDX-License-Identifier: Apache-2.0
// See fake_resolver.h.
#include "testing/scenario/fake_resolver.h"

#include <fmt/format.h>

#include <utility>

namespace carillon::testing {

void FakeResolver::add(std::string name, const base::IpAddress& address, base::Duration delay) {
  Entry& entry = entries_[std::move(name)];
  entry.addresses.push_back(address);
  entry.delay = delay;
}

base::Result<transport::Resolver::Addresses> FakeResolver::find(std::string_view host) const {
  const auto found = entries_.find(host);
  if (found == entries_.end()) return base::fail(fmt::format("{}: no such name", host), transport::kUnknownName);
  return found->second.addresses;
}

std::optional<base::Result<transport::Resolver::Addresses>> FakeResolver::cached(std::string_view host) {
  const auto found = entries_.find(host);
  if (found != entries_.end() && found->second.delay > base::Duration::zero()) return std::nullopt;
  return find(host);
}

void FakeResolver::resolve(std::string host, Done done) {
  const auto found = entries_.find(host);
  const base::Duration delay = found == entries_.end() ? base::Duration::zero() : found->second.delay;
  answers_.emplace(clock_.now() + delay, Answer{find(host), std::move(done)});
}

base::TimePoint FakeResolver::next_event() const {
  return answers_.empty() ? base::TimePoint::max() : answers_.begin()->first;
}

void FakeResolver::run() {
  while (next_event() <= clock_.now()) {
    Answer answer = std::move(answers_.extract(answers_.begin()).mapped());
    answer.done(std::move(answer.result));
  }
}

}  // namespace carillon::testing
