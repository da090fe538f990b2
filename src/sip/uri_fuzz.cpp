// SPDX-License-Identifier: Apache-2.0
// Any text as a URI and as each of the values that hold one.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "sip/contact.h"
#include "sip/cseq.h"
#include "sip/digest.h"
#include "sip/grammar.h"
#include "sip/uri.h"
#include "sip/via.h"

namespace carillon::sip {
namespace {

void run(std::string_view text) {
  if (const auto uri = Uri::parse(text)) {
    CARILLON_ASSERT(equivalent(*uri, *uri));
    CARILLON_ASSERT(uri->is_sip() ? !uri->host.empty() : uri->host.empty());
    const std::string aor = canonical_aor(*uri);
    const auto again = Uri::parse(aor);
    CARILLON_ASSERT(again.has_value());
    CARILLON_ASSERT(canonical_aor(*again) == aor);
  }
  if (const auto address = NameAddr::parse(text)) {
    CARILLON_ASSERT(!address->uri_text.empty());
    CARILLON_ASSERT(address->params.empty() || address->params.well_formed());
  }
  if (const auto contact = Contact::parse(text); contact && contact->q)
    CARILLON_ASSERT(parse_qvalue(format_qvalue(*contact->q)) == contact->q);
  if (const auto via = Via::parse(text)) CARILLON_ASSERT(is_host(via->host));
  if (const auto cseq = CSeq::parse(text)) CARILLON_ASSERT(cseq->number < (1U << 31));
  static_cast<void>(DigestFields::parse(text).has_value());
  for (const std::string_view value : CommaList(text)) CARILLON_ASSERT(!value.empty());
  CARILLON_ASSERT(unquote(quote(text)) == text);
  CARILLON_ASSERT(unescape(escape_user(text)) == text);
  CARILLON_ASSERT(unescape(escape_param(text)) == text);
  CARILLON_ASSERT(!is_safe_header_value(text) || unfold(text).find('\n') == std::string::npos);
}

}  // namespace
}  // namespace carillon::sip

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  carillon::sip::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
