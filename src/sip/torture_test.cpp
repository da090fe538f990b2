// SPDX-License-Identifier: Apache-2.0
// Runs the messages of tests/torture (RFC 4475, RFC 5118) through Message and compares with the verdict beside each;
// the keys `server` and `stream` are those of src/testing/scenario/torture_test.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/strings.h"
#include "sip/contact.h"
#include "sip/edit_list.h"
#include "sip/grammar.h"
#include "sip/message.h"
#include "sip/torture_fixture.h"

namespace carillon::sip {
namespace {

std::string describe(const Verdict& verdict) {
  if (verdict.ok()) return "ok";
  if (verdict.kind == Verdict::Kind::Drop) return "drop " + std::string(verdict.reason);
  return "bad " + std::to_string(verdict.status) + " " + std::string(verdict.reason);
}

std::string number_or_none(const auto& number) { return number ? std::to_string(*number) : "none"; }

std::string count_items(const Message& message, HeaderId id) {
  const auto range = message.items(id);
  return std::to_string(std::ranges::distance(range.begin(), range.end()));
}

std::string count_contacts(const Message& message) {
  int count = 0;
  for (const ListItem& item : message.items(HeaderId::Contact)) {
    if (!Contact::parse(item.value)) return "bad";
    ++count;
  }
  return std::to_string(count);
}

std::string first_contact_uri(const Message& message) {
  const auto contact = Contact::parse((*message.items(HeaderId::Contact).begin()).value);
  return contact ? std::string(contact->address.uri_text) : "bad";
}

// What a file may say about its message.
const std::map<std::string, std::function<std::string(const Message&)>>& properties() {
  using M = const Message&;
  static const std::map<std::string, std::function<std::string(M)>> kProperties = {
      {"method", [](M m) { return std::string(m.method_name()); }},
      {"known-method", [](M m) { return m.method() == Method::Unknown ? "no" : "yes"; }},
      {"request-uri", [](M m) { return std::string(m.request_uri_text()); }},
      {"request-user", [](M m) { return unescape(m.request_uri()->user); }},
      {"request-host", [](M m) { return std::string(m.request_uri()->host); }},
      {"request-port", [](M m) { return number_or_none(m.request_uri()->port); }},
      {"request-scheme", [](M m) { return std::string(m.request_uri()->scheme_text); }},
      {"status", [](M m) { return std::to_string(m.status()); }},
      {"reason", [](M m) { return std::string(m.reason()); }},
      {"from-uri", [](M m) { return std::string(m.from().uri_text); }},
      {"from-tag", [](M m) { return std::string(m.from_tag()); }},
      {"to-tag", [](M m) { return std::string(m.to_tag()); }},
      {"cseq", [](M m) { return std::to_string(m.cseq().number) + " " + std::string(m.cseq().method_name); }},
      {"max-forwards", [](M m) { return number_or_none(m.max_forwards()); }},
      {"vias", [](M m) { return count_items(m, HeaderId::Via); }},
      {"routes", [](M m) { return count_items(m, HeaderId::Route); }},
      {"branch", [](M m) { return std::string(m.top_via().branch); }},
      {"rfc3261-branch", [](M m) { return m.top_via().has_rfc3261_branch() ? "yes" : "no"; }},
      {"via-host", [](M m) { return std::string(m.top_via().host); }},
      {"via-port", [](M m) { return number_or_none(m.top_via().port); }},
      {"received", [](M m) { return std::string(m.top_via().received); }},
      {"contacts", count_contacts},
      {"contact-uri", first_contact_uri},
      {"proxy-require",
       [](M m) {
         return m.has_token(HeaderId::ProxyRequire, "NORDOANYPROXIESSUPPORTTHIS") ? "norDoAnyProxiesSupportThis" : "";
       }},
      {"body-size", [](M m) { return std::to_string(m.body().size()); }},
  };
  return kProperties;
}

class TortureTest : public testing::TestWithParam<TortureCase> {};

TEST_P(TortureTest, VerdictAndValues) {
  const TortureCase& torture = GetParam();
  Message message;
  const Verdict verdict = message.assign(torture.message);
  for (const auto& [key, value] : torture.expected) {
    if (key == "element" || key == "server" || key == "stream") continue;
    if (key == "verdict") {
      EXPECT_EQ(describe(verdict), value);
      continue;
    }
    const auto property = properties().find(key);
    ASSERT_NE(property, properties().end()) << "no such property: " << key;
    EXPECT_EQ(property->second(message), value) << key;
  }
}

TEST_P(TortureTest, UneditedIsWrittenAsReceived) {
  Message message;
  if (!message.assign(GetParam().message).ok() || !message.has(HeaderId::ContentLength)) return;
  EXPECT_EQ(write(message, EditList{}), message.bytes());
}

INSTANTIATE_TEST_SUITE_P(Rfc, TortureTest, testing::ValuesIn(read_torture_cases()),
                         [](const auto& case_info) { return torture_name(case_info.param.name); });

TEST(TortureFolder, IsComplete) {
  // RFC 4475 has 49 messages, RFC 5118 eleven; the tests run in the root of the repository.
  EXPECT_EQ(read_torture_cases().size(), 60U);
}

}  // namespace
}  // namespace carillon::sip
