// SPDX-License-Identifier: Apache-2.0
// The URIs that the main registrar is given, and what is remembered of it.
#include "modules/mid_registrar/main_registrar.h"

#include <gtest/gtest.h>

namespace carillon::mid_registrar {
namespace {

const OwnAddress kUdp{.host_port = "10.0.0.1:5060", .transport = ""};
const OwnAddress kTcp{.host_port = "[2001:db8::1]:5061", .transport = ";transport=tcp"};

sip::Uri uri(std::string_view text) { return *sip::Uri::parse(text); }

TEST(ContactUri, LeadsToUsAndNamesTheContact) {
  const ContactForm form;
  const std::string sent =
      contact_uri(uri("sip:alice@192.0.2.1:1234;transport=tls;maddr=192.0.2.9;ob;ctid=9"), kUdp, 42, form, ";x=y");
  EXPECT_EQ(sent, "sip:alice@10.0.0.1:5060;ob;ctid=42;x=y");
  EXPECT_EQ(id_in(uri(sent), form), 42U);
  EXPECT_EQ(contact_uri(uri("sips:192.0.2.1"), kTcp, 1, form, ""), "sips:[2001:db8::1]:5061;transport=tcp;ctid=1");
}

TEST(ContactUri, TheNumberMayBeTheUsername) {
  const ContactForm form{.place = IdPlace::Username};
  const std::string sent = contact_uri(uri("sip:alice@192.0.2.1"), kUdp, 42, form, "");
  EXPECT_EQ(sent, "sip:42@10.0.0.1:5060");
  EXPECT_EQ(id_in(uri(sent), form), 42U);
  EXPECT_FALSE(id_in(uri("sip:alice@10.0.0.1"), form));
  EXPECT_FALSE(id_in(uri("sip:alice@10.0.0.1;ctid=x"), ContactForm{}));
}

TEST(AorUri, HoldsTheWholeAor) {
  const ContactForm form;
  const std::string sent = aor_uri("alice@example.org", kTcp, form, "");
  EXPECT_EQ(sent, "sip:alice%40example.org@[2001:db8::1]:5061;transport=tcp");
  EXPECT_EQ(aor_in(uri(sent), form), "alice@example.org");
  EXPECT_EQ(aor_uri("alice", kUdp, form, ";a"), "sip:alice@10.0.0.1:5060;a");
  EXPECT_EQ(aor_in(uri("sip:alice@10.0.0.1"), form), "alice");
}

TEST(AorUri, AnotherTextMayStandForTheAt) {
  const ContactForm form{.at_sign = "_at_"};
  const std::string sent = aor_uri("a_at_b@example.org", kUdp, form, "");
  EXPECT_EQ(sent, "sip:a_at_b_at_example.org@10.0.0.1:5060");
  EXPECT_EQ(aor_in(uri(sent), form), "a_at_b@example.org");
}

TEST(ContactValue, KeepsTheOtherParameters) {
  const auto contact = sip::Contact::parse("\"A\" <sip:a@b>;q=0.5;expires=60;+sip.instance=\"<urn:x>\"");
  ASSERT_TRUE(contact);
  EXPECT_EQ(contact_value(*contact, "sip:z", 7), "<sip:z>;q=0.5;+sip.instance=\"<urn:x>\";expires=7");
  EXPECT_EQ(contact_value(*contact, "sip:z", std::nullopt), "<sip:z>;q=0.5;expires=60;+sip.instance=\"<urn:x>\"");
}

TEST(RemoteBinding, IsReadAsItWasWritten) {
  const RemoteBinding binding{.until = 5,
                              .contact = "sip:a@b",
                              .request_uri = "sip:r",
                              .next_hop = "sip:h",
                              .from = "sip:alice@example.org",
                              .to = "sip:bob@example.org"};
  const auto read = RemoteBinding::read(binding.text());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->until, 5);
  EXPECT_EQ(read->contact, "sip:a@b");
  EXPECT_EQ(read->next_hop, "sip:h");
  EXPECT_EQ(read->to, "sip:bob@example.org");
  for (const char* other : {"", "{", "{}", "{\"mid_registrar\":7}", "{\"mid_registrar\":{\"until\":\"x\"}}"}) {
    EXPECT_FALSE(RemoteBinding::read(other)) << other;
  }
}

}  // namespace
}  // namespace carillon::mid_registrar
