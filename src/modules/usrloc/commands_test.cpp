// SPDX-License-Identifier: Apache-2.0
// The management commands of usrloc: what they answer and what they do.
#include <gmock/gmock.h>

#include "modules/usrloc/usrloc_fixture.h"

namespace carillon::usrloc {
namespace {

using management::Json;
using ::testing::HasSubstr;

class CommandsTest : public UsrlocTest {
 protected:
  CommandsTest() {
    begin("single-instance-no-db");
    ContactFields contact = fields("sip:alice@192.0.2.1:5060");
    contact.received = "sip:198.51.100.7:1234";
    contact.instance = "urn:uuid:1";
    contact.cseq = 7;
    contact.q = 500;
    insert("alice@example.org", contact);
    insert("bob@example.org", fields("sip:bob@192.0.2.2"));
  }

  base::Result<Json> dumped() {
    auto answer = command(&Usrloc::dump);
    if (!answer) return answer;
    return Json::parse(answer->text(), {.bytes = 1U << 28, .depth = 32, .values = 10'000'000});
  }
  static Json::Object named(std::initializer_list<std::pair<std::string, std::string>> pairs) {
    Json::Object object;
    for (const auto& [name, value] : pairs) object.push_back({name, Json(value)});
    return object;
  }
  static const Json& first_contact(const Json& aor) { return aor.find("Contacts")->if_array()->front(); }
};

TEST_F(CommandsTest, DumpShowsDomainsAorsAndContacts) {
  const auto answer = dumped();
  ASSERT_TRUE(answer);
  const auto& domains = *answer->find("Domains")->if_array();
  ASSERT_EQ(domains.size(), 1U);
  EXPECT_EQ(*domains[0].find("name")->if_string(), "location");
  const auto& aors = *domains[0].find("AORs")->if_array();
  ASSERT_EQ(aors.size(), 2U);
  const Json& alice = *aors[0].find("AOR")->if_string() == "alice@example.org" ? aors[0] : aors[1];
  const Json& contact = first_contact(alice);
  EXPECT_EQ(*contact.find("Contact")->if_string(), "sip:alice@192.0.2.1:5060");
  EXPECT_EQ(*contact.find("Q")->if_string(), "0.5");
  EXPECT_EQ(*contact.find("Callid")->if_string(), "call-1");
  EXPECT_EQ(*contact.find("Cseq")->if_integer(), 7);
  EXPECT_EQ(*contact.find("User-agent")->if_string(), "phone");
  EXPECT_EQ(*contact.find("Received")->if_string(), "sip:198.51.100.7:1234");
  EXPECT_EQ(*contact.find("State")->if_string(), "CS_NEW");
  EXPECT_EQ(*contact.find("SIP_instance")->if_string(), "<urn:uuid:1>");
  EXPECT_GT(*contact.find("Expires")->if_integer(), 3500);
  EXPECT_EQ(contact.find("Path"), nullptr);
}

TEST_F(CommandsTest, BriefDumpShowsAorsAlone) {
  const auto answer = command(&Usrloc::dump, named({{"brief", "1"}}));
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->text(), HasSubstr("bob@example.org"));
  EXPECT_THAT(answer->text(), ::testing::Not(HasSubstr("Contacts")));
}

TEST_F(CommandsTest, ADumpOfManyIsNoWorkOfAWorker) {
  insert_users(20'000);
  const auto answer = dumped();
  ASSERT_TRUE(answer);
  EXPECT_EQ((*answer->find("Domains")->if_array())[0].find("AORs")->if_array()->size(), 20'002U);
}

TEST_F(CommandsTest, ADumpIsAnswerOfJsonRpc) {
  auto answer = command(&Usrloc::dump);
  ASSERT_TRUE(answer);
  ASSERT_NE(answer->if_written(), nullptr);
  EXPECT_TRUE(answer->if_written()->starts_with(std::string(Json::kHeadroom, ' ') + "{"));
}

TEST_F(CommandsTest, ShowContactTakesTheAorInAnySpelling) {
  for (const char* aor : {"alice@example.org", "alice@EXAMPLE.org", "sip:%61lice@EXAMPLE.org:5060;x=y"}) {
    const auto answer = command(&Usrloc::show_contact, named({{"table_name", "location"}, {"aor", aor}}));
    ASSERT_TRUE(answer) << aor;
    EXPECT_EQ(*answer->find("AOR")->if_string(), "alice@example.org");
    EXPECT_EQ(answer->find("Contacts")->if_array()->size(), 1U);
  }
}

TEST_F(CommandsTest, WhatIsNotThereIs404) {
  const auto no_domain =
      command(&Usrloc::show_contact, named({{"table_name", "nowhere"}, {"aor", "alice@example.org"}}));
  ASSERT_FALSE(no_domain);
  EXPECT_EQ(no_domain.error().code, 404);
  EXPECT_EQ(no_domain.error().message, "Table not found");
  const auto no_aor =
      command(&Usrloc::show_contact, named({{"table_name", "location"}, {"aor", "nobody@example.org"}}));
  ASSERT_FALSE(no_aor);
  EXPECT_EQ(no_aor.error().code, 404);
  EXPECT_EQ(no_aor.error().message, "AOR not found");
  const auto no_contact =
      command(&Usrloc::rm_contact,
              named({{"table_name", "location"}, {"aor", "alice@example.org"}, {"contact", "sip:alice@192.0.2.9"}}));
  ASSERT_FALSE(no_contact);
  EXPECT_EQ(no_contact.error().message, "Contact not found");
}

TEST_F(CommandsTest, AnAorNeedsItsDomain) {
  for (auto method : {&Usrloc::show_contact, &Usrloc::rm}) {
    const auto no_domain = command(method, named({{"table_name", "location"}, {"aor", "alice"}}));
    ASSERT_FALSE(no_domain);
    EXPECT_EQ(no_domain.error().code, 400);
    EXPECT_EQ(no_domain.error().message, "Domain missing in AOR");
  }
}

TEST_F(CommandsTest, RmOfWhatIsNotThereIsDone) {
  EXPECT_TRUE(command(&Usrloc::rm, named({{"table_name", "location"}, {"aor", "nobody@example.org"}})));
  EXPECT_EQ(table().users(), 2U);
}

TEST_F(CommandsTest, KeysAreShownWhenAskedFor) {
  table().change("alice@example.org", [](Bindings& bindings) { bindings.set_key("color", "blue"); });
  const auto show = [this] {
    return command(&Usrloc::show_contact, named({{"table_name", "location"}, {"aor", "alice@example.org"}})).value();
  };
  EXPECT_EQ(show().find("KV-Store"), nullptr);
  usrloc().mi_dump_kv_store = true;
  const Json shown = show();
  EXPECT_EQ(*shown.find("KV-Store")->if_string(), R"({"color":"blue"})");
}

TEST_F(CommandsTest, RmRemovesTheAor) {
  ASSERT_TRUE(command(&Usrloc::rm, named({{"table_name", "location"}, {"aor", "alice@example.org"}})));
  EXPECT_EQ(table().users(), 1U);
  EXPECT_EQ(usrloc().registered_users(), 1U);
}

TEST_F(CommandsTest, RmContactRemovesOne) {
  insert("alice@example.org", fields("sip:alice@192.0.2.9"));
  ASSERT_TRUE(command(
      &Usrloc::rm_contact,
      named({{"table_name", "location"}, {"aor", "alice@example.org"}, {"contact", "sip:alice@192.0.2.1:5060"}})));
  table().read("alice@example.org", [](const AorRecord& record) {
    EXPECT_EQ(record.begin()->uri(), "sip:alice@192.0.2.9");
    EXPECT_EQ(record.valid_at(0), 1U);
  });
}

TEST_F(CommandsTest, AddMakesAContactAndReplacesIt) {
  const auto add = [this](const std::string& expires, const std::string& uri, const std::string& q = "0.7",
                          const std::string& cflags = "0", const std::string& methods = "0") {
    return command(&Usrloc::add, named({{"table_name", "location"},
                                        {"aor", "carol@example.org"},
                                        {"contact", uri},
                                        {"expires", expires},
                                        {"q", q},
                                        {"flags", "0"},
                                        {"cflags", cflags},
                                        {"methods", methods}}));
  };
  ASSERT_TRUE(add("60", "sip:carol@192.0.2.3"));
  ASSERT_TRUE(add("0", "sip:carol@192.0.2.3"));
  table().read("carol@example.org", [](const AorRecord& record) {
    EXPECT_EQ(record.valid_at(0), 1U);
    EXPECT_EQ(record.begin()->expires(), kPermanent);
    EXPECT_EQ(record.begin()->q(), 700);
    EXPECT_EQ(record.begin()->methods(), kAllMethods);
  });
  const std::string uri = "sip:carol@192.0.2.3";
  ASSERT_TRUE(add("60", uri, "1", "5", "-1"));
  table().read("carol@example.org", [](const AorRecord& record) {
    EXPECT_EQ(record.begin()->branch_flags(), 5U);
    EXPECT_EQ(record.begin()->methods(), kAllMethods);
  });
  ASSERT_TRUE(add("60", uri, "1", "NAT", "3"));
  table().read("carol@example.org", [this](const AorRecord& record) {
    EXPECT_EQ(record.begin()->branch_flags(), server_->flag_names.mask(routing::FlagSpace::Branch, "NAT").value());
    EXPECT_EQ(record.begin()->methods(), 3U);
  });
  for (const auto& refused :
       {add("-1", uri), add("60", "not a URI"), add("60", uri, "2"), add("60", uri, "1", "0", "-2")}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "Bad parameter value");
  }
}

TEST_F(CommandsTest, StatisticsCountUsersAndContacts) {
  const auto value = [this](const char* name) { return server_->statistics.read(name).front().value; };
  EXPECT_EQ(value("usrloc:location-users"), 2U);
  EXPECT_EQ(value("usrloc:location-contacts"), 2U);
  simulation_.advance(std::chrono::seconds(3601));
  EXPECT_EQ(value("usrloc:location-users"), 0U);
  EXPECT_EQ(value("usrloc:location-contacts"), 0U);
  EXPECT_EQ(value("usrloc:location-expires"), 2U);
}

}  // namespace
}  // namespace carillon::usrloc
