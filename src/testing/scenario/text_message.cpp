// SPDX-License-Identifier: Apache-2.0
// See text_message.h.
#include "testing/scenario/text_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/strings.h"

namespace carillon::testing {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 19> kCompactForms{{{"a", "accept-contact"},
                                                                                       {"b", "referred-by"},
                                                                                       {"c", "content-type"},
                                                                                       {"d", "request-disposition"},
                                                                                       {"e", "content-encoding"},
                                                                                       {"f", "from"},
                                                                                       {"i", "call-id"},
                                                                                       {"j", "reject-contact"},
                                                                                       {"k", "supported"},
                                                                                       {"l", "content-length"},
                                                                                       {"m", "contact"},
                                                                                       {"o", "event"},
                                                                                       {"r", "refer-to"},
                                                                                       {"s", "subject"},
                                                                                       {"t", "to"},
                                                                                       {"u", "allow-events"},
                                                                                       {"v", "via"},
                                                                                       {"x", "session-expires"},
                                                                                       {"y", "identity"}}};

constexpr std::array<std::string_view, 9> kLists = {"via",   "route",     "record-route", "contact",    "path",
                                                    "allow", "supported", "require",      "unsupported"};

std::string full_name(std::string_view name) {
  std::string lower = base::to_lower(base::trim(name));
  const auto* const form =
      std::ranges::find(kCompactForms, lower, &std::pair<std::string_view, std::string_view>::first);
  return form == kCompactForms.end() ? lower : std::string(form->second);
}

std::vector<std::string> split_list(std::string_view value) {
  std::vector<std::string> items;
  std::string item;
  bool quoted = false;
  int angles = 0;
  for (const char c : value) {
    if (c == '"') quoted = !quoted;
    if (!quoted && c == '<') ++angles;
    if (!quoted && c == '>') --angles;
    if (c == ',' && !quoted && angles == 0) {
      items.emplace_back(base::trim(std::exchange(item, {})));
    } else {
      item += c;
    }
  }
  items.emplace_back(base::trim(item));
  return items;
}

std::string word(std::string_view line, int index) {
  for (; index > 0; --index) static_cast<void>(base::take_until(line, ' '));
  return std::string(line.substr(0, line.find(' ')));
}

constexpr std::string_view kEnd = "\r\n\r\n";

}  // namespace

bool is_same_header(std::string_view a, std::string_view b) { return full_name(a) == full_name(b); }

std::string uri_in(std::string_view address) {
  const std::size_t open = address.find('<');
  if (open == std::string_view::npos) return std::string(base::trim(address.substr(0, address.find(';'))));
  return std::string(address.substr(open + 1, address.find('>', open) - open - 1));
}

std::optional<TextMessage> TextMessage::parse(std::string_view bytes) {
  const std::size_t end = bytes.find(kEnd);
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view head = bytes.substr(0, end + 2);
  const auto next_line = [&head] {
    const std::size_t length = head.find("\r\n");
    const std::string_view line = head.substr(0, length);
    head.remove_prefix(length + 2);
    return line;
  };
  TextMessage message{std::string(next_line())};
  if (message.is_request() && !message.first_line_.ends_with(" SIP/2.0")) return std::nullopt;
  while (!head.empty()) {
    const std::string_view line = next_line();
    if (line.starts_with(' ') || line.starts_with('\t')) {
      if (message.headers_.empty()) return std::nullopt;
      message.headers_.back().value += fmt::format(" {}", base::trim(line));
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    message.add(std::string(base::trim(line.substr(0, colon))), std::string(base::trim(line.substr(colon + 1))));
  }
  message.body_ = bytes.substr(end + kEnd.size());
  return message;
}

std::string TextMessage::method() const { return is_request() ? word(first_line_, 0) : word(value("CSeq"), 1); }

std::string TextMessage::uri() const { return is_request() ? word(first_line_, 1) : std::string(); }

int TextMessage::status() const { return is_request() ? 0 : base::parse_number<int>(word(first_line_, 1)).value_or(0); }

std::string TextMessage::reason() const {
  std::string_view rest = first_line_;
  for (int i = 0; i < 2; ++i) static_cast<void>(base::take_until(rest, ' '));
  return std::string(rest);
}

unsigned TextMessage::cseq() const { return base::parse_number<unsigned>(word(value("CSeq"), 0)).value_or(0); }

std::vector<std::string> TextMessage::values(std::string_view name) const {
  std::vector<std::string> found;
  const bool list = std::ranges::find(kLists, full_name(name)) != kLists.end();
  for (const Header& header : headers_) {
    if (!is_same_header(header.name, name)) continue;
    if (list) {
      for (std::string& item : split_list(header.value)) found.push_back(std::move(item));
    } else {
      found.push_back(header.value);
    }
  }
  return found;
}

std::string TextMessage::value(std::string_view name) const { return fmt::format("{}", fmt::join(values(name), ", ")); }

bool TextMessage::has(std::string_view name) const {
  return std::ranges::any_of(headers_, [name](const Header& header) { return is_same_header(header.name, name); });
}

std::string TextMessage::tag_of(std::string_view name) const {
  const std::string address = value(name);
  const std::size_t begin = address.find(";tag=", address.find('>') == std::string::npos ? 0 : address.find('>'));
  if (begin == std::string::npos) return {};
  return address.substr(begin + 5, address.find(';', begin + 5) - begin - 5);
}

void TextMessage::remove(std::string_view name) {
  std::erase_if(headers_, [name](const Header& header) { return is_same_header(header.name, name); });
}

std::string TextMessage::write() const {
  std::string bytes = first_line_ + "\r\n";
  for (const Header& header : headers_) bytes += fmt::format("{}: {}\r\n", header.name, header.value);
  if (!has("Content-Length")) bytes += fmt::format("Content-Length: {}\r\n", body_.size());
  return bytes + "\r\n" + body_;
}

std::size_t message_length(std::string_view bytes) {
  const std::size_t end = bytes.find(kEnd);
  if (end == std::string_view::npos) return 0;
  const auto head = TextMessage::parse(bytes.substr(0, end + kEnd.size()));
  const std::size_t body = head ? base::parse_number<std::size_t>(head->value("Content-Length")).value_or(0) : 0;
  const std::size_t length = end + kEnd.size() + body;
  return length <= bytes.size() ? length : 0;
}

}  // namespace carillon::testing
