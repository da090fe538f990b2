// SPDX-License-Identifier: Apache-2.0
// Is told what this server changes of a table that several share.
#pragma once

#include <string_view>

#include "modules/usrloc/contact.h"
#include "modules/usrloc/contact_version.h"

namespace carillon::usrloc {

// Called with the partition's lock held: takes note and returns. Not for what another server changed, nor for what
// expires, which every server sees by itself.
class SharingSink {
 public:
  // A contact was added or changed; its version is still that of before, 0 of a new one. Returns the one from now on.
  [[nodiscard]] virtual ContactVersion on_set(std::string_view aor, const Contact& contact) = 0;
  virtual void on_removed(std::string_view aor, const Contact& contact) = 0;
  // `fields` are about to take the place of the contact, and may be known by another name.
  virtual void on_replaced(std::string_view aor, const Contact& contact, const ContactFields& fields) = 0;

 protected:
  ~SharingSink() = default;
};

}  // namespace carillon::usrloc
