// SPDX-License-Identifier: Apache-2.0
// The core variables, as rows for the declaration page; by theme, one file each.
#pragma once

#include <span>

#include "module/declare.h"

namespace carillon::core {

// $ru $rU $rd $rp $rP $ou ... $du ... $fu $tu and their parts
extern const std::span<const module::VariableDecl> kUriVariables;
// $hdr $ct $ci $cs $rm $rs $rb ...
extern const std::span<const module::VariableDecl> kMessageVariables;
// $si $sp $socket_in $socket_out $Ts $pp $mf $msg.branch.* $err.* ...
extern const std::span<const module::VariableDecl> kStateVariables;

}  // namespace carillon::core
