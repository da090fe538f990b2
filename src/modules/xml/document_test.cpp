// SPDX-License-Identifier: Apache-2.0
#include "modules/xml/document.h"

#include <gtest/gtest.h>

#include <string>

#include "modules/xml/xml.h"

namespace carillon::xml {
namespace {

std::string why(std::string_view text) {
  const auto parsed = Document::parse(text);
  return parsed ? "no error" : parsed.error().message;
}

class XmlTest : public ::testing::Test {
 protected:
  void SetUp() override { prepare_library(); }
};

TEST_F(XmlTest, LoadsNothingAndExpandsNothing) {
  EXPECT_EQ(why("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>"), "a DTD is not accepted");
  EXPECT_EQ(why("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>"), "a DTD is not accepted");
  EXPECT_NE(why("<a>&x;</a>"), "no error");
  const auto include =
      Document::parse("<a xmlns:xi=\"http://www.w3.org/2001/XInclude\"><xi:include href=\"file:///etc/passwd\"/></a>");
  ASSERT_TRUE(include.has_value());
  EXPECT_NE(include->element({})->find("xi:include"), std::string::npos);
}

TEST_F(XmlTest, TellsItsMistakes) {
  EXPECT_NE(why(""), "no error");
  EXPECT_NE(why("<a><b></a>").find("line 1"), std::string::npos);
  EXPECT_NE(why("<a/><b/>"), "no error");
  EXPECT_EQ(why(std::string("<a>\0</a>", 8)), "not a text of XML");
  EXPECT_EQ(why("<a>\xff</a>"), "not a text of XML");
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "<a>";
  EXPECT_NE(why(deep), "no error");
}

TEST_F(XmlTest, MayGrowDeep) {
  auto document = Document::parse("<a/>");
  ASSERT_TRUE(document.has_value());
  std::vector<module::PathStep> steps{{.kind = module::PathStep::Kind::Key, .key = "a"}};
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(document->append(steps, "<a/>").has_value()) << i;
    steps.push_back(steps.front());
  }
  EXPECT_EQ(document->element({})->size(), std::string("<a></a>").size() * 500 + std::string("<a/>").size());
}

TEST_F(XmlTest, HasPaths) {
  using Access = XmlPath::Access;
  EXPECT_EQ(XmlPath::parse("d/doc/item[1].val")->access, Access::Text);
  const auto attribute = XmlPath::parse("d/doc.x/list[0].attr/so\\/rt");
  ASSERT_TRUE(attribute.has_value());
  EXPECT_EQ(attribute->access, Access::Attribute);
  EXPECT_EQ(attribute->attribute, "so/rt");
  EXPECT_EQ(attribute->path.steps.size(), 3U);
  EXPECT_EQ(XmlPath::parse("d/doc\\.val")->access, Access::Element);
  EXPECT_EQ(XmlPath::parse("d/doc\\.attr/x")->path.steps.size(), 2U);
  EXPECT_FALSE(XmlPath::parse("d.val").has_value());
  EXPECT_FALSE(XmlPath::parse("d/doc.attr/").has_value());
  EXPECT_FALSE(XmlPath::parse("d/doc.attr/a/b").has_value());
  EXPECT_TRUE(XmlPath::parse("d/<null>")->leads_nowhere());
}

}  // namespace
}  // namespace carillon::xml
