// SPDX-License-Identifier: Apache-2.0
// A user agent of a scenario: fills in what a request or response needs, so that files only write what they are about.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "testing/scenario/phone.h"
#include "testing/scenario/text_message.h"

namespace carillon::testing {

class UserAgent {
 public:
  explicit UserAgent(Phone::Options options) : options_(std::move(options)) {}

  // A request as it would be sent: with `uri` outside any dialog, without in the current one (the call it last sent or
  // received something of). CANCEL and ACK belong to the INVITE last sent in it.
  [[nodiscard]] base::Result<TextMessage> make_request(const std::string& method, const std::string& uri);
  // A response to the last request received, or to the last with this method.
  [[nodiscard]] base::Result<TextMessage> make_response(int status, const std::string& reason,
                                                        const std::string& method);

  // What was sent and what came in; keeps the dialogs up to date (RFC 3261 section 12).
  void sent(const TextMessage& message);
  void received(const Phone::Arrival& arrival);

  // The request that make_response() answers; null when there is none.
  [[nodiscard]] const Phone::Arrival* request(const std::string& method) const;

 private:
  struct Dialog {
    std::string local;   // From or To with our tag
    std::string remote;  // the other one, as it stands
    std::string target;  // their Contact
    std::vector<std::string> routes;
    unsigned cseq = 0;
    TextMessage invite;    // sent by us
    TextMessage response;  // the last final one to it
  };

  [[nodiscard]] std::string address_of_record() const { return "sip:" + options_.name + "@example.org"; }
  [[nodiscard]] std::string contact() const;
  [[nodiscard]] std::string via();
  [[nodiscard]] std::string new_tag() { return options_.name + "-" + std::to_string(++last_tag_); }
  [[nodiscard]] TextMessage start_request(const std::string& method, const std::string& uri);
  [[nodiscard]] TextMessage request_in_dialog(const std::string& method, Dialog& dialog, const std::string& call_id);
  [[nodiscard]] static TextMessage hop_by_hop(const std::string& method, const Dialog& dialog);
  void received_response(const TextMessage& response);
  void received_request(const Phone::Arrival& arrival);

  Phone::Options options_;
  std::map<std::string, Dialog> dialogs_;  // by Call-ID
  std::string current_;                    // Call-ID
  std::vector<Phone::Arrival> requests_;   // received, but for ACKs
  unsigned last_call_ = 0;
  unsigned last_tag_ = 0;
  unsigned last_branch_ = 0;
};

}  // namespace carillon::testing
