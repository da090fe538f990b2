// SPDX-License-Identifier: Apache-2.0
// Finding the language's own transformations, and what their authors share.
#include "script/transformations.h"

#include <array>
#include <charconv>
#include <vector>

#include "base/strings.h"

namespace carillon::script {

namespace {

[[nodiscard]] std::array<std::span<const TransformationDecl>, 5> all_classes() {
  return {text_transformations(), encoding_transformations(), list_transformations(), address_transformations(),
          substitution_transformations()};
}

[[nodiscard]] std::string_view class_of(std::string_view name) { return name.substr(0, name.find('.')); }

}  // namespace

const TransformationDecl* find_transformation(std::string_view name) {
  for (const auto declarations : all_classes()) {
    for (const TransformationDecl& declaration : declarations) {
      if (declaration.name == name) return &declaration;
    }
  }
  return nullptr;
}

bool is_own_transformation_class(std::string_view name) {
  constexpr auto kClasses = std::to_array<std::string_view>({"s", "param", "csv", "ip", "re"});
  for (const std::string_view known : kClasses) {
    if (known == class_of(name)) return true;
  }
  return false;
}

std::string_view nearest_transformation(std::string_view name) {
  if (!is_own_transformation_class(name)) return {};
  std::vector<std::string_view> names;
  for (const auto declarations : all_classes()) {
    for (const TransformationDecl& declaration : declarations) {
      if (class_of(declaration.name) == class_of(name)) names.push_back(declaration.name);
    }
  }
  return base::nearest_name(name, names);
}

std::string_view to_text(const Value& value, base::Arena& arena) {
  if (value.has_text()) return value.as_text();
  if (value.is_null()) return {};
  constexpr std::size_t kLongest = 20;
  std::array<char, kLongest + 1> digits{};
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value.as_integer()).ptr;
  return arena.copy({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

std::string_view to_text_piece(const Value& value, base::Arena& arena) {
  return value.is_null() ? "<null>" : to_text(value, arena);
}

std::int64_t integer_argument(std::span<const Argument> arguments, std::size_t index, std::int64_t fallback) {
  if (index >= arguments.size()) return fallback;
  const Value& value = arguments[index].value;
  if (value.has_integer()) return value.as_integer();
  return base::parse_number<std::int32_t>(base::trim(value.as_text())).value_or(fallback);
}

std::string_view text_argument(std::span<const Argument> arguments, std::size_t index, base::Arena& arena) {
  if (index >= arguments.size()) return {};
  return to_text(arguments[index].value, arena);
}

}  // namespace carillon::script
