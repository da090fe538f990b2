// SPDX-License-Identifier: Apache-2.0
// What avpops, the name that the database functions had before OpenSIPS 3.5, declares anew: the module's class.
#pragma once

#include "modules/sqlops/sqlops.h"
#include "modules/sqlops/tables.h"
