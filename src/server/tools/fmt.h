// SPDX-License-Identifier: Apache-2.0
// `carillon fmt`.
#pragma once

#include <string>
#include <vector>

namespace carillon::server {

struct FmtOptions {
  std::vector<std::string> files = {};  // "-": standard input
  bool write = false;                   // back into the files
  bool check = false;                   // only say which would change
  std::string indent = {};              // "tab" or a number of blanks; empty: as the file has it
};

// kFailure: --check found files that would change. kBadStart: a file has mistakes, or can't be read or written; those
// are left as they are, the others are done.
[[nodiscard]] int format_scripts(const FmtOptions& options);

}  // namespace carillon::server
