// SPDX-License-Identifier: Apache-2.0
// The transformations {rest.escape} and {rest.unescape}.
#pragma once

#include <span>

#include "script/declaration.h"

namespace carillon::rest_client {

[[nodiscard]] script::ReadResult escape(script::Environment& environment, const script::TransformationDecl& self,
                                        const script::Value& input, std::span<const script::Argument> none);
[[nodiscard]] script::ReadResult unescape(script::Environment& environment, const script::TransformationDecl& self,
                                          const script::Value& input, std::span<const script::Argument> none);

}  // namespace carillon::rest_client
