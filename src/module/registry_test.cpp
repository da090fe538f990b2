// SPDX-License-Identifier: Apache-2.0
// What is told about modules and functions that are not there.
#include "module/registry.h"

#include <gtest/gtest.h>

namespace carillon::module {
namespace {

using script::Answer;

class Nothing final : public Module {};

class WithAvp final : public Module {
 public:
  std::string attr_avp = "$avp(attr)";
  std::string column = "username";
};

constexpr auto kNeeds = std::to_array<std::string_view>({"pacer"});
constexpr auto kAvps = std::to_array<std::string_view>({"own"});
constexpr auto kLoaders = std::to_array<std::string_view>({"load_all"});
constexpr auto kParameters = std::to_array(
    {parameter<&WithAvp::attr_avp>("attr_avp", "An AVP."), parameter<&WithAvp::column>("column", "None.")});
constexpr Declaration kSetter{.name = "setter",
                              .documentation = "A module that sets AVPs.",
                              .needs = kNeeds,
                              .parameters = kParameters,
                              .avps = kAvps,
                              .avp_loaders = kLoaders,
                              .create = &create<WithAvp>};

constexpr Declaration kPacer{.name = "pacer", .documentation = "A module to be misspelt.", .create = &create<Nothing>};
constexpr Declaration kNewName{.name = "mi_http", .documentation = "What was renamed.", .create = &create<Nothing>};
constexpr const Declaration* kAvailable[] = {&kPacer, &kSetter, &kNewName};

TEST(RegistryTest, TellsAModuleOfOpenSipsFromAMisspeltOne) {
  Registry registry(kAvailable);
  EXPECT_EQ(registry.load("pacer").kind, Answer::Kind::Accepted);
  const Answer misspelt = registry.load("paser");
  EXPECT_EQ(misspelt.kind, Answer::Kind::UnknownName);
  EXPECT_EQ(misspelt.nearest, "pacer");
  const Answer lacking = registry.load("dispatcher");
  EXPECT_EQ(lacking.kind, Answer::Kind::Refused);
  EXPECT_NE(lacking.text.find("OpenSIPS has this module"), std::string::npos);
}

TEST(RegistryTest, TellsWhatStandsInForWhatOpenSipsHadOnce) {
  Registry registry(kAvailable);
  EXPECT_EQ(registry.load("uri").kind, Answer::Kind::Refused);  // sipmsgops isn't here
  EXPECT_NE(registry.load("uri").text.find("sipmsgops"), std::string::npos);
  EXPECT_NE(registry.load("siptrace").text.find("tracer"), std::string::npos);
  EXPECT_NE(registry.load("cpl-c").text.find("this server has no cpl_c"), std::string::npos);
  EXPECT_EQ(registry.load("mi_json").kind, Answer::Kind::Renamed);
  EXPECT_NE(registry.find_module("mi_http"), nullptr);
  EXPECT_EQ(registry.set_parameter("mi_json", "root", script::Value::text("mi")).kind, Answer::Kind::UnknownName);
  EXPECT_EQ(registry.load("xlog").kind, Answer::Kind::Accepted);
  EXPECT_EQ(registry.set_parameter("xlog", "force_color", script::Value::integer(1)).kind, Answer::Kind::Accepted);
  EXPECT_NE(registry.suggest(script::NameKind::Function, "is_avp_set").note.find("!= NULL"), std::string::npos);
  EXPECT_TRUE(registry.suggest(script::NameKind::Function, "no_such_function").note.empty());
}

TEST(RegistryTest, TellsWhoseANameIsThatNoModuleHereHas) {
  Registry registry(kAvailable);
  using script::NameKind;
  EXPECT_EQ(registry.suggest(NameKind::Function, "ds_select_dst").lacking, "dispatcher");
  EXPECT_EQ(registry.suggest(NameKind::Function, "t_write_unix").lacking, "tm");
  EXPECT_EQ(registry.suggest(NameKind::Transformation, "isup.param").lacking, "sip_i");
  EXPECT_EQ(registry.suggest(NameKind::Variable, "tm.branch.uri").lacking, "tm");
  EXPECT_EQ(registry.suggest(NameKind::Variable, "tm.branch").lacking, "");
  EXPECT_EQ(registry.suggest(NameKind::Function, "ds_select").lacking, "");
}

TEST(RegistryTest, TellsWhyAModuleHasNoParameters) {
  Registry registry(kAvailable);
  const auto set = [&registry](std::string_view module) {
    return registry.set_parameter(module, "rate", script::Value::integer(1));
  };
  EXPECT_EQ(set("pacer").kind, Answer::Kind::NotLoaded);
  EXPECT_EQ(set("pacer").nearest, "");
  EXPECT_EQ(set("paser").nearest, "pacer");
  EXPECT_EQ(set("dispatcher").text, "OpenSIPS has this module, this server has not");
}

TEST(RegistryTest, TellsWhatLoadedModulesNeed) {
  Registry registry(kAvailable);
  EXPECT_TRUE(registry.missing_for("setter").empty());
  ASSERT_EQ(registry.load("setter").kind, Answer::Kind::Accepted);
  EXPECT_EQ(registry.missing_for("setter"), std::vector<std::string_view>{"pacer"});
  EXPECT_EQ(registry.missing_modules(), std::vector<std::string>{"setter needs loadmodule \"pacer.so\""});
  ASSERT_EQ(registry.load("pacer").kind, Answer::Kind::Accepted);
  EXPECT_TRUE(registry.missing_for("setter").empty());
}

TEST(RegistryTest, KnowsTheAvpsThatModulesSet) {
  Registry registry(kAvailable);
  EXPECT_FALSE(registry.may_set_avp("own"));
  EXPECT_FALSE(registry.sets_any_avp("load_all"));
  ASSERT_EQ(registry.load("setter").kind, Answer::Kind::Accepted);
  EXPECT_TRUE(registry.may_set_avp("own"));
  EXPECT_TRUE(registry.may_set_avp("attr"));
  EXPECT_FALSE(registry.may_set_avp("username"));
  EXPECT_TRUE(registry.sets_any_avp("load_all"));
  ASSERT_EQ(registry.set_parameter("setter", "attr_avp", script::Value::text("other")).kind, Answer::Kind::Accepted);
  EXPECT_TRUE(registry.may_set_avp("other"));
  EXPECT_FALSE(registry.may_set_avp("attr"));
}

}  // namespace
}  // namespace carillon::module
