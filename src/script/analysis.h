// SPDX-License-Identifier: Apache-2.0
// A script's tree and everything that was found wrong with it, for those who look at scripts and don't run them.
#pragma once

#include "script/ast.h"
#include "script/diagnostic.h"
#include "script/host.h"
#include "script/program.h"
#include "script/source.h"

namespace carillon::script {

struct Analysis {
  // Checked: its resolved fields point into what the Host declares. Has gaps where there are syntax errors.
  ast::Script script;
  Diagnostics diagnostics;  // sorted
};

[[nodiscard]] Analysis analyse(const Source& source, Host& host, const CompileOptions& options = {});

}  // namespace carillon::script
