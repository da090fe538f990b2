// SPDX-License-Identifier: Apache-2.0
// Databases as `carillon explain` lets a script have them: what is written is told, and never into a real one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "storage/driver.h"

namespace carillon::server {

// Told in the words of a person: "INSERT INTO acc (method, ...) VALUES ("INVITE", ...)".
using DatabaseListener = std::function<void(const std::string& what)>;

// Opens every URL. With drivers in `real`, the database itself, for reading: what would be written is told and not
// done, and one that can't be opened is told, with that of `own` in its place. Without them, that of `own`.
[[nodiscard]] std::unique_ptr<storage::Driver> watched_databases(std::unique_ptr<storage::Driver> own,
                                                                 std::vector<std::unique_ptr<storage::Driver>> real,
                                                                 DatabaseListener listener);

// Whether a statement in SQL is one that only reads, as far as its words tell. What is no such statement for certain
// isn't one.
[[nodiscard]] bool only_reads(std::string_view sql);

}  // namespace carillon::server
