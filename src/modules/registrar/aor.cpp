// SPDX-License-Identifier: Apache-2.0
// See aor.h.
#include "modules/registrar/aor.h"

#include "base/strings.h"
#include "sip/grammar.h"
#include "sip/uri.h"

namespace carillon::registrar {

std::expected<std::string, Refusal> extract_aor(std::string_view text, const AorRules& rules) {
  if (text.empty()) return std::unexpected(kBadAor);
  std::string with_scheme;
  auto uri = sip::Uri::parse(text);
  if (!uri || uri->scheme == sip::Uri::Scheme::Other) {
    with_scheme = "sip:" + std::string(text);
    uri = sip::Uri::parse(with_scheme);
    if (!uri) return std::unexpected(kBadAor);
  }
  if (uri->user.empty()) return std::unexpected(kNoUser);
  if (uri->user.size() > rules.max_username) return std::unexpected(kAorTooLong);
  std::string aor = sip::unescape(uri->user);
  if (!rules.case_sensitive) aor = base::to_lower(aor);
  if (rules.use_domain) {
    std::string_view host = uri->host;
    if (host.empty()) return std::unexpected(kBadAor);
    if (host.size() > rules.max_domain) return std::unexpected(kAorTooLong);
    const std::string_view prefix = rules.realm_prefix;
    if (host.size() > prefix.size() && base::istarts_with(host, prefix)) host.remove_prefix(prefix.size());
    aor += '@';
    for (const char c : host) aor += base::to_lower(c);
  }
  if (aor.size() > rules.max_aor) return std::unexpected(kAorTooLong);
  return aor;
}

}  // namespace carillon::registrar
