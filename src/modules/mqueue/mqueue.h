// SPDX-License-Identifier: Apache-2.0
// mqueue: queues through which runs hand one another keys and values.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "module/database_user.h"
#include "module/module.h"
#include "modules/mqueue/queue.h"

namespace carillon::mqueue {

using module::RouteContext;
using module::Verdict;

class Mqueue final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;
  void stop() override;

  // --- parameters
  std::string db_url;
  int max_memory = 64;  // MiB
  base::Result<> add_queue(const script::Value& definition);

  // --- functions
  Verdict mq_add(RouteContext& context, std::string_view queue, std::string_view key, std::string_view value);
  Verdict mq_fetch(RouteContext& context, std::string_view queue);
  Verdict mq_pv_free(RouteContext& context, std::string_view queue);
  Verdict mq_size(RouteContext& context, std::string_view queue);

  // --- variables
  script::Value read_key(RouteContext& context, const script::VariableRef& ref);
  script::Value read_value(RouteContext& context, const script::VariableRef& ref);
  script::Value read_size(RouteContext& context, const script::VariableRef& ref);

  // --- commands
  using Answer = base::Task<base::Result<management::Json>>;
  Answer get_size(management::Parameters parameters);
  Answer fetch(management::Parameters parameters);
  Answer get_sizes(management::Parameters parameters);

 private:
  // What a run has fetched last, of each queue.
  class Fetched;

  [[nodiscard]] Queue* find(std::string_view name) const;
  [[nodiscard]] base::Result<Queue*> named(const management::Parameters& parameters) const;
  [[nodiscard]] base::Result<> load(Queue& queue);
  void save(const Queue& queue);

  std::vector<QueueSettings> definitions_;
  std::unique_ptr<Room> room_;
  std::map<std::string, std::unique_ptr<Queue>, std::less<>> queues_;
  module::DatabaseUser database_;
};

}  // namespace carillon::mqueue
