// SPDX-License-Identifier: Apache-2.0
// Subscriptions: who is told, in what order, until when.
#include "management/events.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "management/command.h"

namespace carillon::management {
namespace {

class StandingClock final : public base::Clock {
 public:
  [[nodiscard]] base::TimePoint now() const override { return base::TimePoint(std::chrono::seconds(seconds)); }
  [[nodiscard]] std::int64_t unix_microseconds() const override { return seconds * 1000000; }
  std::int64_t seconds = 1'000'000;
};

// Keeps what is sent to "list:...".
class ListTransport final : public EventTransport {
 public:
  explicit ListTransport(std::vector<std::string>& told) : told_(told) {}
  [[nodiscard]] std::string_view scheme() const override { return "list"; }
  [[nodiscard]] base::Result<EventSubscriber> open(std::string_view socket) override {
    if (socket == "list:bad") return base::fail("bad socket");
    return [this, name = std::string(socket)](const EventPtr& event) {
      told_.push_back(name + " " + event->name + " " + std::to_string(event->parameters.size()));
      return true;
    };
  }

 private:
  std::vector<std::string>& told_;
};

class EventsTest : public ::testing::Test {
 protected:
  EventsTest() {
    events_.add_transport(std::make_unique<ListTransport>(told_));
    EXPECT_TRUE(events_.add_commands(commands_));
  }

  std::string command(std::string_view method, const Json& parameters) {
    const auto call = commands_.resolve(method, parameters);
    if (!call) return call.error().message;
    std::string text;
    base::start(call->command->handler(call->parameters),
                [&text](base::Result<Json> result) { text = result ? result->text() : result.error().message; });
    return text;
  }

  StandingClock clock_;
  std::vector<std::string> told_;
  CommandRegistry commands_;
  Events events_{clock_};
};

TEST_F(EventsTest, WithoutSubscribersNothingIsWanted) {
  Events::Name& name = events_.name("E_X");
  EXPECT_EQ(&name, &events_.name("E_X"));
  EXPECT_FALSE(name.is_wanted());
  ASSERT_TRUE(events_.subscribe(name, "list:a", std::chrono::seconds(10)));
  EXPECT_TRUE(name.is_wanted());
  ASSERT_TRUE(events_.subscribe(name, "list:a", std::chrono::seconds(0)));
  EXPECT_FALSE(name.is_wanted());
}

TEST_F(EventsTest, ASubscriptionEndsAndIsProlonged) {
  Events::Name& name = events_.name("E_X");
  ASSERT_TRUE(events_.subscribe(name, "list:a", std::chrono::seconds(10)));
  clock_.seconds += 9;
  name.raise({}, 0);
  ASSERT_TRUE(events_.subscribe(name, "list:a", std::chrono::seconds(10)));
  clock_.seconds += 9;
  name.raise({{"p", std::int64_t{1}}}, 0);
  clock_.seconds += 2;
  name.raise({}, 0);
  EXPECT_THAT(told_, ::testing::ElementsAre("list:a E_X 0", "list:a E_X 1"));
}

TEST_F(EventsTest, ASocketNobodyServesIsRefused) {
  Events::Name& name = events_.name("E_X");
  EXPECT_FALSE(events_.subscribe(name, "smoke:signals", std::nullopt));
  EXPECT_FALSE(events_.subscribe(name, "list:bad", std::nullopt));
  EXPECT_FALSE(name.is_wanted());
}

TEST_F(EventsTest, OneThatIsFullDoesNotHoldUpTheOthers) {
  Events::Name& name = events_.name("E_X");
  events_.subscribe(name, "full", [](const EventPtr&) { return false; });
  ASSERT_TRUE(events_.subscribe(name, "list:a", std::nullopt));
  name.raise({}, 0);
  name.raise({}, 0);
  EXPECT_EQ(told_.size(), 2U);
  EXPECT_THAT(command("subscribers_list", Json::parse(R"(["E_X"])").value()), ::testing::HasSubstr(R"("lost":2)"));
}

TEST_F(EventsTest, CommandsSubscribeListAndRaise) {
  EXPECT_EQ(command("event_subscribe", Json::parse(R"(["E_X", "list:a", 60])").value()), R"("OK")");
  EXPECT_EQ(command("evi:raise", Json::parse(R"({"event": "E_X", "params": {"a": 1, "b": "two"}})").value()),
            R"("OK")");
  EXPECT_EQ(command("raise_event", Json::parse(R"(["E_X", [1, 2, 3]])").value()), R"("OK")");
  EXPECT_EQ(command("raise_event", Json::parse(R"(["E_X", "{\"a\": 1}"])").value()), R"("OK")");
  EXPECT_THAT(told_, ::testing::ElementsAre("list:a E_X 2", "list:a E_X 3", "list:a E_X 1"));
  EXPECT_EQ(command("events_list", Json()), R"({"Events":[{"name":"E_X","id":0}]})");
  EXPECT_THAT(command("subscribers_list", Json()), ::testing::HasSubstr(R"("socket":"list:a","expire":60)"));
  EXPECT_EQ(command("subscribers_list", Json::parse(R"(["E_NONE"])").value()), "no such event");
  EXPECT_EQ(command("raise_event", Json::parse(R"(["E_X", "no json"])").value()), "bad params");
}

}  // namespace
}  // namespace carillon::management
