// SPDX-License-Identifier: Apache-2.0
// See registry.h.
#include "module/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/assert.h"
#include "base/log.h"
#include "management/command.h"
#include "management/events.h"
#include "module/opensips_modules.h"
#include "script/mention.h"
#include "storage/driver.h"

namespace carillon::module {
namespace {

template <typename Rows>
bool declares(const Rows& rows, std::string_view name) {
  return std::ranges::any_of(rows, [name](const auto& row) { return row.name == name; });
}
bool declares_variable(const Declaration& declaration, std::string_view name) {
  return std::ranges::any_of(declaration.variables, [name](const VariableDecl& row) { return row.decl.name == name; });
}

bool declares(const Declaration& declaration, script::NameKind kind, std::string_view name) {
  switch (kind) {
    case script::NameKind::Function:
      return declares(declaration.functions, name);
    case script::NameKind::Variable:
      return declares_variable(declaration, name);
    case script::NameKind::Transformation:
      return declares(declaration.transformations, name);
  }
  return false;
}

template <typename Table>
std::string_view nearest(const Table& table, std::string_view name) {
  std::vector<std::string_view> names;
  names.reserve(table.size());
  for (const auto& [known, declaration] : table) names.push_back(known);
  return base::nearest_name(name, names);
}

bool has_type(ParameterType type, const script::Value& value) {
  switch (type) {
    case ParameterType::Integer:
      return value.has_integer();
    case ParameterType::Text:
      return value.has_text();
    case ParameterType::Either:
      return true;
  }
  return false;
}

std::string_view nearest_module(std::span<const Declaration* const> available, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Declaration* one : available) names.push_back(one->name);
  return base::nearest_name(name, names);
}

constexpr std::string_view kLacking = "OpenSIPS has this module, this server has not";

}  // namespace

std::unique_ptr<storage::Driver> Module::driver() const { return nullptr; }

Registry::Registry(std::span<const Declaration* const> available) : available_(available.begin(), available.end()) {
  static_cast<void>(load("core"));
}

Registry::~Registry() = default;

const Declaration* Registry::find_available(std::string_view name) const {
  const auto found = std::ranges::find(available_, name, &Declaration::name);
  return found == available_.end() ? nullptr : *found;
}

Registry::Loaded* Registry::find_loaded(std::string_view name) const {
  const auto found = std::ranges::find_if(loaded_, [name](const Loaded& one) { return one.declaration->name == name; });
  return found == loaded_.end() ? nullptr : &*found;
}

Module* Registry::find_module(std::string_view name) const {
  const Loaded* loaded = find_loaded(name);
  return loaded == nullptr ? nullptr : loaded->module.get();
}

script::Answer Registry::load(std::string_view name) {
  if (find_loaded(name) != nullptr) return script::Answer::accepted();
  const Declaration* declaration = find_available(name);
  if (declaration == nullptr && is_opensips_module(name)) {
    return script::Answer::refused(std::string(kLacking));
  }
  if (const OldModule* old = find_old_module(name); declaration == nullptr && old != nullptr) {
    return load_successor(*old);
  }
  if (declaration == nullptr) return script::Answer::unknown(nearest_module(available_, name));
  loaded_.push_back({declaration, declaration->create()});
  add_names(loaded_.back());
  return script::Answer::accepted();
}

// In the place of a module that was removed or renamed.
script::Answer Registry::load_successor(const OldModule& old) {
  if (old.successor.empty()) return script::Answer::accepted(std::string(old.now));
  if (!load(old.successor).is_accepted())
    return script::Answer::refused(fmt::format("{}; this server has no {}", old.now, old.successor));
  return script::Answer::renamed(fmt::format("loadmodule \"{}.so\" ({})", old.successor, old.now));
}

void Registry::add_names(Loaded& loaded) {
  for (const FunctionDecl& row : loaded.declaration->functions) {
    functions_.push_back({.name = row.name,
                          .params = std::span(row.params).first(row.param_count),
                          .routes = row.routes,
                          .may_suspend = row.may_suspend,
                          .documentation = row.documentation,
                          .code = row.code,
                          .owner = loaded.module.get(),
                          .successor = row.successor,
                          .stoppable = row.stoppable,
                          .keeps_limit = row.keeps_limit,
                          .older_order = row.older_order});
    function_names_.try_emplace(row.name, &functions_.back());
  }
  for (const VariableDecl& row : loaded.declaration->variables) {
    variables_.push_back(row.decl);
    variables_.back().owner = loaded.module.get();
    variable_names_.try_emplace(row.decl.name, &variables_.back());
  }
  for (const script::TransformationDecl& row : loaded.declaration->transformations) {
    transformations_.push_back(row);
    transformations_.back().owner = loaded.module.get();
    transformation_names_.try_emplace(row.name, &transformations_.back());
  }
}

script::Answer Registry::set_parameter(std::string_view modules, std::string_view parameter,
                                       const script::Value& value) {
  if (Loaded* loaded = find_loaded(modules)) return set_parameter(*loaded, parameter, value);
  if (const OldModule* old = find_old_module(modules); old != nullptr && find_available(modules) == nullptr) {
    if (old->successor.empty()) return script::Answer::accepted(std::string(old->now));
    if (const OldParameter* once = find_old_parameter(modules, parameter)) {
      return set_old_parameter(nullptr, *once, value);
    }
    Loaded* const loaded = find_loaded(old->successor);
    return loaded == nullptr ? script::Answer::not_loaded() : set_parameter(*loaded, parameter, value);
  }

  const auto pattern = script::Regex::compile(fmt::format("^({})$", modules));
  if (!pattern) return script::Answer::refused(pattern.error().message);
  bool matched = false;
  script::Answer last = script::Answer::accepted();
  for (Loaded& loaded : loaded_) {
    if (!(*pattern)->matches(loaded.declaration->name).value_or(false)) continue;
    matched = true;
    last = set_parameter(loaded, parameter, value);
    if (!last.is_accepted()) return last;
  }
  if (matched) return last;
  script::Answer answer = script::Answer::not_loaded();
  if (find_available(modules) != nullptr) return answer;
  if (is_opensips_module(modules)) {
    answer.text = kLacking;
  } else {
    answer.nearest = nearest_module(available_, modules);
  }
  return answer;
}

script::Answer Registry::set_parameter(Loaded& loaded, std::string_view parameter, const script::Value& value) {
  const auto& rows = loaded.declaration->parameters;
  const auto row = std::ranges::find(rows, parameter, &ParameterDecl::name);
  if (row == rows.end()) {
    if (const OldParameter* once = find_old_parameter(loaded.declaration->name, parameter)) {
      return set_old_parameter(&loaded, *once, value);
    }
    std::vector<std::string_view> names;
    for (const ParameterDecl& one : rows) names.push_back(one.name);
    return script::Answer::unknown(base::nearest_name(parameter, names));
  }
  if (!has_type(row->type, value)) {
    return script::Answer::wrong_type(row->type == ParameterType::Integer ? "a number" : "a string");
  }
  if (auto done = row->set(*loaded.module, value); !done) return script::Answer::refused(done.error().message);
  if (!row->successor.empty()) return script::Answer::renamed(row->successor);
  return script::Answer::accepted(row->needless ? std::string(row->documentation) : std::string());
}

// `loaded`: whose parameter it was; null when it was one of a module that is gone.
script::Answer Registry::set_old_parameter(Loaded* loaded, const OldParameter& old, const script::Value& value) {
  const std::string now(old.now);
  switch (old.fate) {
    case OldParameter::Fate::Renamed: {
      script::Answer answer = loaded == nullptr ? script::Answer::not_loaded() : set_parameter(*loaded, old.now, value);
      return answer.is_accepted() ? script::Answer::renamed(now) : answer;
    }
    case OldParameter::Fate::Needless:
      return script::Answer::accepted(now);
    case OldParameter::Fate::OnlyZero:
      if (value.has_integer() && value.as_integer() == 0) return script::Answer::accepted(now);
      return script::Answer::refused(now);
    case OldParameter::Fate::Gone:
      break;
  }
  return script::Answer::refused(now);
}

const script::FunctionDecl* Registry::find_function(std::string_view name) const {
  const auto found = function_names_.find(name);
  return found == function_names_.end() ? nullptr : found->second;
}

const script::VariableDecl* Registry::find_variable(std::string_view name) const {
  const auto found = variable_names_.find(name);
  return found == variable_names_.end() ? nullptr : found->second;
}

const script::TransformationDecl* Registry::find_transformation(std::string_view name) const {
  const auto found = transformation_names_.find(name);
  return found == transformation_names_.end() ? nullptr : found->second;
}

script::Suggestion Registry::suggest(script::NameKind kind, std::string_view name) const {
  for (const Declaration* declaration : available_) {
    if (declares(*declaration, kind, name)) return {.nearest = {}, .module = declaration->name, .note = {}};
  }
  if (const std::string_view now = successor_of_function(name); kind == script::NameKind::Function && !now.empty()) {
    return {.nearest = {}, .module = {}, .note = now};
  }
  if (const std::string_view module = opensips_module_of(kind, name); !module.empty()) {
    return {.nearest = {}, .module = {}, .note = {}, .lacking = module};
  }
  switch (kind) {
    case script::NameKind::Function:
      return {.nearest = nearest(function_names_, name), .module = {}, .note = {}};
    case script::NameKind::Variable:
      return {.nearest = nearest(variable_names_, name), .module = {}, .note = {}};
    case script::NameKind::Transformation:
      return {.nearest = nearest(transformation_names_, name), .module = {}, .note = {}};
  }
  return {};
}

std::vector<const storage::TableSpec*> Registry::tables() const {
  std::vector<const storage::TableSpec*> all;
  for (const Loaded& loaded : loaded_) {
    all.insert(all.end(), loaded.declaration->tables.begin(), loaded.declaration->tables.end());
  }
  return all;
}

std::vector<std::string_view> Registry::missing_for(std::string_view module) const {
  std::vector<std::string_view> missing;
  const Loaded* loaded = find_loaded(module);
  if (loaded == nullptr) return missing;
  std::ranges::copy_if(loaded->declaration->needs, std::back_inserter(missing),
                       [this](std::string_view need) { return !is_loaded(need); });
  return missing;
}

std::vector<std::string> Registry::missing_modules() const {
  std::vector<std::string> missing;
  for (const Loaded& loaded : loaded_) {
    for (const std::string_view need : missing_for(loaded.declaration->name)) {
      missing.push_back(fmt::format("{} needs loadmodule \"{}.so\"", loaded.declaration->name, need));
    }
  }
  return missing;
}

bool Registry::may_set_avp(std::string_view name) const {
  const std::string variable = fmt::format("avp({})", name);
  const auto names_it = [&](const Loaded& loaded, const ParameterDecl& row) {
    if (row.type == ParameterType::Integer || row.show == nullptr) return false;
    const std::string value = row.show(*loaded.module);
    return value.find(variable) != std::string::npos ||
           (row.name.find("avp") != std::string_view::npos && script::mentions(value, name));
  };
  return std::ranges::any_of(loaded_, [&](const Loaded& loaded) {
    const Declaration& declaration = *loaded.declaration;
    return std::ranges::find(declaration.avps, name) != declaration.avps.end() ||
           std::ranges::any_of(declaration.parameters, [&](const auto& row) { return names_it(loaded, row); });
  });
}

bool Registry::sets_any_avp(std::string_view function) const {
  return std::ranges::any_of(loaded_, [function](const Loaded& loaded) {
    const auto& loaders = loaded.declaration->avp_loaders;
    return std::ranges::find(loaders, function) != loaders.end();
  });
}

// Each module behind those it needs, database drivers before all others, otherwise in the order of loadmodule.
std::vector<Registry::Loaded*> Registry::start_order() const {
  std::vector<Loaded*> order;
  const auto add = [this, &order](auto& self, Loaded& loaded) -> void {
    if (std::ranges::find(order, &loaded) != order.end()) return;
    for (const std::string_view need : loaded.declaration->needs) {
      if (Loaded* needed = find_loaded(need)) self(self, *needed);
    }
    order.push_back(&loaded);
  };
  for (Loaded& loaded : loaded_) {
    if (loaded.declaration->name.starts_with("db_")) add(add, loaded);
  }
  for (Loaded& loaded : loaded_) add(add, loaded);
  return order;
}

std::vector<std::string> Registry::start(Services& services) {
  std::vector<std::string> problems = missing_modules();
  if (!problems.empty()) return problems;
  for (Loaded* loaded : start_order()) {
    // What it needs has said already why it can't start.
    const auto started = [this](std::string_view need) { return find_loaded(need)->started; };
    if (std::ranges::all_of(loaded->declaration->needs, started)) start_one(*loaded, services, problems);
  }
  const auto call_all = [&](base::Result<> (Module::*step)()) {
    if (!problems.empty()) return;
    for (Loaded* loaded : started_) {
      if (auto done = (loaded->module.get()->*step)(); !done) {
        problems.push_back(fmt::format("{}: {}", loaded->declaration->name, done.error().message));
      }
    }
  };
  call_all(&Module::restore);
  if (services.stand_in == nullptr) call_all(&Module::open);
  return problems;
}

void Registry::start_one(Loaded& loaded, Services& services, std::vector<std::string>& problems) {
  const auto note = [&](const base::Result<>& result) {
    if (!result) problems.push_back(fmt::format("{}: {}", loaded.declaration->name, result.error().message));
    return result.has_value();
  };
  for (const EventDecl& row : loaded.declaration->events) static_cast<void>(services.events.name(row.name));
  for (const StatisticDecl& row : loaded.declaration->statistics) {
    note(row.add(*loaded.module, services.statistics, loaded.declaration->name, row));
  }
  for (const CommandDecl& row : loaded.declaration->commands) {
    note(services.commands.add(row.spec, [&row, module = loaded.module.get()](management::Parameters parameters) {
      return row.run(*module, std::move(parameters));
    }));
  }
  if (note(loaded.module->start(services))) {
    loaded.started = true;
    started_.push_back(&loaded);
  }
}

void Registry::stop() {
  for (auto loaded = started_.rbegin(); loaded != started_.rend(); ++loaded) (*loaded)->module->stop();
  started_.clear();
}

int detail::report_bad_argument(const script::Call& call, std::size_t position, const base::Error& why) {
  call.environment.log(script::LogSource::Machine, script::LogLevel::Error,
                       fmt::format("{}(): argument {} ({}): {}", call.function.name, position + 1,
                                   call.function.params[position].name, why.message),
                       call.run.position());
  return why.code < 0 ? why.code : -1;
}

}  // namespace carillon::module
