// SPDX-License-Identifier: Apache-2.0
// A client's answer to a challenge, for tests and the benchmark.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "modules/auth/nonce.h"
#include "sip/digest_hash.h"

namespace carillon::auth {

inline std::string registration_with(std::string_view authorization) {
  return fmt::format(
      "REGISTER sip:example.org SIP/2.0\r\n"
      "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK776asdhds;rport\r\n"
      "Max-Forwards: 70\r\n"
      "From: <sip:alice@example.org>;tag=a73kszlfl\r\n"
      "To: <sip:alice@example.org>\r\n"
      "Call-ID: 1234-4567-89ab-cdef01234567@192\r\n"
      "CSeq: 2 REGISTER\r\n"
      "Contact: <sip:alice@192.0.2.9:5060>\r\n"
      "Authorization: {}\r\n"
      "Expires: 3600\r\n"
      "Content-Length: 0\r\n\r\n",
      authorization);
}

inline std::string answer_to(std::string_view nonce, sip::DigestAlgorithm algorithm, std::string_view password) {
  sip::DigestCalculator calculator;
  const sip::HexDigest ha1 = calculator.ha1(sip::hash_of(algorithm), "alice", "example.org", password);
  const sip::HexDigest response = calculator.response({.algorithm = algorithm,
                                                       .qop = sip::Qop::Auth,
                                                       .method = "REGISTER",
                                                       .uri = "sip:example.org",
                                                       .nonce = nonce,
                                                       .cnonce = "0a4f113b",
                                                       .nonce_count = "00000001"},
                                                      ha1.view());
  return fmt::format(
      "Digest username=\"alice\", realm=\"example.org\", nonce=\"{}\", uri=\"sip:example.org\", algorithm={}, "
      "qop=auth, "
      "nc=00000001, cnonce=\"0a4f113b\", response=\"{}\"",
      nonce, name_of(algorithm), response.view());
}

}  // namespace carillon::auth
