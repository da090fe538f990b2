// SPDX-License-Identifier: Apache-2.0
// See rewritten.h.
#include "modules/uac/rewritten.h"

#include "routing/proxy_transaction.h"
#include "sip/edit_list.h"

namespace carillon::uac {

void Rewritten::edit_response(const routing::ProxyTransaction& transaction, const sip::Message& received,
                              sip::EditList& edits) {
  if (!transaction.has_request()) return;
  const sip::Message& request = transaction.request();
  if (received.from().uri_text != request.from().uri_text ||
      received.from().display_name != request.from().display_name) {
    edits.replace(received.span(received.from().text), request.from().text);
  }
  if (received.to().uri_text != request.to().uri_text || received.to().display_name != request.to().display_name) {
    std::string to(request.to().text);
    if (request.to_tag().empty() && !received.to_tag().empty()) to.append(";tag=").append(received.to_tag());
    edits.replace(received.span(received.to().text), to);
  }
}

}  // namespace carillon::uac
