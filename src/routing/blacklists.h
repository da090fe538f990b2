// SPDX-License-Identifier: Apache-2.0
// Lists of destinations that no request is sent to (dst_blacklist), and which of them a message goes by. Asked on the
// way out, when the names of a destination have become addresses.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ip.h"
#include "base/result.h"
#include "base/time.h"
#include "script/regex.h"
#include "transport/target.h"

namespace carillon::routing {

// Lists are defined before the workers run; rules come and go then by any thread.
class Blacklists {
 public:
  // One bit a list.
  using Mask = std::uint64_t;
  static constexpr Mask kAll = ~Mask{0};
  static constexpr std::size_t kMaxLists = 64;
  static constexpr std::size_t kMaxRules = 100'000;  // of one list

  struct Rule {
    base::IpNetwork network;
    bool inverse = false;                                  // every address but those of the network
    std::optional<transport::Protocol> protocol;           // none: any
    std::uint16_t port = 0;                                // 0: any
    std::string pattern;                                   // of the request; empty: any
    std::optional<base::TimePoint> expires;                // none: stays
    std::shared_ptr<const script::Regex> regex = nullptr;  // of `pattern`

    // "[!]address[/length]", and what narrows it; protocol "any" or empty is none.
    [[nodiscard]] static base::Result<Rule> make(std::string_view network, std::string_view protocol, int port,
                                                 std::string_view pattern);
    // "([proto,]net[,port[,"pattern"]])", with or without the parentheses and a '!' before either.
    [[nodiscard]] static base::Result<Rule> parse(std::string_view text);
  };

  struct Destination {
    std::optional<transport::Protocol> protocol;  // none: only rules for any protocol
    base::IpAddress address;
    std::uint16_t port = 0;  // 0: only rules for any port
    std::string_view request;
  };

  // What a list looks like from outside.
  struct Description {
    std::string name;
    bool expires = false;
    bool is_default = false;
    bool read_only = false;
    std::vector<Rule> rules;
  };

  // "name/expire,default,readonly:{ rule, rule }", also with '=' or nothing in place of ':' (OpenSIPS 2.x). Without
  // flags the list is read-only.
  [[nodiscard]] base::Result<> define(std::string_view text);
  // A list of the server's own, whose rules expire.
  [[nodiscard]] base::Result<> define_dynamic(std::string_view name, bool is_default);

  // Of one list; of "all", all of them; nothing when there is no list of this name.
  [[nodiscard]] std::optional<Mask> mask(std::string_view name) const;
  // Those that messages go by without being told to.
  [[nodiscard]] Mask defaults() const { return defaults_; }

  // A list of `lists` with a rule for this destination; nothing when none has one.
  [[nodiscard]] std::optional<std::string_view> find(Mask lists, const Destination& destination,
                                                     base::TimePoint now) const;
  // The rule itself.
  [[nodiscard]] std::optional<Rule> matching_rule(Mask lists, const Destination& destination,
                                                  base::TimePoint now) const;
  // Whether one of `lists` has rules, and whether one of these looks at the request.
  [[nodiscard]] bool has_rules(Mask lists) const;
  [[nodiscard]] bool has_patterns(Mask lists) const;

  // fail(): no such list, a read-only one, an expiry where nothing expires, too many rules. The same rule again takes
  // the place of the one before.
  [[nodiscard]] base::Result<> add(std::string_view list, Rule rule, base::TimePoint now);
  // False when there was no such rule. fail(): no such list, or a read-only one.
  [[nodiscard]] base::Result<bool> remove(std::string_view list, const Rule& rule);
  [[nodiscard]] std::vector<Description> describe(Mask lists, base::TimePoint now) const;

 private:
  struct List {
    std::string name;
    bool expires = false;
    bool is_default = false;
    bool read_only = false;
    std::size_t count = 0;
    std::size_t patterns = 0;
    // Rules for one address, and those that have to be looked at one by one.
    std::unordered_map<base::IpAddress, std::vector<Rule>> hosts;
    std::vector<Rule> networks;

    [[nodiscard]] const Rule* find(const Destination& destination, base::TimePoint now) const;
    [[nodiscard]] std::vector<Rule>& home_of(const Rule& rule);
    void put(Rule rule);
    bool take(const Rule& rule);
    void forget_expired(base::TimePoint now);
  };

  [[nodiscard]] base::Result<List*> writable(std::string_view name);
  [[nodiscard]] base::Result<List*> make(std::string_view name);

  mutable std::shared_mutex mutex_;  // of the rules; which lists there are doesn't change once workers run
  std::vector<List> lists_;
  Mask defaults_ = 0;
};

}  // namespace carillon::routing
