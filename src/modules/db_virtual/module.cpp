// SPDX-License-Identifier: Apache-2.0
// db_virtual: the declaration page of the driver that makes one database of several.
#include <memory>

#include "module/module.h"
#include "module/services.h"
#include "modules/db_virtual/virtual_sets.h"

namespace carillon::db_virtual {
namespace {

using namespace module;
using management::Json;

constexpr int kNotFound = 404;

std::string_view name_of(Mode mode) {
  switch (mode) {
    case Mode::Failover:
      return "FAILOVER";
    case Mode::Parallel:
      return "PARALLEL";
    case Mode::RoundRobin:
      break;
  }
  return "ROUND";
}

class DbVirtual final : public Module {
 public:
  // The databases end with the modules that use them, before their drivers do.
  ~DbVirtual() override {
    if (!sets_) return;
    sets_->stop();
    sets_->close();
  }

  base::Result<> start(Services& services) override {
    sets_ = std::make_shared<VirtualSets>(services.databases);
    for (const std::string& line : db_urls) {
      if (auto added = sets_->add_line(line); !added) return base::fail("db_urls: " + added.error().message);
    }
    if (auto whole = sets_->check(); !whole) return base::fail("db_urls: " + whole.error().message);
    if (db_probe_time.count() == 0) return base::fail("db_probe_time must be at least one second");
    services.databases.add_driver(std::make_unique<VirtualDriver>(sets_));
    sets_->start_probing(db_probe_time, db_max_consec_retrys);
    return {};
  }
  void stop() override { sets_->stop(); }

  base::Task<base::Result<Json>> get(management::Parameters /*parameters*/) {
    Json list = Json::array();
    std::size_t set_index = 0;
    for (const auto& set : sets_->sets()) {
      Json urls = Json::array();
      std::size_t index = 0;
      for (const auto& member : set->members()) {
        const Member::State state = member->state();
        Json& url = urls.push_back(Json::object());
        url.add("index", index++);
        url.add("url", member->display());
        url.add("may_use", state.may_use);
        url.add("can_use", state.can_use);
        url.add("failures", state.failures);
        url.add("ignore_retries", state.ignore_retries);
      }
      Json& entry = list.push_back(Json::object());
      entry.add("index", set_index++);
      entry.add("name", set->name());
      entry.add("mode", name_of(set->mode()));
      entry.add("URLs", std::move(urls));
    }
    Json answer = Json::object();
    answer.add("Sets", std::move(list));
    co_return answer;
  }

  base::Task<base::Result<Json>> set(management::Parameters parameters) {
    const auto set_index = parameters.integer("set_index");
    const auto url_index = parameters.integer("db_url_index");
    const auto may_use = parameters.integer("may_use_db_flag");
    const auto ignore =
        parameters.has("ingore_retries") ? parameters.integer("ingore_retries") : base::Result<std::int64_t>(0);
    for (const auto* one : {&set_index, &url_index, &may_use, &ignore}) {
      if (!*one) co_return std::unexpected(one->error());
    }
    const auto sets = sets_->sets();
    if (*set_index < 0 || std::cmp_greater_equal(*set_index, sets.size()))
      co_return base::fail("No such set", kNotFound);
    const auto members = sets[static_cast<std::size_t>(*set_index)]->members();
    if (*url_index < 0 || std::cmp_greater_equal(*url_index, members.size())) {
      co_return base::fail("No such database", kNotFound);
    }
    members[static_cast<std::size_t>(*url_index)]->set(*may_use != 0, *ignore != 0);
    co_return Json("OK");
  }

  std::chrono::seconds db_probe_time{10};
  unsigned db_max_consec_retrys = 10;
  std::vector<std::string> db_urls;

 private:
  std::shared_ptr<VirtualSets> sets_;  // shared with the driver, which ends later
};

constexpr auto kParameters = std::to_array({
    parameter<&DbVirtual::db_urls>("db_urls", "\"define NAME FAILOVER|PARALLEL|ROUND\", then a URL each time."),
    parameter<&DbVirtual::db_probe_time>("db_probe_time", "Seconds between two looks at databases out of use."),
    parameter<&DbVirtual::db_max_consec_retrys>("db_max_consec_retrys",
                                                "A database that fails more often, each time after it was found well, "
                                                "stays out of use until db_set."),
});

constexpr auto kCommands = std::to_array({
    command<&DbVirtual::get>({.name = "db_virtual:get",
                              .aliases = "db_get",
                              .recipes = "",
                              .help = "The sets, their databases and which of them are in use.",
                              .result = "{\"Sets\": [{index, name, mode, URLs: [{index, url, may_use, can_use, "
                                        "failures, ignore_retries}]}]}"}),
    command<&DbVirtual::set>({.name = "db_virtual:set",
                              .aliases = "db_set",
                              .recipes = "set_index,db_url_index,may_use_db_flag | "
                                         "set_index,db_url_index,may_use_db_flag,ingore_retries",
                              .help = "Allows (1) or forbids (0) the use of a database of a set, and forgets how often "
                                      "it failed.",
                              .result = "\"OK\""}),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "db_virtual",
    .documentation = "Several databases used as one, by failover, in turn or in parallel: virtual://set.",
    .parameters = kParameters,
    .commands = kCommands,
    .create = &create<DbVirtual>,
};

}  // namespace carillon::db_virtual
