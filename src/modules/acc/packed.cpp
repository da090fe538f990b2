// SPDX-License-Identifier: Apache-2.0
// See packed.h.
#include "modules/acc/packed.h"

#include "base/strings.h"

namespace carillon::acc {

void Packer::add(std::string_view text) {
  text_ += std::to_string(text.size());
  text_ += ':';
  text_ += text;
}

void Packer::add(const std::optional<std::string>& text) {
  if (text) {
    add(std::string_view(*text));
  } else {
    text_ += '-';
  }
}

void Packer::add(std::int64_t number) { add(std::string_view(std::to_string(number))); }

std::optional<std::string> Unpacker::optional_text() {
  if (ok_ && rest_.starts_with('-')) {
    rest_.remove_prefix(1);
    return std::nullopt;
  }
  const std::size_t colon = rest_.find(':');
  const auto size = base::parse_number<std::uint32_t>(rest_.substr(0, colon));
  ok_ = ok_ && colon != std::string_view::npos && size && *size <= rest_.size() - colon - 1;
  if (!ok_) return std::nullopt;
  std::string text(rest_.substr(colon + 1, *size));
  rest_.remove_prefix(colon + 1 + *size);
  return text;
}

std::int64_t Unpacker::number() {
  const auto number = base::parse_number<std::int64_t>(text());
  ok_ = ok_ && number;
  return number.value_or(0);
}

std::size_t Unpacker::count() {
  const std::int64_t number = this->number();
  ok_ = ok_ && number >= 0 && static_cast<std::uint64_t>(number) <= rest_.size();
  return ok_ ? static_cast<std::size_t>(number) : 0;
}

}  // namespace carillon::acc
