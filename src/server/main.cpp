// SPDX-License-Identifier: Apache-2.0
// The program. What it does is decided in command_line.cpp.
#include "server/command_line.h"

int main(int argc, char** argv) { return carillon::server::run_command_line(argc, argv); }
