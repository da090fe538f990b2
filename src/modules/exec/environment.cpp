// SPDX-License-Identifier: Apache-2.0
// See environment.h.
#include "modules/exec/environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "sip/grammar.h"
#include "sip/uri.h"

namespace carillon::exec {
namespace {

// "Content-Type" is CONTENT_TYPE; of a header that we don't know a shell gets nothing but letters, digits and '_'.
std::string variable_of(const sip::Header& header) {
  const std::string_view known = sip::header_info(header.id).name;
  std::string name = "SIP_HF_";
  for (const char c : known.empty() ? header.name : known) {
    name += base::is_alpha(c) || base::is_digit(c) ? base::to_upper(c) : '_';
  }
  return name;
}

void add_headers(std::vector<std::string>& environment, const sip::Message& message) {
  std::vector<std::pair<std::string, std::string>> values;
  for (const sip::Header& header : message.headers()) {
    std::string name = variable_of(header);
    const auto found = std::ranges::find(values, name, [](const auto& one) { return one.first; });
    std::string value = sip::unfold(header.value);
    if (found == values.end()) {
      values.emplace_back(std::move(name), std::move(value));
    } else {
      found->second.append(",").append(value);
    }
  }
  for (const auto& [name, value] : values) add_variable(environment, name, value);
}

void add_uri(std::vector<std::string>& environment, std::string_view uri_name, std::string_view user_name,
             std::string_view uri) {
  const auto parsed = sip::Uri::parse(uri);
  add_variable(environment, uri_name, uri);
  add_variable(environment, user_name, parsed ? parsed->user : std::string_view{});
}

}  // namespace

void add_variable(std::vector<std::string>& environment, std::string_view name, std::string_view value) {
  if (value.find('\0') != std::string_view::npos || name.size() + value.size() + 1 > kMaxArgument) return;
  environment.push_back(fmt::format("{}={}", name, value));
}

void add_message(std::vector<std::string>& environment, routing::RouteContext& context,
                 const transaction::Secrets& secrets) {
  const sip::Message& message = context.message();
  add_headers(environment, message);
  // The same for an INVITE, what repeats it, its ACK and its CANCEL.
  const transaction::TransactionKey key = transaction::call_key(secrets, message);
  add_variable(environment, "SIP_TID", fmt::format("{:016x}{:016x}", key.high, key.low));
  add_variable(environment, "SIP_DID", message.to_tag());
  add_variable(environment, "SIP_SRCIP", context.flow().remote.address.to_string());
  if (!message.is_request()) return;
  add_uri(environment, "SIP_ORURI", "SIP_OUSER", message.request_uri_text());
  add_uri(environment, "SIP_RURI", "SIP_USER", context.request_target().uri);
}

}  // namespace carillon::exec
