// SPDX-License-Identifier: Apache-2.0
// See preferences.h.
#include "modules/sqlops/preferences.h"

#include <fmt/format.h>

#include <utility>

#include "base/strings.h"
#include "module/reading_host.h"
#include "module/user_uri.h"
#include "modules/sqlops/results.h"
#include "modules/sqlops/sqlops.h"
#include "script/transformations.h"
#include "script/vm.h"

namespace carillon::sqlops {
namespace {

// What stands behind the last '/', when it is one of the words.
std::optional<PreferenceSource::Kind> kind_of(std::string_view word) {
  if (word == "username") return PreferenceSource::Kind::Username;
  if (word == "domain") return PreferenceSource::Kind::Domain;
  if (word == "uri") return PreferenceSource::Kind::Uri;
  if (word == "uuid") return PreferenceSource::Kind::Uuid;
  return std::nullopt;
}

base::Result<> set(PreferenceScheme& scheme, std::string_view key, std::string_view value) {
  if (key == "uuid_col") {
    scheme.columns.uuid = value;
  } else if (key == "username_col") {
    scheme.columns.username = value;
  } else if (key == "domain_col") {
    scheme.columns.domain = value;
  } else if (key == "value_col") {
    scheme.columns.value = value;
  } else if (key == "table") {
    scheme.table = value;
  } else if (key == "value_type" && (value == "string" || value == "integer")) {
    scheme.integers = value == "integer";
  } else {
    return base::fail(fmt::format("db_scheme {}: '{}={}' means nothing", scheme.name, key, value));
  }
  return {};
}

}  // namespace

base::Result<PreferenceScheme> PreferenceScheme::parse(std::string_view text, const PreferenceColumns& usual) {
  PreferenceScheme scheme;
  scheme.columns = usual;
  const std::size_t colon = text.find(':');
  scheme.name = base::trim(text.substr(0, colon));
  if (scheme.name.empty() || colon == std::string_view::npos) {
    return base::fail("db_scheme must be \"name:table=...;uuid_col=...;value_col=...\"");
  }
  std::string_view rest = text.substr(colon + 1);
  while (!base::trim(rest).empty()) {
    std::string_view property = base::trim(base::take_until(rest, ';'));
    if (property.empty()) continue;
    const std::string_view key = base::trim(base::take_until(property, '='));
    if (auto done = set(scheme, key, base::trim(property)); !done) return std::unexpected(std::move(done.error()));
  }
  return scheme;
}

KeptText::KeptText(std::string_view text) : text_(text) {
  const auto variable = ResultVariable::parse(text);
  if (variable && variable->name == "var") local_ = variable->sub_name;
}

base::Result<> KeptText::compile(const module::Registry& modules) {
  if (!local_.empty()) return {};
  module::ReadingHost host(modules);
  auto compiled = script::FormatString::compile(text_, host);
  if (!compiled) return base::fail(fmt::format("'{}': {}", text_, compiled.error().message));
  format_.emplace(std::move(*compiled));
  return {};
}

base::Result<std::string> KeptText::read(routing::RouteContext& context) const {
  if (!local_.empty()) {
    const script::Value value = context.run().read(context.run().local(local_));
    if (value.is_null()) return base::fail(fmt::format("{} is NULL", text_));
    return value.has_text() ? std::string(value.as_text()) : fmt::format_int(value.as_integer()).str();
  }
  const auto value = format_->value(context);
  if (!value) return std::unexpected(value.error());
  if (value->is_null()) return base::fail(fmt::format("{} is NULL", text_));
  return std::string(script::to_text(*value, context.arena()));
}

base::Result<PreferenceSource> PreferenceSource::parse(std::string_view text, Sqlops& module) {
  PreferenceSource source;
  const std::size_t slash = text.rfind('/');
  const auto named = slash == std::string_view::npos ? std::nullopt : kind_of(base::trim(text.substr(slash + 1)));
  const std::string_view source_text = base::trim(named ? text.substr(0, slash) : text);
  if (source_text.empty()) return base::fail("must be a variable or a text, with /username, /domain, /uri or /uuid");
  if (named) {
    source.kind = *named;
  } else {
    const bool is_uri = source_text == "$ru" || source_text == "$fu" || source_text == "$tu" || source_text == "$ou";
    source.kind = is_uri ? Kind::Uri : Kind::Uuid;
  }
  source.text = std::make_shared<KeptText>(source_text);
  if (auto kept = module.keep(source.text); !kept) return std::unexpected(std::move(kept.error()));
  return source;
}

base::Result<PreferenceName> PreferenceName::parse(std::string_view text, Sqlops& module) {
  PreferenceName name;
  // A name has no slash, nor has the table or scheme.
  const std::size_t slash = text.rfind('/');
  const std::string_view spec = base::trim(text.substr(0, slash));
  if (spec == "*" || spec == "a" || spec.empty()) {
    name.kind = Kind::Any;
  } else if (spec == "i") {
    name.kind = Kind::Integers;
  } else if (spec == "s") {
    name.kind = Kind::Texts;
  } else {
    const auto variable = ResultVariable::parse(spec);
    if (!variable || variable->name != "avp") return base::fail(fmt::format("'{}' is neither $avp(name) nor *", spec));
    name.kind = Kind::One;
    name.attribute = variable->sub_name;
  }
  if (slash == std::string_view::npos) return name;
  const std::string_view where = base::trim(text.substr(slash + 1));
  if (where.empty()) return base::fail("names no table");
  if (!where.starts_with('$')) {
    name.table = where;
    return name;
  }
  name.scheme = module.find_scheme(where.substr(1));
  if (name.scheme == nullptr) return base::fail(fmt::format("there is no db_scheme '{}'", where.substr(1)));
  if (name.kind != Kind::One) return base::fail("with a db_scheme the AVP has to be named");
  return name;
}

base::Result<PreferenceOwner> PreferenceOwner::of(PreferenceSource::Kind kind, std::string_view text,
                                                  const PreferenceColumns& columns, bool use_domain) {
  PreferenceOwner owner;
  if (kind == PreferenceSource::Kind::Uuid) {
    owner.conditions.push_back({.column = columns.uuid, .value = std::string(text)});
    return owner;
  }
  auto uri = sip::Uri::parse(text);
  const std::string with_scheme = fmt::format("sip:{}", text);
  if (!uri || uri->scheme == sip::Uri::Scheme::Other) uri = sip::Uri::parse(with_scheme);
  if (!uri) return base::fail(fmt::format("'{}' is no URI", text));
  if (kind != PreferenceSource::Kind::Domain) {
    const auto user = module::user_of(*uri);
    if (!user) return base::fail(fmt::format("'{}' has no user", text));
    owner.conditions.push_back({.column = columns.username, .value = user->user});
  }
  if (kind == PreferenceSource::Kind::Domain || (kind == PreferenceSource::Kind::Uri && use_domain)) {
    owner.conditions.push_back({.column = columns.domain, .value = base::to_lower(uri->host)});
  }
  return owner;
}

}  // namespace carillon::sqlops
