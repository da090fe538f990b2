// SPDX-License-Identifier: Apache-2.0
// What registrar's code offers to mid_registrar: the rules of bindings, one REGISTER on its way into the location
// table, one lookup out of it. The module registrar itself need not be loaded.
#pragma once

#include "modules/registrar/flags.h"
#include "modules/registrar/lookup.h"
#include "modules/registrar/registration.h"
#include "modules/registrar/rule_parameters.h"
#include "modules/registrar/rules.h"
#include "modules/registrar/save_operation.h"
