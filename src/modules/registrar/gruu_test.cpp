// SPDX-License-Identifier: Apache-2.0
// GRUUs are read as they were made, and nobody else makes one.
#include "modules/registrar/gruu.h"

#include <gtest/gtest.h>

namespace carillon::registrar {
namespace {

const TemporaryGruu kMeaning{.aor = "alice@example.org", .instance = "urn:uuid:1", .call_id = "call@phone"};

std::optional<TemporaryGruu> read(const Gruus& gruus, const std::string& text) {
  const auto uri = sip::Uri::parse(text);
  return uri ? gruus.read(*uri) : std::nullopt;
}

TEST(Gruus, ATemporaryOneTellsUsWhatItStandsFor) {
  const Gruus gruus("secret");
  const std::string text = gruus.make_temporary("example.org", kMeaning);
  EXPECT_EQ(text.find("alice"), std::string::npos);
  EXPECT_TRUE(Gruus::is_gruu(*sip::Uri::parse(text)));
  const auto meaning = read(gruus, text);
  ASSERT_TRUE(meaning);
  EXPECT_EQ(meaning->aor, kMeaning.aor);
  EXPECT_EQ(meaning->instance, kMeaning.instance);
  EXPECT_EQ(meaning->call_id, kMeaning.call_id);
  EXPECT_NE(gruus.make_temporary("example.org", kMeaning), text);
}

TEST(Gruus, ASecretOutlivesARestartAndAnotherReadsNothing) {
  const std::string text = Gruus("secret").make_temporary("example.org", kMeaning);
  EXPECT_TRUE(read(Gruus("secret"), text));
  EXPECT_FALSE(read(Gruus("other"), text));
  EXPECT_FALSE(read(Gruus(), text));
}

TEST(Gruus, WhatWasTamperedWithIsNone) {
  const Gruus gruus("secret");
  const std::string text = gruus.make_temporary("example.org", kMeaning);
  const std::size_t begin = text.find("tgruu.") + 6;
  for (std::size_t i = begin; i < text.find('@'); ++i) {
    std::string other = text;
    other[i] = other[i] == '0' ? '1' : '0';
    EXPECT_FALSE(read(gruus, other)) << other;
  }
  for (const char* bad : {"sip:tgruu.@example.org;gr", "sip:tgruu.0@example.org;gr", "sip:tgruu.zz@example.org;gr",
                          "sip:alice@example.org;gr"}) {
    EXPECT_FALSE(read(gruus, bad)) << bad;
  }
}

TEST(Gruus, APublicOneNamesTheInstance) {
  const std::string text = Gruus::make_public("sip:alice@example.org", "urn:uuid:a b;c");
  const auto uri = sip::Uri::parse(text);
  ASSERT_TRUE(uri) << text;
  EXPECT_EQ(Gruus::instance_of(*uri), "urn:uuid:a b;c");
}

}  // namespace
}  // namespace carillon::registrar
