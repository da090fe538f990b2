// SPDX-License-Identifier: Apache-2.0
// Why a REGISTER is refused: the status it is answered with and the text of P-Registrar-Error, as OpenSIPS words it.
#pragma once

#include <string_view>

namespace carillon::registrar {

struct Refusal {
  int status = 500;
  std::string_view text;
};

inline constexpr Refusal kNoUser{400, "No username in To URI"};
inline constexpr Refusal kBadAor{400, "Error while parsing AOR"};
inline constexpr Refusal kAorTooLong{500, "Address Of Record too long"};
inline constexpr Refusal kBadContact{400, "Contact parse error"};
inline constexpr Refusal kContactTooLong{400, "Contact/received too long"};
inline constexpr Refusal kTooManyInRequest{400, "Too many contacts in one request"};
inline constexpr Refusal kCallIdTooLong{400, "Callid too long"};
inline constexpr Refusal kStarWithExpires{400, "* used in contact and expires is not zero"};
inline constexpr Refusal kStarAndContacts{400, "* used in contact and more than 1 contact"};
inline constexpr Refusal kOutOfOrder{400, "Invalid CSeq number"};
inline constexpr Refusal kBadPath{400, "Path parse error"};
inline constexpr Refusal kPathUnsupported{420, "No support for found Path indicated"};
inline constexpr Refusal kTooBrief{423, "Expires too short"};
inline constexpr Refusal kStorage{500, "Location storage failure"};
inline constexpr Refusal kFull{503, "Too many contacts in all"};
inline constexpr Refusal kPushUnsupported{555, "Push Notification Service Not Supported"};
inline constexpr Refusal kTooManyContacts{503, "Too many registered contacts"};

}  // namespace carillon::registrar
