// SPDX-License-Identifier: Apache-2.0
// The transformations that have to know SIP: {uri.*}, {nameaddr.*}, {via.*}, {sdp.*}. The language brings the others.
#pragma once

#include <span>

#include "script/declaration.h"

namespace carillon::core {

extern const std::span<const script::TransformationDecl> kTransformations;
extern const std::span<const script::TransformationDecl> kSdpTransformations;

}  // namespace carillon::core
