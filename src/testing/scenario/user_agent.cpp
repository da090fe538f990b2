// SPDX-License-Identifier: Apache-2.0
// See user_agent.h.
#include "testing/scenario/user_agent.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

namespace carillon::testing {
namespace {

bool makes_dialog(const std::string& method) { return method == "INVITE" || method == "SUBSCRIBE"; }

void copy(TextMessage& to, const TextMessage& from, std::string_view name) {
  for (const TextMessage::Header& header : from.headers()) {
    if (is_same_header(header.name, name)) to.add(header.name, header.value);
  }
}

}  // namespace

std::string UserAgent::contact() const {
  return fmt::format("<sip:{}@{}{}>", options_.name, options_.local.to_string(), options_.tcp ? ";transport=tcp" : "");
}

std::string UserAgent::via() {
  return fmt::format("SIP/2.0/{} {};branch=z9hG4bK{}{}", options_.tcp ? "TCP" : "UDP", options_.local.to_string(),
                     options_.name, ++last_branch_);
}

base::Result<TextMessage> UserAgent::make_request(const std::string& method, const std::string& uri) {
  if (!uri.empty() && method != "CANCEL" && method != "ACK") return start_request(method, uri);
  const auto found = dialogs_.find(current_);
  if (found == dialogs_.end()) return base::fail(fmt::format("{} is in no call yet", options_.name));
  Dialog& dialog = found->second;
  const bool of_invite = method == "CANCEL" || (method == "ACK" && dialog.response.status() >= 300);
  if (!of_invite) return request_in_dialog(method, dialog, current_);
  if (dialog.invite.first_line().empty()) return base::fail(fmt::format("{} has sent no INVITE", options_.name));
  return hop_by_hop(method, dialog);
}

// Registrations of one user agent share a Call-ID (RFC 3261 section 10.2).
TextMessage UserAgent::start_request(const std::string& method, const std::string& uri) {
  const bool registers = method == "REGISTER";
  const std::string call_id = registers ? fmt::format("registration-of-{}", options_.name)
                                        : fmt::format("call-{}-of-{}", ++last_call_, options_.name);
  Dialog& dialog = dialogs_[call_id];
  if (dialog.local.empty()) dialog.local = fmt::format("<{}>;tag={}", address_of_record(), new_tag());
  dialog.remote = fmt::format("<{}>", registers ? address_of_record() : uri);
  dialog.target = uri;
  return request_in_dialog(method, dialog, call_id);
}

TextMessage UserAgent::request_in_dialog(const std::string& method, Dialog& dialog, const std::string& call_id) {
  std::string uri = dialog.target;
  std::vector<std::string> routes = dialog.routes;
  // A strict router wants itself in the Request-URI (section 12.2.1.1).
  if (!routes.empty() && !routes.front().contains(";lr")) {
    uri = uri_in(routes.front());
    routes.erase(routes.begin());
    routes.push_back(fmt::format("<{}>", dialog.target));
  }
  const unsigned cseq = method == "ACK" ? dialog.invite.cseq() : dialog.cseq + 1;
  TextMessage request(fmt::format("{} {} SIP/2.0", method, uri));
  request.add("Via", via());
  request.add("Max-Forwards", "70");
  for (const std::string& route : routes) request.add("Route", route);
  request.add("From", dialog.local);
  request.add("To", dialog.remote);
  request.add("Call-ID", call_id);
  request.add("CSeq", fmt::format("{} {}", cseq, method));
  if (makes_dialog(method) || method == "REGISTER") request.add("Contact", contact());
  return request;
}

// A CANCEL, or the ACK of a final response that is no 2xx (sections 9.1 and 17.1.1.3).
TextMessage UserAgent::hop_by_hop(const std::string& method, const Dialog& dialog) {
  const TextMessage& invite = dialog.invite;
  TextMessage request(fmt::format("{} {} SIP/2.0", method, invite.uri()));
  request.add("Via", invite.values("Via").front());
  request.add("Max-Forwards", "70");
  copy(request, invite, "Route");
  copy(request, invite, "From");
  copy(request, method == "ACK" ? dialog.response : invite, "To");
  copy(request, invite, "Call-ID");
  request.add("CSeq", fmt::format("{} {}", invite.cseq(), method));
  return request;
}

const Phone::Arrival* UserAgent::request(const std::string& method) const {
  for (const Phone::Arrival& arrival : std::views::reverse(requests_)) {
    if (method.empty() || arrival.message->method() == method) return &arrival;
  }
  return nullptr;
}

base::Result<TextMessage> UserAgent::make_response(int status, const std::string& reason, const std::string& method) {
  const Phone::Arrival* const arrival = request(method);
  if (arrival == nullptr) return base::fail(fmt::format("{} has received no {} yet", options_.name, method));
  const TextMessage& answered = *arrival->message;
  TextMessage response(fmt::format("SIP/2.0 {} {}", status, reason));
  copy(response, answered, "Via");
  if (status > 100 && status < 300) copy(response, answered, "Record-Route");
  copy(response, answered, "From");
  const std::string call_id = answered.value("Call-ID");
  const auto dialog = dialogs_.find(call_id);
  const bool tagged = status == 100 || !answered.tag_of("To").empty() || dialog == dialogs_.end();
  response.add("To", tagged ? answered.value("To") : dialog->second.local);
  copy(response, answered, "Call-ID");
  copy(response, answered, "CSeq");
  if (makes_dialog(answered.method()) && status > 100 && status < 300) response.add("Contact", contact());
  return response;
}

void UserAgent::sent(const TextMessage& message) {
  current_ = message.value("Call-ID");
  Dialog& dialog = dialogs_[current_];
  if (!message.is_request()) {
    if (!message.tag_of("To").empty()) dialog.local = message.value("To");
    return;
  }
  const std::string method = message.method();
  if (method == "CANCEL" || method == "ACK") return;
  dialog.cseq = message.cseq();
  dialog.local = message.value("From");
  if (method == "INVITE") {
    dialog.invite = message;
    dialog.response = {};
  }
}

void UserAgent::received(const Phone::Arrival& arrival) {
  if (!arrival.message) return;
  current_ = arrival.message->value("Call-ID");
  if (arrival.message->is_request()) {
    received_request(arrival);
  } else {
    received_response(*arrival.message);
  }
}

void UserAgent::received_response(const TextMessage& response) {
  const auto found = dialogs_.find(current_);
  const int status = response.status();
  const std::string method = response.method();
  if (found == dialogs_.end() || status == 100) return;
  Dialog& dialog = found->second;
  if (method == "INVITE" && status >= 200) dialog.response = response;
  if (!makes_dialog(method) || status >= 300 || response.tag_of("To").empty()) return;
  dialog.remote = response.value("To");
  // The route set is fixed once the dialog is confirmed; target refreshes go on (section 12.2.1.2).
  if (dialog.routes.empty()) {
    dialog.routes = response.values("Record-Route");
    std::ranges::reverse(dialog.routes);
  }
  if (response.has("Contact")) dialog.target = uri_in(response.values("Contact").front());
}

void UserAgent::received_request(const Phone::Arrival& arrival) {
  const TextMessage& request = *arrival.message;
  const std::string method = request.method();
  if (method != "ACK") requests_.push_back(arrival);
  if (method == "ACK" || method == "CANCEL") return;
  const bool known = dialogs_.contains(current_);
  Dialog& dialog = dialogs_[current_];
  if (request.has("Contact")) dialog.target = uri_in(request.values("Contact").front());
  if (known) return;
  dialog.local = request.value("To");
  if (request.tag_of("To").empty()) dialog.local += ";tag=" + new_tag();
  dialog.remote = request.value("From");
  dialog.routes = request.values("Record-Route");
}

}  // namespace carillon::testing
