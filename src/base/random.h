// SPDX-License-Identifier: Apache-2.0
// Random numbers and tokens that strangers must not guess (tags, branches, nonces). Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace carillon::base {

// From the kernel's source, buffered per thread.
[[nodiscard]] std::uint64_t random_u64();

// `length` characters of [0-9a-z].
[[nodiscard]] std::string random_token(std::size_t length);

}  // namespace carillon::base
