// SPDX-License-Identifier: Apache-2.0
// What is told about modules and functions that are not there.
#include "module/registry.h"

#include <gtest/gtest.h>

namespace carillon::module {
namespace {

using script::Answer;

class Nothing final : public Module {};

constexpr Declaration kPacer{.name = "pacer", .documentation = "A module to be misspelt.", .create = &create<Nothing>};
constexpr const Declaration* kAvailable[] = {&kPacer};

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
  EXPECT_NE(registry.load("uri").text.find("sipmsgops"), std::string::npos);
  EXPECT_NE(registry.load("siptrace").text.find("tracer"), std::string::npos);
  EXPECT_NE(registry.suggest(script::NameKind::Function, "is_avp_set").note.find("!= NULL"), std::string::npos);
  EXPECT_TRUE(registry.suggest(script::NameKind::Function, "no_such_function").note.empty());
}

}  // namespace
}  // namespace carillon::module
