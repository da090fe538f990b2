// SPDX-License-Identifier: Apache-2.0
// The messages of tests/torture (RFC 4475, RFC 5118): read for the tests of the parser and for those of the whole
// server.
#pragma once

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"

namespace carillon::sip {

// A file: "#" lines, "key: value" lines, "---", and the message. Each line of the message ends with CR LF; \xNN is a
// byte,
// \\ a backslash, and a last line of \- says that the line end before it is not there.
struct TortureCase {
  std::string name;
  std::multimap<std::string, std::string> expected;
  std::string message;

  // The value of a key; empty when there is none.
  [[nodiscard]] std::string value(const std::string& key) const {
    const auto found = expected.find(key);
    return found == expected.end() ? std::string() : found->second;
  }
};

inline std::string unescape_bytes(std::string_view line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '\\') {
      out += line[++i];
    } else if (line[i] == '\\' && i + 3 < line.size() && line[i + 1] == 'x') {
      unsigned byte = 0;
      static_cast<void>(std::from_chars(line.data() + i + 2, line.data() + i + 4, byte, 16));
      out += static_cast<char>(byte);
      i += 3;
    } else {
      out += line[i];
    }
  }
  return out;
}

inline TortureCase read_torture_case(const std::filesystem::path& path) {
  TortureCase result;
  result.name = path.stem().string();
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line) && line != "---") {
    if (line.empty() || line.front() == '#') continue;
    std::string_view value = line;
    const std::string key(base::take_until(value, ':'));
    result.expected.emplace(key, unescape_bytes(base::trim(value)));
  }
  while (std::getline(file, line)) {
    if (line == "\\-") {
      result.message.resize(result.message.size() - 2);
    } else {
      result.message += unescape_bytes(line) + "\r\n";
    }
  }
  return result;
}

// All of them, from the root of the repository.
inline std::vector<TortureCase> read_torture_cases() {
  std::vector<TortureCase> cases;
  std::error_code missing;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("tests/torture", missing)) {
    if (entry.path().extension() == ".txt") cases.push_back(read_torture_case(entry.path()));
  }
  std::ranges::sort(cases, {}, &TortureCase::name);
  return cases;
}

// A name for the test of a case.
inline std::string torture_name(std::string name) {
  std::ranges::replace_if(name, [](char c) { return !base::is_alpha(c) && !base::is_digit(c); }, '_');
  return name;
}

}  // namespace carillon::sip
