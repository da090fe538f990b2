// SPDX-License-Identifier: Apache-2.0
// What a command is told about the message by its environment (setvars).
#pragma once

#include <string>
#include <vector>

#include "routing/route_context.h"
#include "transaction/transaction_key.h"

namespace carillon::exec {

// Longer ones the kernel doesn't take (MAX_ARG_STRLEN), and then it takes no other either.
inline constexpr std::size_t kMaxArgument = 131'071;

// "NAME=value". What no environment can hold (a NUL, too long) is left out.
void add_variable(std::vector<std::string>& environment, std::string_view name, std::string_view value);

// SIP_HF_<NAME> for each header, SIP_TID, SIP_DID, SIP_SRCIP, SIP_ORURI, SIP_RURI, SIP_USER, SIP_OUSER. Whoever sent
// the message has written the values.
void add_message(std::vector<std::string>& environment, routing::RouteContext& context,
                 const transaction::Secrets& secrets);

}  // namespace carillon::exec
