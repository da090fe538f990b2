// SPDX-License-Identifier: Apache-2.0
// Regular expressions: the only file that knows PCRE2.
#include "script/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <list>

namespace carillon::script {

namespace {

constexpr std::uint32_t kMatchLimit = 200'000;
constexpr std::uint32_t kHeapLimitKib = 1024;
constexpr std::size_t kJitStackBytes = 32 * 1024;
constexpr std::size_t kMaxJitStackBytes = 2 * 1024 * 1024;  // grown page by page, kept for the thread's next match
constexpr std::size_t kCacheSize = 32;

struct MatchMemory {
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  pcre2_match_data* data = pcre2_match_data_create(Regex::kMaxGroups, nullptr);
  // Without it compiled patterns have 32 KiB, too little for a group repeated over a body.
  pcre2_jit_stack* jit_stack = pcre2_jit_stack_create(kJitStackBytes, kMaxJitStackBytes, nullptr);

  MatchMemory() {
    pcre2_set_match_limit(context, kMatchLimit);
    pcre2_set_heap_limit(context, kHeapLimitKib);
    pcre2_jit_stack_assign(context, nullptr, jit_stack);
  }
  MatchMemory(const MatchMemory&) = delete;
  MatchMemory& operator=(const MatchMemory&) = delete;
  ~MatchMemory() {
    pcre2_jit_stack_free(jit_stack);
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
  }
};

// One match at a time in a thread: nothing here calls back.
MatchMemory& match_memory() {
  thread_local MatchMemory memory;
  return memory;
}

std::string message_of(int code) {
  std::array<PCRE2_UCHAR, 160> text{};
  pcre2_get_error_message(code, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

}  // namespace

struct Regex::Compiled {
  pcre2_code* code;

  explicit Compiled(pcre2_code* owned) : code(owned) {}
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;
  ~Compiled() { pcre2_code_free(code); }

  // Below zero: an error other than "no match".
  [[nodiscard]] int match(std::string_view text, std::size_t from) const {
    // PCRE2 10.42 refuses a null subject.
    const char* begin = text.data() == nullptr ? "" : text.data();
    return pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(begin), text.size(), from, 0, match_memory().data,
                       match_memory().context);
  }
};

Regex::Regex(std::string_view pattern, Options options, std::unique_ptr<Compiled> compiled, std::size_t groups)
    : pattern_(pattern), options_(options), compiled_(std::move(compiled)), groups_(groups) {}
Regex::~Regex() = default;

base::Result<std::shared_ptr<const Regex>> Regex::compile(std::string_view pattern, Options options) {
  int code = 0;
  PCRE2_SIZE at = 0;
  std::uint32_t flags = 0;
  if (options.multi_line) flags |= PCRE2_MULTILINE;
  if (!options.multi_line && !options.last_newline) flags |= PCRE2_DOLLAR_ENDONLY;
  if (options.extended) flags |= PCRE2_EXTENDED;
  if (options.ignore_case) flags |= PCRE2_CASELESS;
  if (options.dot_all) flags |= PCRE2_DOTALL;
  const char* begin = pattern.data() == nullptr ? "" : pattern.data();
  pcre2_code* compiled = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(begin), pattern.size(), flags, &code, &at, nullptr);
  if (compiled == nullptr) {
    return base::fail(fmt::format("bad regular expression at character {}: {}", at + 1, message_of(code)));
  }
  std::uint32_t groups = 0;
  pcre2_pattern_info(compiled, PCRE2_INFO_CAPTURECOUNT, &groups);
  // Without it PCRE2 interprets: slower, same result.
  static_cast<void>(pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE));
  return std::shared_ptr<const Regex>(new Regex(pattern, options, std::make_unique<Compiled>(compiled), groups));
}

base::Result<bool> Regex::matches(std::string_view text) const {
  const int found = compiled_->match(text, 0);
  if (found == PCRE2_ERROR_NOMATCH) return false;
  if (found < 0) return base::fail(fmt::format("regular expression '{}': {}", pattern_, message_of(found)));
  return true;
}

base::Result<std::vector<Regex::Group>> Regex::search(std::string_view text, std::size_t from) const {
  std::vector<Group> groups;
  if (from > text.size()) return groups;
  const int found = compiled_->match(text, from);
  if (found == PCRE2_ERROR_NOMATCH) return groups;
  if (found < 0) return base::fail(fmt::format("regular expression '{}': {}", pattern_, message_of(found)));
  const PCRE2_SIZE* offsets = pcre2_get_ovector_pointer(match_memory().data);
  const std::size_t count = found == 0 ? kMaxGroups : static_cast<std::size_t>(found);
  for (std::size_t i = 0; i < count; ++i) {
    groups.push_back({offsets[2 * i], offsets[2 * i + 1]});
    // \K in a look-behind can end a match before it begins.
    if (groups.back().end < groups.back().begin) groups.back() = {from, from};
  }
  return groups;
}

base::Result<std::shared_ptr<const Regex>> cached_regex(std::string_view pattern, Regex::Options options) {
  thread_local std::list<std::shared_ptr<const Regex>> recent;
  const auto known = std::ranges::find_if(
      recent, [&](const auto& regex) { return regex->pattern_ == pattern && regex->options_ == options; });
  if (known != recent.end()) {
    recent.splice(recent.begin(), recent, known);
    return recent.front();
  }
  auto compiled = Regex::compile(pattern, options);
  if (!compiled) return compiled;
  recent.push_front(*compiled);
  if (recent.size() > kCacheSize) recent.pop_back();
  return compiled;
}

}  // namespace carillon::script
