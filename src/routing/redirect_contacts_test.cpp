// SPDX-License-Identifier: Apache-2.0
// Which Contacts a redirection of a script carries.
#include "routing/redirect_contacts.h"

#include <gtest/gtest.h>

namespace carillon::routing {
namespace {

constexpr std::string_view kReceived = "sip:bob@example.org";

TEST(RedirectContacts, NamesTheTargetsWithTheirQ) {
  const TargetSet targets = {{.uri = "sip:bob@192.0.2.1:5062;transport=tcp", .q = 700}, {.uri = "sip:bob@192.0.2.2"}};
  EXPECT_EQ(redirect_contacts(targets, kReceived),
            "Contact: <sip:bob@192.0.2.1:5062;transport=tcp>;q=0.7, <sip:bob@192.0.2.2>\r\n");
}

TEST(RedirectContacts, LeavesAnUnchangedRequestUriOut) {
  EXPECT_EQ(redirect_contacts({{.uri = kReceived}}, kReceived), "");
  EXPECT_EQ(redirect_contacts({{.uri = kReceived}, {.uri = "sip:b@192.0.2.2"}}, kReceived),
            "Contact: <sip:b@192.0.2.2>\r\n");
}

TEST(RedirectContacts, LeavesOutWhatWouldBreakTheHeader) {
  EXPECT_EQ(redirect_contacts({{.uri = "sip:b@h>\r\nX: y"}, {.uri = ""}, {.uri = "sip:b@192.0.2.2"}}, kReceived),
            "Contact: <sip:b@192.0.2.2>\r\n");
}

TEST(RedirectContacts, SeesAContactOfTheScript) {
  EXPECT_TRUE(has_contact("X-A: b\r\ncontact : <sip:a@b>\r\n"));
  EXPECT_TRUE(has_contact("m: <sip:a@b>\r\n"));
  EXPECT_FALSE(has_contact("X-Contact: <sip:a@b>\r\nServer: m: x\r\n"));
  EXPECT_FALSE(has_contact(""));
}

}  // namespace
}  // namespace carillon::routing
