// SPDX-License-Identifier: Apache-2.0
// One REGISTER in mid_registrar, and what it is to the main registrar.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "modules/registrar/api.h"
#include "modules/usrloc/api.h"

namespace carillon::mid_registrar {

struct Request {
  registrar::Origin origin;
  registrar::SaveFlags flags;
  registrar::Registration registration;  // views into the request of `origin`
  usrloc::LocationTable* table = nullptr;
  std::string aor;
  std::uint32_t outgoing_expires = 0;  // seconds

  // Of each Contact, in order.
  struct Entry {
    std::uint64_t id = 0;       // of the binding; of one to come, its number
    bool is_known = false;      // there is such a binding
    std::string keys = {};      // of the binding
    std::uint32_t asked = 0;    // seconds; 0: to be removed
    std::uint32_t granted = 0;  // seconds we would grant
    std::string sent_uri = {};  // what the main registrar was told
  };
  std::vector<Entry> entries;
  std::string sent_aor_uri;  // in mode 2
  // Whether the AoR has a contact when all this is done.
  bool leaves_some = false;
  // In mode 2: what the main registrar knows of the AoR, and until when.
  std::string aor_keys;
  std::int64_t aor_until = 0;
};

}  // namespace carillon::mid_registrar
