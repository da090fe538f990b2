// SPDX-License-Identifier: Apache-2.0
// See uuid.h.
#include "modules/uuid/uuid.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/strings.h"
#include "routing/proxy.h"

namespace carillon::uuid {

using namespace module;
using script::Value;
using script::VariableRef;

base::Result<VersionName> VersionName::parse(std::string_view text) {
  const auto version = base::parse_number<int>(text);
  if (!version || (*version != 0 && *version != 1 && *version != 4 && *version != 7)) {
    return base::fail("the versions that need no name are 1, 4 and 7");
  }
  return VersionName{*version};
}

base::Result<Identifier> Uuid::make(int version, std::int64_t now, std::string_view space, std::string_view name) {
  switch (version) {
    case 0:
    case 4:
      return Identifier::random();
    case 1:
      return node_.next(now);
    case 7:
      return Identifier::of_time(now);
    case 3:
    case 5: {
      const auto of = Identifier::parse(space);
      if (!of) return base::fail(fmt::format("the namespace '{}' is no UUID", space));
      const auto made = version == 3 ? Identifier::of_name_md5(*of, name) : Identifier::of_name_sha1(*of, name);
      if (!made) return base::fail("the hash is not to be had");
      return *made;
    }
    default:
      return base::fail(fmt::format("there is no version {}", version));
  }
}

Verdict Uuid::uuid(RouteContext& context, Output result, std::optional<int> version,
                   std::optional<std::string_view> space, std::optional<std::string_view> name) {
  const bool needs_name = version == 3 || version == 5;
  if (needs_name && (!space || !name)) {
    log::error("uuid(): version {} needs a namespace and a name", *version);
    return kFalse;
  }
  const std::int64_t now = context.proxy().clock().unix_microseconds();
  const auto made = make(version.value_or(0), now, space.value_or(""), name.value_or(""));
  if (!made) {
    log::error("uuid(): {}", made.error().message);
    return kFalse;
  }
  return Verdict::of(result.assign(Value::text(context.keep(made->text()))));
}

Value Uuid::read(RouteContext& context, const VariableRef& ref) {
  int version = 0;
  if (ref.compiled != nullptr) {
    version = static_cast<const VersionName*>(ref.compiled)->version;
  } else if (!ref.sub_name.empty()) {
    const auto named = VersionName::parse(ref.sub_name);
    if (!named) return Value::null();
    version = named->version;
  }
  const auto made = make(version, context.proxy().clock().unix_microseconds(), {}, {});
  return made ? Value::text(context.keep(made->text())) : Value::null();
}

}  // namespace carillon::uuid
