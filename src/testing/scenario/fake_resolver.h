// SPDX-License-Identifier: Apache-2.0
// Names as a scenario gives them, at once or after a time.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/strings.h"
#include "base/time.h"
#include "transport/resolver.h"

namespace carillon::testing {

// On one thread. An unknown name doesn't exist.
class FakeResolver final : public transport::Resolver {
 public:
  explicit FakeResolver(const base::Clock& clock) : clock_(clock) {}

  // A name with a delay is looked up anew each time. A name added again has one more address.
  void add(std::string name, const base::IpAddress& address, base::Duration delay);

  [[nodiscard]] std::optional<base::Result<Addresses>> cached(std::string_view host) override;
  void resolve(std::string host, Done done) override;

  // When the next answer is due; TimePoint::max() when none is.
  [[nodiscard]] base::TimePoint next_event() const;
  // Gives the answers that are due.
  void run();
  // Who has asked is gone.
  void forget() { answers_.clear(); }

 private:
  struct Entry {
    Addresses addresses;
    base::Duration delay{};
  };
  struct Answer {
    base::Result<Addresses> result;
    Done done;
  };

  [[nodiscard]] base::Result<Addresses> find(std::string_view host) const;

  const base::Clock& clock_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::multimap<base::TimePoint, Answer> answers_;
};

}  // namespace carillon::testing
