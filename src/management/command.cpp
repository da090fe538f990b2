// SPDX-License-Identifier: Apache-2.0
// Finding a command by any of its names, and the recipe that a call's parameters fit.
#include "management/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/strings.h"

namespace carillon::management {
namespace {

std::unexpected<base::Error> bad_type(std::string_view name) {
  return base::fail(fmt::format("Bad type for parameter '{}'", name), kInvalidParameters);
}

std::unexpected<CommandError> invalid_parameters(std::string data) {
  return std::unexpected(
      CommandError{.code = kInvalidParameters, .message = "Invalid params", .data = std::move(data)});
}

// A string, or a number as it prints.
std::optional<std::string> printed(const Json& value) {
  if (const auto* string = value.if_string()) return *string;
  if (value.if_integer() != nullptr || value.if_real() != nullptr) return value.text();
  return std::nullopt;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> result;
  while (true) {
    const bool last = !text.contains(separator);
    const std::string_view part = base::trim(base::take_until(text, separator));
    if (!part.empty()) result.emplace_back(part);
    if (last) return result;
  }
}

// "a | b,c" is {{a}, {b, c}}; an empty alternative is an empty recipe.
std::vector<std::vector<std::string>> parse_recipes(std::string_view text) {
  std::vector<std::vector<std::string>> result;
  while (true) {
    const bool last = !text.contains('|');
    result.push_back(split(base::take_until(text, '|'), ','));
    if (last) return result;
  }
}

// Which of `recipes` has exactly the names of `object`.
const std::vector<std::string>* match(const std::vector<std::vector<std::string>>& recipes,
                                      const Json::Object& object) {
  for (const auto& recipe : recipes) {
    const bool fits = recipe.size() == object.size() && std::ranges::all_of(recipe, [&](const std::string& name) {
                        return std::ranges::find(object, name, &Json::Member::name) != object.end();
                      });
    if (fits) return &recipe;
  }
  return nullptr;
}

}  // namespace

const Json* Parameters::find(std::string_view name) const {
  const auto found = std::ranges::find(named_, name, &Json::Member::name);
  return found != named_.end() ? &found->value : nullptr;
}

base::Result<std::string> Parameters::text(std::string_view name) const {
  const Json* value = find(name);
  if (value == nullptr) return bad_type(name);
  auto text = printed(*value);
  if (!text) return bad_type(name);
  return std::move(*text);
}

base::Result<std::int64_t> Parameters::integer(std::string_view name) const {
  const Json* value = find(name);
  if (value == nullptr) return bad_type(name);
  if (const auto* integer = value->if_integer()) return *integer;
  if (const auto* string = value->if_string()) {
    if (const auto number = base::parse_number<std::int64_t>(*string)) return *number;
  }
  // A double beyond 2^53 is none that a caller wrote on purpose.
  constexpr double kExact = 9007199254740992.0;
  if (const auto* real = value->if_real(); real != nullptr && std::abs(*real) <= kExact && std::trunc(*real) == *real) {
    return static_cast<std::int64_t>(*real);
  }
  return bad_type(name);
}

base::Result<std::vector<std::string>> Parameters::texts(std::string_view name) const {
  const Json* value = find(name);
  const Json::Array* array = value != nullptr ? value->if_array() : nullptr;
  if (array == nullptr) return bad_type(name);
  if (array->empty()) return base::fail(fmt::format("Empty array in parameter '{}'", name), kInvalidParameters);
  std::vector<std::string> result;
  for (const Json& item : *array) {
    auto text = printed(item);
    if (!text) return base::fail(fmt::format("Bad type for array item in parameter '{}'", name), kInvalidParameters);
    result.push_back(std::move(*text));
  }
  return result;
}

Handler immediate(std::function<base::Result<Json>(const Parameters&)> handler) {
  return [handler = std::move(handler)](Parameters parameters) -> base::Task<base::Result<Json>> {
    co_return handler(parameters);
  };
}

base::Result<> CommandRegistry::add(const CommandSpec& spec, Handler handler) {
  const std::size_t colon = spec.name.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == spec.name.size()) {
    return base::fail(fmt::format("command '{}' is not named module:command", spec.name));
  }
  if (by_name_.contains(spec.name)) return base::fail(fmt::format("command '{}' exists already", spec.name));
  const std::vector<std::string> aliases = split(spec.aliases, ',');
  for (const std::string& alias : aliases) {
    const auto taken = by_alias_.find(alias);
    if (taken == by_alias_.end()) continue;
    return base::fail(
        fmt::format("command '{}': '{}' is an alias of '{}' already", spec.name, alias, taken->second->spec.name));
  }
  auto command = std::make_unique<Command>(
      Command{.spec = spec, .recipes = parse_recipes(spec.recipes), .handler = std::move(handler)});
  for (const std::string& alias : aliases) by_alias_.emplace(alias, command.get());
  by_local_name_[std::string(spec.name.substr(colon + 1))].push_back(command.get());
  by_name_.emplace(std::string(spec.name), std::move(command));
  return {};
}

std::expected<const CommandRegistry::Command*, CommandError> CommandRegistry::find(std::string_view method) const {
  if (method.contains(':')) {
    if (const auto exact = by_name_.find(method); exact != by_name_.end()) return exact->second.get();
  } else if (const auto local = by_local_name_.find(method); local != by_local_name_.end()) {
    if (local->second.size() == 1) return local->second.front();
    std::string names;
    for (const Command* command : local->second) names += (names.empty() ? "" : ", ") + std::string(command->spec.name);
    return std::unexpected(
        CommandError{.code = kMethodAmbiguous, .message = "Method ambiguous", .data = "supported names: " + names});
  }
  if (const auto alias = by_alias_.find(method); alias != by_alias_.end()) return alias->second;
  return std::unexpected(CommandError{.code = kMethodNotFound, .message = "Method not found", .data = {}});
}

std::expected<CommandRegistry::Call, CommandError> CommandRegistry::resolve(std::string_view method,
                                                                            const Json& parameters) const {
  const auto found = find(method);
  if (!found) return std::unexpected(found.error());
  const Command& command = **found;

  const Json::Array* array = parameters.if_array();
  const Json::Object* object = parameters.if_object();
  const std::size_t count = array != nullptr ? array->size() : object != nullptr ? object->size() : 0;
  if (count > 0 && array != nullptr && command.spec.named_only) {
    return invalid_parameters("Command only supports named parameters");
  }
  const auto of_this_size = [count](const std::vector<std::string>& recipe) { return recipe.size() == count; };
  const auto recipe = std::ranges::find_if(command.recipes, of_this_size);
  if (recipe == command.recipes.end()) return invalid_parameters("Too few or too many parameters");
  if (count == 0) return Call{.command = &command, .parameters = {}};

  if (object != nullptr) {
    if (match(command.recipes, *object) == nullptr) return invalid_parameters("Named parameters do not match");
    return Call{.command = &command, .parameters = Parameters(*object)};
  }
  if (std::ranges::count_if(command.recipes, of_this_size) > 1) {
    return invalid_parameters("Ambiguous call, use named parameters instead");
  }
  Json::Object named;
  for (std::size_t i = 0; i < count; ++i) named.emplace_back((*recipe)[i], (*array)[i]);
  return Call{.command = &command, .parameters = Parameters(std::move(named))};
}

std::vector<std::string_view> CommandRegistry::names() const {
  std::vector<std::string_view> result;
  for (const auto& [name, command] : by_name_) result.push_back(name);
  return result;
}

std::vector<const CommandRegistry::Command*> CommandRegistry::all() const {
  std::vector<const Command*> result;
  for (const auto& [name, command] : by_name_) result.push_back(command.get());
  return result;
}

}  // namespace carillon::management
