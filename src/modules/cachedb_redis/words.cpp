// SPDX-License-Identifier: Apache-2.0
// See words.h.
#include "modules/cachedb_redis/words.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "base/strings.h"

namespace carillon::cachedb_redis {
namespace {

constexpr std::size_t kMaxWords = 1024;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Behind a backslash inside double quotes: appends what it means and steps over it.
void take_escape(std::string_view& text, std::string& word) {
  const char c = text.front();
  text.remove_prefix(1);
  if (c == 'x' && text.size() >= 2) {
    unsigned byte = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + 2, byte, 16);
    if (error == std::errc{} && end == text.data() + 2) {
      word += static_cast<char>(byte);
      text.remove_prefix(2);
      return;
    }
  }
  constexpr std::array<std::pair<char, char>, 5> kEscapes = {
      {{'n', '\n'}, {'r', '\r'}, {'t', '\t'}, {'a', '\a'}, {'b', '\b'}}};
  const auto known = std::ranges::find(kEscapes, c, &std::pair<char, char>::first);
  word += known == kEscapes.end() ? c : known->second;
}

// Text behind an opening quote, up to the closing one, which is stepped over; false when there is none.
bool take_quoted(std::string_view& text, char quote, std::string& word) {
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == quote) return true;
    if (c != '\\' || text.empty()) {
      word += c;
    } else if (quote == '"') {
      take_escape(text, word);
    } else if (text.front() == '\'') {
      word += '\'';
      text.remove_prefix(1);
    } else {
      word += c;
    }
  }
  return false;
}

base::Result<std::optional<std::string>> take_word(std::string_view& text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  std::string word;
  while (!text.empty() && !is_blank(text.front())) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"' || c == '\'') {
      if (!take_quoted(text, c, word)) return base::fail("the query has a quote that isn't closed");
    } else {
      word += c;
    }
  }
  return word;
}

// Which word is the first key; 0: none is.
std::size_t key_position(const std::vector<std::string>& words) {
  const std::string name = base::to_lower(words.front());
  const auto is_one_of = [&name](std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, std::string_view(name)) != names.end();
  };
  if (is_one_of({"eval", "evalsha", "eval_ro", "evalsha_ro", "fcall", "fcall_ro"}))
    return words.size() > 3 && words[2] != "0" ? 3 : 0;
  if (is_one_of({"object", "memory", "xinfo", "xgroup", "bitop", "debug", "zunion", "zinter", "zdiff", "sintercard",
                 "lmpop", "zmpop"})) {
    return words.size() > 2 ? 2 : 0;
  }
  if (is_one_of({"xread", "xreadgroup"})) {
    const auto streams =
        std::ranges::find_if(words, [](const std::string& word) { return base::iequals(word, "streams"); });
    const auto at = static_cast<std::size_t>(streams - words.begin()) + 1;
    return at < words.size() ? at : 0;
  }
  if (is_one_of({"ping",     "echo",    "info",      "keys",     "scan",   "dbsize",  "flushall",
                 "flushdb",  "publish", "time",      "config",   "client", "cluster", "script",
                 "function", "command", "randomkey", "lastsave", "role",   "wait",    "acl"})) {
    return 0;
  }
  return words.size() > 1 ? 1 : 0;
}

}  // namespace

base::Result<storage::Command> parse_query(std::string_view text) {
  storage::Command command;
  while (true) {
    auto word = take_word(text);
    if (!word) return std::unexpected(std::move(word.error()));
    if (!*word) break;
    if (command.words.size() == kMaxWords) return base::fail("the query has too many words");
    command.words.push_back(std::move(**word));
  }
  if (command.words.empty()) return base::fail("the query is empty");
  command.key = key_position(command.words);
  return command;
}

}  // namespace carillon::cachedb_redis
