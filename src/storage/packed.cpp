// SPDX-License-Identifier: Apache-2.0
// See packed.h.
#include "storage/packed.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/strings.h"

namespace carillon::storage {
namespace {

std::string with_letter(const Value& value) {
  struct Letter {
    std::string operator()(Null) const { return "n"; }
    std::string operator()(std::int64_t number) const { return "i" + std::to_string(number); }
    std::string operator()(double number) const { return fmt::format("d{}", number); }
    std::string operator()(const std::string& text) const { return "s" + text; }
    std::string operator()(const Blob& blob) const { return "b" + blob.bytes; }
    std::string operator()(DateTime moment) const { return "t" + std::to_string(moment.unix_seconds); }
  };
  return std::visit(Letter{}, value);
}

}  // namespace

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

void Packer::add_value(const Value& value) { add(std::string_view(with_letter(value))); }

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

Value Unpacker::value() {
  const std::string packed = text();
  const char letter = packed.empty() ? 'n' : packed.front();
  std::string rest = packed.substr(std::min<std::size_t>(packed.size(), 1));
  switch (letter) {
    case 'i':
      return std::int64_t{std::strtoll(rest.c_str(), nullptr, 10)};
    case 'd':
      return std::strtod(rest.c_str(), nullptr);
    case 's':
      return rest;
    case 'b':
      return Blob{std::move(rest)};
    case 't':
      return DateTime{std::strtoll(rest.c_str(), nullptr, 10)};
    default:
      return Null{};
  }
}

}  // namespace carillon::storage
