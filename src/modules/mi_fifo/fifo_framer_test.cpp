// SPDX-License-Identifier: Apache-2.0
// Requests as clients write them into the FIFO, and what else may be written there.
#include "modules/mi_fifo/fifo_framer.h"

#include <gmock/gmock.h>

#include <vector>

namespace carillon::mi_fifo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::size_t kMaxBytes = 1000;

std::vector<std::string> take_all(FifoFramer& framer) {
  std::vector<std::string> all;
  while (auto request = framer.take()) all.push_back(request->reply_fifo + " " + request->json);
  return all;
}

std::vector<std::string> requests_in(std::string_view bytes) {
  FifoFramer framer(kMaxBytes);
  framer.add(bytes);
  return take_all(framer);
}

TEST(FifoFramer, ReadsRequestsOneBehindTheOther) {
  EXPECT_THAT(requests_in(R"(:reply_1:{"method":"ps","id":1})"), ElementsAre(R"(reply_1 {"method":"ps","id":1})"));
  EXPECT_THAT(requests_in(":a:{}:b:{}\n\n:c:{}\n"), ElementsAre("a {}", "b {}", "c {}"));
  EXPECT_THAT(requests_in(":: {\"id\":1}"), ElementsAre("  {\"id\":1}")) << "no answer is wanted";
}

TEST(FifoFramer, FindsTheEndOfARequestInItsBraces) {
  EXPECT_THAT(requests_in(":a:{\n  \"b\": {\"c\": \"}\\\"}\"}\n}"),
              ElementsAre("a {\n  \"b\": {\"c\": \"}\\\"}\"}\n}"));
}

TEST(FifoFramer, WaitsForTheRest) {
  FifoFramer framer(kMaxBytes);
  for (const char c : std::string_view(R"(:reply:{"id":"x")")) {
    framer.add(std::string_view(&c, 1));
    EXPECT_FALSE(framer.take());
  }
  EXPECT_TRUE(framer.has_rest());
  framer.add("}");
  EXPECT_THAT(take_all(framer), ElementsAre(R"(reply {"id":"x"})"));
  EXPECT_FALSE(framer.has_rest());
}

TEST(FifoFramer, SkipsTheRestOfALineThatIsNoRequest) {
  EXPECT_THAT(requests_in("hello\n:a:{}"), ElementsAre("a {}"));
  EXPECT_THAT(requests_in(":a\n:b:{}"), ElementsAre("b {}"));
  EXPECT_THAT(requests_in(":a:[1]:c:{}\n:b:{}"), ElementsAre("b {}"));
  EXPECT_THAT(requests_in(":" + std::string(300, 'n') + ":{}\n:b:{}"), ElementsAre("b {}"));
}

TEST(FifoFramer, AWriterThatDiedInsideAStringTakesOnlyItsLineWithIt) {
  EXPECT_THAT(requests_in(":a:{\"method\":\"p\n:b:{}"), ElementsAre("b {}"));
}

TEST(FifoFramer, AWriterThatDiedElsewhereIsForgottenOnDemand) {
  FifoFramer framer(kMaxBytes);
  framer.add(":a:{\"method\":");
  EXPECT_FALSE(framer.take());
  framer.drop_rest();
  EXPECT_FALSE(framer.has_rest());
  EXPECT_EQ(framer.skipped(), 1U);
  framer.add(":b:{}");
  EXPECT_THAT(take_all(framer), ElementsAre("b {}"));
}

TEST(FifoFramer, BoundsWhatItKeeps) {
  FifoFramer framer(kMaxBytes);
  framer.add(":a:{");
  for (int i = 0; i < 100; ++i) {
    framer.add(std::string(100, ' '));
    EXPECT_FALSE(framer.take());
  }
  EXPECT_FALSE(framer.has_rest());
  EXPECT_EQ(framer.skipped(), 1U) << "one request is given up once";
  framer.add("}\n:b:{}");
  EXPECT_THAT(take_all(framer), ElementsAre("b {}"));
}

TEST(FifoFramer, TakesNothingFromNoise) {
  EXPECT_THAT(requests_in(std::string(200, '\0')), IsEmpty());
  EXPECT_THAT(requests_in("::::::::"), IsEmpty());
  EXPECT_THAT(requests_in("\n\r\n \t"), IsEmpty());
}

}  // namespace
}  // namespace carillon::mi_fifo
