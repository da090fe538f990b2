// SPDX-License-Identifier: Apache-2.0
// See profiles.h.
#include "modules/dialog/profiles.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/strings.h"

namespace carillon::dialog {
namespace {

std::string key_of(std::uint16_t profile, std::string_view value) { return fmt::format("{}:{}", profile, value); }

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '_' || c == '-' || c == '.';
  });
}

}  // namespace

base::Result<> Profiles::declare(std::string_view names, bool have_value) {
  while (!names.empty()) {
    std::string_view name = base::trim(base::take_until(names, ';'));
    if (name.empty()) continue;
    if (const std::size_t slash = name.find('/'); slash != std::string_view::npos) {
      const std::string_view suffix = name.substr(slash + 1);
      if (suffix != "b" && suffix != "s") return base::fail(fmt::format("'{}': the suffix is /b or /s", name));
      name = base::trim(name.substr(0, slash));
      has_shared_ = true;
    }
    if (!is_name(name)) return base::fail(fmt::format("'{}' is not the name of a profile", name));
    if (find(name)) return base::fail(fmt::format("the profile '{}' is declared twice", name));
    if (profiles_.size() == std::numeric_limits<std::uint16_t>::max()) return base::fail("too many profiles");
    auto profile = std::make_unique<Profile>();
    profile->name = name;
    profile->has_value = have_value;
    profiles_.push_back(std::move(profile));
  }
  return {};
}

std::optional<std::uint16_t> Profiles::find(std::string_view name) const {
  const auto found = std::ranges::find(profiles_, name, [](const auto& profile) { return profile->name; });
  if (found == profiles_.end()) return std::nullopt;
  return static_cast<std::uint16_t>(found - profiles_.begin());
}

void Profiles::add(std::uint16_t profile, std::string_view value) {
  profiles_[profile]->size.add();
  if (!profiles_[profile]->has_value) return;
  counts_->with(key_of(profile, value), [](auto& entry) {
    if (std::uint64_t* count = entry.value()) {
      ++*count;
    } else {
      entry.create(1U);
    }
  });
}

void Profiles::remove(std::uint16_t profile, std::string_view value) {
  profiles_[profile]->size.subtract();
  if (!profiles_[profile]->has_value) return;
  counts_->with(key_of(profile, value), [](auto& entry) {
    std::uint64_t* count = entry.value();
    if (count != nullptr && --*count == 0) entry.erase();
  });
}

std::uint64_t Profiles::size(std::uint16_t profile, std::optional<std::string_view> value) const {
  if (!value || !profiles_[profile]->has_value) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(profiles_[profile]->size.value(), 0));
  }
  return counts_->with(key_of(profile, *value), [](auto& entry) -> std::uint64_t {
    const std::uint64_t* count = entry.value();
    return count != nullptr ? *count : 0;
  });
}

std::vector<std::pair<std::string, std::uint64_t>> Profiles::values(std::uint16_t profile, std::size_t limit) const {
  std::vector<std::pair<std::string, std::uint64_t>> all;
  const std::string prefix = key_of(profile, {});
  for (std::size_t partition = 0; partition < Counts::partitions() && all.size() < limit; ++partition) {
    counts_->for_each_in(partition, [&](const std::string& key, std::uint64_t& count) {
      if (key.starts_with(prefix)) all.emplace_back(key.substr(prefix.size()), count);
    });
  }
  return all;
}

}  // namespace carillon::dialog
