// SPDX-License-Identifier: Apache-2.0
#include "modules/permissions/address_table.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace carillon::permissions {
namespace {

using transport::Protocol;

base::IpAddress ip(std::string_view text) { return *base::IpAddress::parse(text); }

AddressTable table_of(std::initializer_list<AddressRow> rows) {
  AddressTable table;
  for (const AddressRow& row : rows) {
    auto address = parse_address(row);
    EXPECT_TRUE(address.has_value()) << address.error().message;
    table.add(*address);
  }
  return table;
}

AddressRow row(std::int64_t group, std::string_view address, std::int64_t mask, std::int64_t port = 0,
               std::string_view protocol = "any", std::string_view pattern = {}) {
  return {.group = group,
          .ip = address,
          .mask = mask,
          .port = port,
          .protocol = protocol,
          .pattern = pattern,
          .context_info = {}};
}

TEST(AddressTable, finds_a_host_of_the_group) {
  const AddressTable table = table_of({row(4, "192.0.2.1", 32)});
  EXPECT_NE(table.find({.address = ip("192.0.2.1"), .group = 4}), nullptr);
  EXPECT_NE(table.find({.address = ip("192.0.2.1")}), nullptr);
  EXPECT_EQ(table.find({.address = ip("192.0.2.1"), .group = 5}), nullptr);
  EXPECT_EQ(table.find({.address = ip("192.0.2.2"), .group = 4}), nullptr);
}

TEST(AddressTable, a_row_of_group_0_is_in_all_groups) {
  const AddressTable table = table_of({row(0, "192.0.2.1", 32)});
  EXPECT_NE(table.find({.address = ip("192.0.2.1"), .group = 7}), nullptr);
}

TEST(AddressTable, networks_of_every_length_in_both_families) {
  const AddressTable table = table_of({row(1, "10.1.2.3", 8), row(2, "10.1.128.0", 17), row(3, "2001:db8::1", 32),
                                       row(4, "2001:db8:0:8000::", 49), row(5, "0.0.0.0", 0)});
  EXPECT_EQ(table.find({.address = ip("10.9.9.9")})->group, 1U);
  EXPECT_EQ(table.find({.address = ip("10.1.200.1")})->group, 2U);
  EXPECT_EQ(table.find({.address = ip("10.1.200.1"), .group = 1})->group, 1U);
  EXPECT_EQ(table.find({.address = ip("2001:db8::77")})->group, 3U);
  EXPECT_EQ(table.find({.address = ip("2001:db8:0:8000::9")})->group, 4U);
  EXPECT_EQ(table.find({.address = ip("2001:db9::1")}), nullptr);
  EXPECT_EQ(table.find({.address = ip("203.0.113.1")})->group, 5U);
}

TEST(AddressTable, a_host_comes_before_its_network_and_rows_in_order) {
  const AddressTable table =
      table_of({row(1, "192.0.2.0", 24), row(2, "192.0.2.1", 32), row(3, "192.0.2.1", 32), row(4, "2001:db8::1", 128)});
  EXPECT_EQ(table.find({.address = ip("192.0.2.1")})->group, 2U);
  EXPECT_EQ(table.find({.address = ip("192.0.2.1"), .group = 3})->group, 3U);
  EXPECT_EQ(table.find({.address = ip("192.0.2.9")})->group, 1U);
  EXPECT_TRUE(table.all()[3].is_host());
  EXPECT_FALSE(table.all()[0].is_host());
}

TEST(AddressTable, port_and_protocol_of_row_and_question) {
  const AddressTable table = table_of({row(1, "192.0.2.1", 32, 5060, "udp"), row(2, "192.0.2.2", 32, 0, "none")});
  const auto asks = [&](std::uint16_t port, std::optional<Protocol> protocol) {
    return table.find({.address = ip("192.0.2.1"), .group = 1, .port = port, .protocol = protocol}) != nullptr;
  };
  EXPECT_TRUE(asks(5060, Protocol::Udp));
  EXPECT_TRUE(asks(0, Protocol::Udp));
  EXPECT_TRUE(asks(5060, std::nullopt));
  EXPECT_FALSE(asks(5061, Protocol::Udp));
  EXPECT_FALSE(asks(5060, Protocol::Tcp));
  EXPECT_EQ(table.find({.address = ip("192.0.2.2")}), nullptr);
}

TEST(AddressTable, the_pattern_counts_where_both_give_one) {
  const AddressTable table =
      table_of({row(1, "192.0.2.1", 32, 0, "any", "sip:*@example.org"), row(2, "192.0.2.1", 32)});
  const auto group = [&](std::optional<std::string_view> pattern) {
    return table.find({.address = ip("192.0.2.1"), .pattern = pattern})->group;
  };
  EXPECT_EQ(group("sip:bob@example.org"), 1U);
  EXPECT_EQ(group("sip:bob@example.com"), 2U);
  EXPECT_EQ(group(std::nullopt), 1U);
}

TEST(AddressTable, rows_that_are_wrong_say_why) {
  const auto why = [](const AddressRow& wrong) {
    const auto address = parse_address(wrong);
    return address ? std::string() : address.error().message;
  };
  EXPECT_EQ(why(row(1, "nonsense", 32)), "'nonsense' is no IP address");
  EXPECT_EQ(why(row(1, "192.0.2.1", 33)), "192.0.2.1 has the mask 33");
  EXPECT_EQ(why(row(1, "2001:db8::", 129)), "2001:db8:: has the mask 129");
  EXPECT_EQ(why(row(1, "192.0.2.1", -1)), "192.0.2.1 has the mask -1");
  EXPECT_EQ(why(row(-1, "192.0.2.1", 32)), "192.0.2.1 has the group -1");
  EXPECT_EQ(why(row(1, "192.0.2.1", 32, 65'536)), "192.0.2.1 has the port 65536");
  EXPECT_EQ(why(row(1, "192.0.2.1", 32, 0, "pigeon")), "192.0.2.1 has the protocol 'pigeon'");
  EXPECT_EQ(why(row(1, "[2001:db8::]", 64)), "");
}

TEST(AddressTable, a_hundred_thousand_rows) {
  AddressTable table;
  for (unsigned i = 0; i < 100'000; ++i) {
    table.add(*parse_address(row(i % 100 + 1, base::IpAddress::v4((10U << 24U) + i).to_string(), 32)));
  }
  EXPECT_EQ(table.find({.address = base::IpAddress::v4((10U << 24U) + 99'999)})->group, 100U);
  EXPECT_EQ(table.find({.address = base::IpAddress::v4((10U << 24U) + 100'000)}), nullptr);
}

TEST(AddressTable, masks) {
  EXPECT_EQ(masked(ip("255.255.255.255"), 0), ip("0.0.0.0"));
  EXPECT_EQ(masked(ip("255.255.255.255"), 9), ip("255.128.0.0"));
  EXPECT_EQ(masked(ip("255.255.255.255"), 32), ip("255.255.255.255"));
  EXPECT_EQ(masked(ip("ffff:ffff::1"), 17), ip("ffff:8000::"));
  EXPECT_EQ(masked(ip("ffff:ffff::1"), 128), ip("ffff:ffff::1"));
}

}  // namespace
}  // namespace carillon::permissions
