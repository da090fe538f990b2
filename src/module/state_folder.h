// SPDX-License-Identifier: Apache-2.0
// Where the server keeps what must outlive it when nobody says where: one folder for all of it.
#pragma once

#include <filesystem>

namespace carillon::module {

// $STATE_DIRECTORY, where systemd gives one; root's is /var/lib/carillon, anybody else's ~/.local/share/carillon. It
// need not be there.
[[nodiscard]] std::filesystem::path state_folder();

}  // namespace carillon::module
