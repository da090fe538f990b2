// SPDX-License-Identifier: Apache-2.0
// The commands. See cfgutils.h.
#include <fmt/format.h>

#include "base/strings.h"
#include "module/blocking.h"
#include "modules/cfgutils/cfgutils.h"

namespace carillon::cfgutils {

using namespace module;
using management::Json;
using management::Parameters;

namespace {

constexpr int kBad = 400;
constexpr int kNotFound = 404;
constexpr int kFailed = 500;

Json described(const std::string& name, const SharedVariables::Stored& stored) {
  auto row = Json::object();
  row.add("name", name);
  row.add("type", stored.number ? "integer" : "string");
  if (stored.number) {
    row.add("value", *stored.number);
  } else {
    row.add("value", stored.text.value_or(""));
  }
  return row;
}

}  // namespace

Cfgutils::Answer Cfgutils::command_rand_set_prob(Parameters parameters) {
  const auto probability = parameters.integer("prob_proc");
  if (!probability) co_return std::unexpected(probability.error());
  if (auto set = set_probability(*probability); !set) co_return base::fail("Invalid probability", kBad);
  co_return Json("OK");
}

Cfgutils::Answer Cfgutils::command_rand_reset_prob(Parameters /*parameters*/) {
  probability_.store(initial_probability);
  co_return Json("OK");
}

Cfgutils::Answer Cfgutils::command_rand_get_prob(Parameters /*parameters*/) {
  co_return Json(fmt::format("The actual probability is {} percent.", probability_.load()));
}

Cfgutils::Answer Cfgutils::get_config_hash(Parameters /*parameters*/) {
  if (hash_file.empty()) co_return base::fail("Functionality disabled", kNotFound);
  co_return Json(config_hash_);
}

Cfgutils::Answer Cfgutils::check_config_hash(Parameters /*parameters*/) {
  if (hash_file.empty()) co_return base::fail("Functionality disabled", kNotFound);
  auto look = [path = hash_file] { return hash_of_file(path); };
  auto looking = run_blocking(*services_, std::move(look));
  const auto hash = co_await looking;
  if (!hash) co_return base::fail(hash.error().message, kFailed);
  if (*hash != config_hash_) {
    co_return base::fail("The actual config file hash is not identical to the stored one.", kBad);
  }
  co_return Json("The actual config file hash is identical to the stored one.");
}

Cfgutils::Answer Cfgutils::shv_get(Parameters parameters) {
  if (parameters.has("name")) {
    const auto name = parameters.text("name");
    if (!name) co_return std::unexpected(name.error());
    const auto found = shared_->find(*name);
    if (!found) co_return base::fail("Not found", kNotFound);
    co_return described(*name, *found);
  }
  auto rows = Json::array();
  for (const auto& [name, stored] : shared_->all()) rows.push_back(described(name, stored));
  auto answer = Json::object();
  answer.add("VARs", std::move(rows));
  co_return answer;
}

Cfgutils::Answer Cfgutils::shv_set(Parameters parameters) {
  const auto name = parameters.text("name");
  if (!name) co_return std::unexpected(name.error());
  const auto type = parameters.text("type");
  if (!type) co_return std::unexpected(type.error());
  const auto text = parameters.text("value");
  if (!text) co_return std::unexpected(text.error());
  script::Value value = script::Value::text(*text);
  if (base::iequals(*type, "int")) {
    const auto number = base::parse_number<std::int32_t>(base::trim(*text));
    if (!number) co_return base::fail("Bad value for integer type", kBad);
    value = script::Value::integer(*number);
  } else if (!base::iequals(*type, "str")) {
    co_return base::fail("The type must be int or str", kBad);
  }
  if (auto set = shared_->write(*name, value); !set) co_return base::fail(set.error().message, kFailed);
  co_return Json("OK");
}

}  // namespace carillon::cfgutils
