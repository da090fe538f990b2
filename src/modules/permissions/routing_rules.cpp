// SPDX-License-Identifier: Apache-2.0
// The functions of permissions that go by allow and deny files. See permissions.h.
#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/log.h"
#include "modules/permissions/permissions.h"
#include "modules/permissions/plain_uri.h"
#include "sip/contact.h"

namespace carillon::permissions {

using module::Constant;
using module::kFalse;
using module::kTrue;

namespace {

std::optional<std::string> plain(const base::Result<sip::Uri>& uri) {
  if (!uri) return std::nullopt;
  return plain_uri(*uri);
}

// The Request-URIs a request will have; nothing when one can't be read.
std::optional<std::vector<std::string>> destinations(RouteContext& context, bool all_branches) {
  std::vector<std::string> uris;
  for (const routing::RequestTarget& target : context.decision.targets) {
    const auto uri = plain(sip::Uri::parse(target.uri));
    if (!uri) return std::nullopt;
    uris.push_back(*uri);
    if (!all_branches) break;
  }
  return uris;
}

}  // namespace

base::Result<RuleFiles> RuleFiles::parse(std::string_view basename, Permissions& module) {
  if (basename.empty()) return base::fail("must be the name of files without their suffix");
  const std::scoped_lock lock(module.mutex_);
  auto read = std::make_shared<RulePair>();
  if (module.started_) {
    // A script that is loaded later: it finds the files as they are now.
    auto now = module.read_rules(basename);
    if (!now) return std::unexpected(std::move(now.error()));
    *read = std::move(*now);
  }
  std::shared_ptr<RulePair>& rules = module.rules_[std::string(basename)];
  if (module.started_ || rules == nullptr) rules = std::move(read);
  return RuleFiles{rules, std::string(basename)};
}

std::string Permissions::path_of(std::string_view file) const {
  return (std::filesystem::path(script_directory_) / file).string();
}

base::Result<RulePair> Permissions::read_rules(std::string_view basename) const {
  auto allow = Rules::read(path_of(std::string(basename) + allow_suffix));
  auto deny = Rules::read(path_of(std::string(basename) + deny_suffix));
  if (!allow || !deny) {
    std::string problems = allow ? std::string() : allow.error().message;
    if (!deny) problems += (problems.empty() ? "" : "\n") + deny.error().message;
    return base::fail(std::move(problems));
  }
  return RulePair{std::move(*allow), std::move(*deny)};
}

base::Result<> Permissions::read_all_rules() {
  std::string problems;
  const auto note = [&problems](const base::Error& error) {
    problems += (problems.empty() ? "" : "\n") + error.message;
  };
  auto allow = Rules::read(path_of(default_allow_file));
  auto deny = Rules::read(path_of(default_deny_file));
  if (!allow) note(allow.error());
  if (!deny) note(deny.error());
  const std::scoped_lock lock(mutex_);
  for (auto& [basename, rules] : rules_) {
    auto read = read_rules(basename);
    if (!read) {
      note(read.error());
    } else {
      // The calls of the script hold this one.
      *rules = std::move(*read);
    }
  }
  if (!problems.empty()) return base::fail(std::move(problems));
  default_rules_ = RulePair{std::move(*allow), std::move(*deny)};
  return {};
}

Verdict Permissions::allow_routing(RouteContext& context, std::optional<Constant<RuleFiles>> basename) {
  const auto from = plain(context.message().from().uri());
  const auto to = destinations(context, check_all_branches);
  if (!from || !to) return kFalse;
  const RulePair& rules = basename ? *(*basename)->rules : default_rules_;
  return Verdict::of(rules.allow(*from, *to));
}

Verdict Permissions::allow_register(RouteContext& context, Constant<RuleFiles> basename) {
  const auto user = plain(context.message().to().uri());
  if (!user) return kFalse;
  std::vector<std::string> contacts;
  for (const sip::ListItem item : context.message().items(sip::HeaderId::Contact)) {
    const auto contact = sip::Contact::parse(item.value);
    if (!contact) return kFalse;
    if (contact->star) continue;
    const auto uri = plain(contact->address.uri());
    if (!uri) return kFalse;
    contacts.push_back(*uri);
  }
  // Nothing is registered: a query, or "Contact: *".
  if (contacts.empty()) return kTrue;
  return Verdict::of(basename->rules->allow(*user, contacts));
}

Verdict Permissions::allow_uri(RouteContext& context, Constant<RuleFiles> basename, std::string_view uri) {
  const auto from = plain(context.message().from().uri());
  const auto to = plain(sip::Uri::parse(uri));
  if (!from || !to) return kFalse;
  return Verdict::of(basename->rules->allow(*from, std::span(&*to, 1)));
}

}  // namespace carillon::permissions
