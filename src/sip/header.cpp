// SPDX-License-Identifier: Apache-2.0
// Header lines: splitting, matching, iterating.
#include "sip/header.h"

#include "base/strings.h"
#include "sip/grammar.h"
#include "sip/line_scanner.h"

namespace carillon::sip {
bool HeaderFilter::matches(const HeaderLine& line) const {
  if (all) return true;
  if (line.id != id) return false;
  return id != HeaderId::Other || name.empty() ||
         base::iequals(bytes.substr(line.begin, line.name_end - line.begin), name);
}

Header HeaderRange::Iterator::operator*() const {
  const HeaderLine& line = filter_.lines[at_];
  const auto view = [this](std::uint32_t begin, std::uint32_t end) { return filter_.bytes.substr(begin, end - begin); };
  return {.id = line.id,
          .name = view(line.begin, line.name_end),
          .value = view(line.value_begin, line.value_end),
          .line = view(line.begin, line.end)};
}

std::size_t HeaderRange::count() const {
  std::size_t result = 0;
  for (Iterator it = begin(); it != end(); ++it) ++result;
  return result;
}

// Stands on the first value of the first header, from the current one on, that has any.
void ItemRange::Iterator::enter() {
  for (; header_ != std::default_sentinel; ++header_) {
    current_ = *header_;
    value_ = CommaList(current_.value).begin();
    if (value_ != std::default_sentinel) return;
  }
}

ItemRange::Iterator& ItemRange::Iterator::operator++() {
  ++value_;
  if (value_ == std::default_sentinel) {
    ++header_;
    enter();
  }
  return *this;
}

}  // namespace carillon::sip
