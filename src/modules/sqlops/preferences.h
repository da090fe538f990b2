// SPDX-License-Identifier: Apache-2.0
// Users' preferences: AVPs that are kept in a table, by user and attribute.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "module/registry.h"
#include "routing/route_context.h"
#include "script/format_string.h"
#include "storage/statement.h"

namespace carillon::sqlops {

class Sqlops;

struct PreferenceColumns {
  std::string uuid = "uuid";
  std::string username = "username";
  std::string domain = "domain";
  std::string attribute = "attribute";
  std::string value = "value";
  std::string type = "type";
};

// db_scheme: another table in which each row is a user and a column the value.
// "name:uuid_col=a;username_col=b;domain_col=c;value_col=d;value_type=string;table=e"
struct PreferenceScheme {
  std::string name;
  std::string table;
  PreferenceColumns columns;
  bool integers = false;
  [[nodiscard]] static base::Result<PreferenceScheme> parse(std::string_view text, const PreferenceColumns& usual);
};

// A text with variables, $var among them, that a call keeps for later.
class KeptText {
 public:
  explicit KeptText(std::string_view text);
  // Once the modules are there, and before it is read.
  [[nodiscard]] base::Result<> compile(const module::Registry& modules);
  [[nodiscard]] base::Result<std::string> read(routing::RouteContext& context) const;

 private:
  std::string text_;
  std::string local_;  // it is this $var
  std::optional<script::FormatString> format_;
};

// "$fu/username", "$avp(uuid)", "alice@example.org/uri": whose preferences are meant.
struct PreferenceSource {
  enum class Kind : std::uint8_t { Uuid, Uri, Username, Domain };
  Kind kind = Kind::Uuid;
  std::shared_ptr<KeptText> text;  // shared with the module, which compiles it at start
  [[nodiscard]] static base::Result<PreferenceSource> parse(std::string_view text, Sqlops& module);
};

// "$avp(name)", "*", "i", "s", with "/table" or "/$scheme" behind it: which of them.
struct PreferenceName {
  enum class Kind : std::uint8_t { Any, One, Integers, Texts };
  Kind kind = Kind::Any;
  std::string attribute;
  std::string table;                         // empty: the usual one
  const PreferenceScheme* scheme = nullptr;  // of the module, which outlives the script
  [[nodiscard]] static base::Result<PreferenceName> parse(std::string_view text, Sqlops& module);
};

// The columns of a user and what they hold.
struct PreferenceOwner {
  storage::Conditions conditions;
  [[nodiscard]] static base::Result<PreferenceOwner> of(PreferenceSource::Kind kind, std::string_view text,
                                                        const PreferenceColumns& columns, bool use_domain);
};

// The column `type`: AVPs with names that are texts, holding texts or integers; OpenSIPS wrote others once.
inline constexpr std::int64_t kTextPreference = 0;
inline constexpr std::int64_t kIntegerPreference = 1;
[[nodiscard]] constexpr bool is_integer_preference(std::int64_t type) { return type == 1 || type == 3; }

}  // namespace carillon::sqlops
