// SPDX-License-Identifier: Apache-2.0
// The table of registered methods.
#include "sip/method.h"

#include <array>
#include <cstddef>

namespace carillon::sip {
namespace {

constexpr std::array<std::string_view, 15> kNames = {
    "",       "INVITE", "ACK",       "BYE",    "CANCEL",  "REGISTER", "OPTIONS", "INFO",
    "UPDATE", "PRACK",  "SUBSCRIBE", "NOTIFY", "PUBLISH", "MESSAGE",  "REFER",
};

}  // namespace

std::string_view method_name(Method method) { return kNames[static_cast<std::size_t>(method)]; }

Method parse_method(std::string_view name) {
  for (std::size_t i = 1; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Method>(i);
  }
  return Method::Unknown;
}

}  // namespace carillon::sip
