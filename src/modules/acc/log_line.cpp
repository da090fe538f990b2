// SPDX-License-Identifier: Apache-2.0
// See log_line.h.
#include "modules/acc/log_line.h"

#include <fmt/format.h>

#include <iterator>

namespace carillon::acc {
namespace {

constexpr std::string_view prefix_of(Occasion occasion) {
  switch (occasion) {
    case Occasion::Answered:
      return "ACC: transaction answered: ";
    case Occasion::Missed:
      return "ACC: call missed: ";
    case Occasion::Requested:
      return "ACC: request accounted: ";
    case Occasion::Ended:
      return "ACC: call ended: ";
  }
  return "ACC: ";
}

void append_escaped(std::string& line, std::string_view value) {
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == ';' || c == '\\') {
      fmt::format_to(std::back_inserter(line), "\\x{:02x}", byte);
    } else {
      line += c;
    }
  }
}

}  // namespace

std::string log_line(Occasion occasion, const std::vector<Field>& fields) {
  std::string line(prefix_of(occasion));
  for (const Field& field : fields) {
    if (&field != &fields.front()) line += ';';
    line += field.name;
    line += '=';
    append_escaped(line, field.value);
  }
  return line;
}

}  // namespace carillon::acc
