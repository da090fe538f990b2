// SPDX-License-Identifier: Apache-2.0
// The program. What it does is decided in command_line.cpp.
#include "server/command_line.h"
#include "server/tools/script_tools.h"

int main(int argc, char** argv) {
  carillon::server::ScriptTools tools;
  return carillon::server::run_command_line(argc, argv, tools);
}
