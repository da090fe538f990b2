// SPDX-License-Identifier: Apache-2.0
// REGISTER, INVITE, ACK and BYE as a common desk phone writes them.
#include "loadgen/messages.h"

#include <fmt/format.h>

namespace carillon::bench {

namespace {

// `kind` keeps the branches of one call's transactions apart.
std::string via_line(const base::Endpoint& uac, std::string_view kind) {
  return fmt::format("Via: SIP/2.0/UDP {};branch=z9hG4bK{{branch}}{};rport\r\n", uac.to_string(), kind);
}

std::string end_of_dialog_request(const base::Endpoint& uac) {
  return fmt::format(
      "From: <sip:{{caller}}@bench.test>;tag={{tag}}\r\n"
      "To: {{to}}\r\n"
      "Call-ID: {{call_id}}\r\n"
      "Contact: <sip:{{caller}}@{}>\r\n"
      "User-Agent: {}\r\n"
      "Content-Length: 0\r\n",
      uac.to_string(), kUserAgent);
}

}  // namespace

std::string contact_uri(std::string_view index, const base::Endpoint& uas) {
  return fmt::format("sip:phon{}@{};line={}", index, uas.to_string(), index);
}

std::string register_text(const base::Endpoint& uac, const base::Endpoint& uas) {
  return "REGISTER sip:bench.test SIP/2.0\r\n" + via_line(uac, "r{cseq}") +
         fmt::format(
             "Max-Forwards: 70\r\n"
             "From: <sip:{{caller}}@bench.test>;tag={{tag}}\r\n"
             "To: <sip:{{caller}}@bench.test>\r\n"
             "Call-ID: {{call_id}}\r\n"
             "CSeq: {{cseq}} REGISTER\r\n"
             "Contact: <{}>;+sip.instance=\"<urn:uuid:f81d4fae-7dec-41d0-a765-000{{index}}>\"\r\n"
             "{{credentials}}"
             "Expires: 3600\r\n"
             "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, NOTIFY, MESSAGE\r\n"
             "Supported: path, gruu\r\n"
             "User-Agent: {}\r\n"
             "Content-Length: 0\r\n"
             "\r\n",
             contact_uri("{index}", uas), kUserAgent);
}

std::string invite_text(const base::Endpoint& uac) {
  return "INVITE sip:{callee}@bench.test SIP/2.0\r\n" + via_line(uac, "i{cseq}") +
         fmt::format(
             "Max-Forwards: 70\r\n"
             "From: \"Load Generator\" <sip:{{caller}}@bench.test>;tag={{tag}}\r\n"
             "To: <sip:{{callee}}@bench.test>\r\n"
             "Call-ID: {{call_id}}\r\n"
             "CSeq: {{cseq}} INVITE\r\n"
             "Contact: <sip:{{caller}}@{}>\r\n"
             "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK, NOTIFY, REFER, MESSAGE\r\n"
             "Supported: replaces, timer, 100rel, path, gruu, outbound\r\n"
             "Session-Expires: 1800;refresher=uac\r\n"
             "Min-SE: 90\r\n"
             "{{credentials}}"
             "P-Preferred-Identity: <sip:{{caller}}@bench.test>\r\n"
             "Allow-Events: talk, hold, conference, refer\r\n"
             "User-Agent: {}\r\n"
             "Content-Type: application/sdp\r\n"
             "Content-Length: {}\r\n"
             "\r\n"
             "{}",
             uac.to_string(), kUserAgent, kSdp.size(), kSdp);
}

std::string ack_text(const base::Endpoint& uac) {
  return "ACK {target} SIP/2.0\r\n" + via_line(uac, "a") + "{routes}Max-Forwards: 70\r\nCSeq: {cseq} ACK\r\n" +
         end_of_dialog_request(uac) + "\r\n";
}

// RFC 3261 section 17.1.1.3: to the same Request-URI, with the branch of the INVITE.
std::string ack_of_failure_text(const base::Endpoint& uac) {
  return "ACK sip:{callee}@bench.test SIP/2.0\r\n" + via_line(uac, "i{cseq}") +
         "Max-Forwards: 70\r\nCSeq: {cseq} ACK\r\n"
         "From: \"Load Generator\" <sip:{caller}@bench.test>;tag={tag}\r\n"
         "To: {to}\r\nCall-ID: {call_id}\r\nContent-Length: 0\r\n\r\n";
}

std::string bye_text(const base::Endpoint& uac) {
  return "BYE {target} SIP/2.0\r\n" + via_line(uac, "b") + "{routes}Max-Forwards: 70\r\nCSeq: {cseq} BYE\r\n" +
         end_of_dialog_request(uac) + "\r\n";
}

}  // namespace carillon::bench
