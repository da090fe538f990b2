// SPDX-License-Identifier: Apache-2.0
// The dialogs of a shard, and the bound of their values.
#include "modules/dialog/dialog_table.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <memory>
#include <string>

#include "modules/dialog/dialogs.h"

namespace carillon::dialog {
namespace {

class DialogTableTest : public ::testing::Test {
 protected:
  Dialog& add(std::string_view call_id, std::uint32_t number) {
    return table_.insert(std::make_unique<Dialog>(dialogs_, shard_, DialogId{7, number}, call_id));
  }

  const base::SystemClock clock_;
  shard::Shard shard_{3, clock_};
  Dialogs dialogs_;
  DialogTable table_;
};

TEST_F(DialogTableTest, DialogsOfOneCallAreFoundTogether) {
  Dialog& first = add("call", 1);
  Dialog& second = add("call", 2);
  Dialog& third = add("call", 3);
  Dialog& other = add("other", 4);
  EXPECT_EQ(table_.size(), 4U);
  const auto count = [this](std::string_view call_id) {
    int found = 0;
    for (const Dialog* one = table_.find(call_id); one != nullptr; one = DialogTable::next(*one)) ++found;
    return found;
  };
  EXPECT_EQ(count("call"), 3);
  EXPECT_EQ(table_.find("other"), &other);
  EXPECT_EQ(table_.find(DialogId{7, 2}), &second);
  table_.erase(second);
  EXPECT_EQ(count("call"), 2);
  table_.erase(first);
  EXPECT_EQ(count("call"), 1);
  EXPECT_EQ(table_.find("call"), &third);
  table_.erase(third);
  EXPECT_EQ(table_.find("call"), nullptr);
  EXPECT_EQ(table_.find(DialogId{7, 1}), nullptr);
  EXPECT_EQ(table_.ids().size(), 1U);
}

TEST_F(DialogTableTest, NumbersNameTheShardAndAreNew) {
  const std::uint32_t first = table_.new_number(3);
  const std::uint32_t second = table_.new_number(3);
  EXPECT_EQ(first & 0xffU, 3U);
  EXPECT_EQ(second & 0xffU, 3U);
  EXPECT_NE(first, second);
}

TEST_F(DialogTableTest, ValuesAreReplacedRemovedAndBounded) {
  Dialog& dialog = add("call", 1);
  EXPECT_TRUE(dialog.put_value("a", script::Value::text("1")));
  EXPECT_TRUE(dialog.put_value("a", script::Value::integer(2)));
  ASSERT_NE(dialog.find_value("a"), nullptr);
  EXPECT_EQ(dialog.find_value("a")->text, "2");
  EXPECT_EQ(dialog.find_value("a")->number, 2);
  EXPECT_TRUE(dialog.put_value("a", script::Value::null()));
  EXPECT_EQ(dialog.find_value("a"), nullptr);
  EXPECT_TRUE(dialog.put_value("gone", script::Value::null()));

  const std::string large(20'000, 'x');
  EXPECT_TRUE(dialog.put_value("large", script::Value::text(large)));
  EXPECT_FALSE(dialog.put_value("another", script::Value::text(large)));
  EXPECT_TRUE(dialog.put_value("large", script::Value::text("small")));
  EXPECT_TRUE(dialog.put_value("another", script::Value::text(large)));
}

// What is allowed for a tracked dialog, its index and timer included: of a call as phones make them, with some values.
TEST_F(DialogTableTest, ADialogIsSmall) {
  constexpr std::size_t kMost = 2048;
  constexpr std::uint32_t kDialogs = 4'000;
  const auto used = [] { return static_cast<std::size_t>(::mallinfo2().uordblks); };
  const std::size_t before = used();
  for (std::uint32_t number = 1; number <= kDialogs; ++number) {
    Dialog& dialog = add("3c26700c1adb-" + std::to_string(number) + "-8m2nfmdrh9tn@192.168.100.17", number);
    dialog.from_uri = "sip:+4930123456789@sip.example.org";
    dialog.to_uri = "sip:+4930987654321@sip.example.org";
    for (const Side side : {Side::Caller, Side::Callee}) {
      dialog.leg(side).tag = "as7f3c9a1b-" + std::to_string(number);
      dialog.leg(side).contact = "sip:+4930123456789@192.168.100.17:5060;transport=udp;line=bu1hq4p5";
      dialog.leg(side).route_set = "<sip:198.51.100.20;r2=on;lr;ftag=as7f3c9a1b>";
    }
    dialog.put_value("account", script::Value::text("trunk-4711"));
    dialog.put_value("accounting", script::Value::text(std::string(200, 'x')));
    dialog.profiles.push_back({.profile = 0, .value = "trunk-4711"});
  }
  const std::size_t each = (used() - before) / kDialogs;
  RecordProperty("bytes", static_cast<int>(each));
  EXPECT_LT(each, kMost);
}

}  // namespace
}  // namespace carillon::dialog
