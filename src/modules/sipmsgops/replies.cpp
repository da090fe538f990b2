// SPDX-License-Identifier: Apache-2.0
// What goes into the responses to a request, and into one that is relayed. See sipmsgops.h.
#include <fmt/chrono.h>

#include <ctime>

#include "base/log.h"
#include "base/time.h"
#include "modules/sipmsgops/sipmsgops.h"
#include "routing/proxy.h"

namespace carillon::sipmsgops {

using namespace module;

Verdict Sipmsgops::append_to_reply(RouteContext& context, const Parsed<HeaderLines>& lines) {
  context.decision.reply_headers += lines->text;
  return kTrue;
}

Verdict Sipmsgops::append_body_to_reply(RouteContext& context, Text body) {
  context.decision.reply_body = body;
  return kTrue;
}

// RFC 3261 section 20.17: always in GMT, whatever the locale.
Verdict Sipmsgops::append_time(RouteContext& context) {
  const auto now = static_cast<std::time_t>(context.proxy().clock().unix_seconds());
  context.decision.reply_headers += fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n", fmt::gmtime(now));
  return kTrue;
}

// The class of a final response decides what became of the transaction, so a success stays one.
Verdict Sipmsgops::change_reply_status(RouteContext& context, int code, Text reason) {
  const int received = context.message().status();
  if (code < 100 || code > 699 || reason.find_first_of("\r\n") != Text::npos) {
    log::error("change_reply_status(): {} is no status, or its reason has a line end", code);
    return kFalse;
  }
  if ((code < 300 || received < 300) && code / 100 != received / 100) {
    log::error("change_reply_status(): {} can't become {}", received, code);
    return kFalse;
  }
  context.decision.reply_status = code;
  context.decision.reply_reason = context.keep(reason);
  return kTrue;
}

}  // namespace carillon::sipmsgops
