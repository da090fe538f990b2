// SPDX-License-Identifier: Apache-2.0
#include "modules/domain/domain_list.h"

#include <gtest/gtest.h>

namespace carillon::domain {
namespace {

DomainList list_of(std::initializer_list<LocalDomain> domains) {
  DomainList list;
  for (const LocalDomain& domain : domains) list.add(domain);
  return list;
}

TEST(DomainList, finds_a_name_in_any_case) {
  const DomainList list = list_of({{.name = "Example.ORG", .attrs = "x", .accept_subdomain = false}});
  ASSERT_NE(list.find("example.org"), nullptr);
  EXPECT_EQ(list.find("EXAMPLE.org")->attrs, "x");
  EXPECT_EQ(list.find("example.com"), nullptr);
  EXPECT_EQ(list.find(""), nullptr);
}

TEST(DomainList, a_subdomain_is_ours_only_where_that_is_accepted) {
  const DomainList list = list_of({{.name = "example.org", .attrs = {}, .accept_subdomain = true},
                                   {.name = "example.com", .attrs = {}, .accept_subdomain = false}});
  EXPECT_NE(list.find("a.b.example.org"), nullptr);
  EXPECT_EQ(list.find("a.example.com"), nullptr);
  EXPECT_EQ(list.find("badexample.org"), nullptr);
  EXPECT_EQ(list.find("org"), nullptr);
}

TEST(DomainList, the_nearest_domain_above_wins) {
  const DomainList list = list_of({{.name = "example.org", .attrs = "far", .accept_subdomain = true},
                                   {.name = "b.example.org", .attrs = "near", .accept_subdomain = true}});
  EXPECT_EQ(list.find("a.b.example.org")->attrs, "near");
  EXPECT_EQ(list.find("b.example.org")->attrs, "near");
  EXPECT_EQ(list.find("c.example.org")->attrs, "far");
}

TEST(DomainList, hosts_with_dots_in_odd_places_end) {
  const DomainList list = list_of({{.name = "org", .attrs = {}, .accept_subdomain = true}});
  EXPECT_NE(list.find(".org"), nullptr);
  EXPECT_EQ(list.find("..."), nullptr);
  EXPECT_EQ(list.find("org."), nullptr);
}

TEST(DomainList, keeps_the_order_of_the_rows_and_the_first_of_two) {
  const DomainList list = list_of({{.name = "b", .attrs = "1", .accept_subdomain = false},
                                   {.name = "a", .attrs = {}, .accept_subdomain = false},
                                   {.name = "B", .attrs = "2", .accept_subdomain = false}});
  const auto all = list.all();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0]->attrs, "1");
  EXPECT_EQ(all[1]->name, "a");
}

}  // namespace
}  // namespace carillon::domain
