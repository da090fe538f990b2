// SPDX-License-Identifier: Apache-2.0
// See wire_check.h.
#include "testing/scenario/wire_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "testing/scenario/text_message.h"

namespace carillon::testing {
namespace {

bool is_name_char(char c) {
  return base::is_alpha(c) || base::is_digit(c) || std::string_view("-.!%*_+`'~").contains(c);
}

// Line ends are CR LF, and a NUL stands only behind a backslash.
std::optional<std::string> byte_fault(std::string_view head) {
  for (std::size_t i = 0; i < head.size(); ++i) {
    const char before = i == 0 ? ' ' : head[i - 1];
    const char behind = i + 1 == head.size() ? ' ' : head[i + 1];
    if (head[i] == '\n' && before != '\r') return "a LF without CR";
    if (head[i] == '\r' && behind != '\n') return "a CR without LF";
    if (head[i] == '\0' && before != '\\') return "a NUL";
  }
  return std::nullopt;
}

std::optional<std::string> first_line_fault(const TextMessage& message) {
  const std::string& line = message.first_line();
  if (!message.is_request()) {
    const bool good = (line.size() == 11 || line[11] == ' ') && message.status() >= 100 && message.status() <= 699;
    return good ? std::nullopt : std::optional(fmt::format("the status line \"{}\"", line));
  }
  const bool good = std::ranges::count(line, ' ') == 2 && !message.method().empty() && !message.uri().empty() &&
                    std::ranges::all_of(message.method(), is_name_char);
  return good ? std::nullopt : std::optional(fmt::format("the request line \"{}\"", line));
}

std::size_t count(const TextMessage& message, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count_if(
      message.headers(), [name](const TextMessage::Header& header) { return is_same_header(header.name, name); }));
}

std::optional<std::string> header_fault(const TextMessage& message) {
  for (const TextMessage::Header& header : message.headers()) {
    if (header.name.empty() || !std::ranges::all_of(header.name, is_name_char))
      return fmt::format("the header name \"{}\"", header.name);
  }
  // A request that is refused for what it lacks is answered without that.
  const std::size_t least = message.status() == 400 ? 0 : 1;
  for (const char* name : {"From", "To", "Call-ID", "CSeq"}) {
    if (count(message, name) > 1 || count(message, name) < least)
      return fmt::format("{} {} headers", count(message, name), name);
  }
  if (count(message, "Content-Length") != 1) return "not one Content-Length header";
  if (count(message, "Max-Forwards") > 1) return "more than one Max-Forwards header";
  if (message.is_request() && !message.has("Max-Forwards")) return "no Max-Forwards header";
  if (!message.has("Via")) return "no Via header";
  const std::size_t size = message.body().size();
  if (base::parse_number<std::size_t>(message.value("Content-Length")) != size)
    return fmt::format("Content-Length {} and {} bytes of body", message.value("Content-Length"), size);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> wire_fault(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return "no empty line";
  if (auto fault = byte_fault(bytes.substr(0, end + 4))) return fault;
  const auto message = TextMessage::parse(bytes);
  if (!message) return "no message";
  if (auto fault = first_line_fault(*message)) return fault;
  return header_fault(*message);
}

}  // namespace carillon::testing
