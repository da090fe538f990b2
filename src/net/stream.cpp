// SPDX-License-Identifier: Apache-2.0
// What a stream does when its handler doesn't say.
#include "net/stream.h"

namespace carillon::net {

void StreamHandler::on_end(Stream& stream) { stream.close(); }

}  // namespace carillon::net
