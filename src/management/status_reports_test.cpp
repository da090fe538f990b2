// SPDX-License-Identifier: Apache-2.0
#include "management/status_reports.h"

#include <gmock/gmock.h>

#include <vector>

namespace carillon::management {
namespace {

using ::testing::ElementsAre;

class StandingClock final : public base::Clock {
 public:
  [[nodiscard]] base::TimePoint now() const override { return {}; }
  [[nodiscard]] std::int64_t unix_microseconds() const override { return 0; }
};

TEST(StatusReports, AGroupIsAsReadyAsItsLeastReadyIdentifier) {
  const StandingClock clock;
  Events events(clock);
  StatusReports reports(clock, events);
  EXPECT_EQ(reports.check("dr"), std::nullopt);
  reports.set("dr", "", 1, "data available");
  reports.set("dr", "second", -2, "no data");
  EXPECT_EQ(reports.check("dr"), 1);
  EXPECT_EQ(reports.check("dr", "main"), 1);
  EXPECT_EQ(reports.check("dr", "second"), -2);
  EXPECT_EQ(reports.check("dr", "all"), -1);
  EXPECT_EQ(reports.check("dr", "third"), std::nullopt);
  reports.set("dr", "second", 5, "");
  EXPECT_EQ(reports.check("dr", "all"), 1);
}

TEST(StatusReports, ChangesAreTold) {
  const StandingClock clock;
  Events events(clock);
  std::vector<std::string> told;
  events.subscribe(events.name("E_CORE_SR_STATUS_CHANGED"), "test", [&told](const EventPtr& event) {
    told.push_back(std::get<std::string>(event->parameters[1].value) + " " +
                   std::to_string(std::get<std::int64_t>(event->parameters[2].value)) + " " +
                   std::to_string(std::get<std::int64_t>(event->parameters[4].value)));
    return true;
  });
  StatusReports reports(clock, events);
  reports.set("g", "", 1, "");
  reports.set("g", "", 1, "other details");
  reports.set("g", "", -2, "");
  EXPECT_THAT(told, ElementsAre("main 1 -1", "main -2 1"));
}

}  // namespace
}  // namespace carillon::management
