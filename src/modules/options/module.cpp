// SPDX-License-Identifier: Apache-2.0
// options: the answer to an OPTIONS that asks for this server itself (RFC 3261 section 11.2).
#include <fmt/format.h>

#include <utility>

#include "module/module.h"
#include "routing/proxy.h"
#include "sip/grammar.h"

namespace carillon::options {
namespace {

using namespace module;

class Options final : public Module {
 public:
  base::Result<> start(Services& /*services*/) override {
    const std::array<std::pair<std::string_view, const std::string*>, 4> headers = {{
        {"Accept", &accept},
        {"Accept-Encoding", &accept_encoding},
        {"Accept-Language", &accept_language},
        {"Supported", &support},
    }};
    for (const auto& [name, value] : headers) {
      if (value->empty()) continue;
      if (!sip::is_safe_header_value(*value))
        return base::fail(fmt::format("'{}' can't be a value of {}", *value, name));
      headers_ += fmt::format("{}: {}\r\n", name, *value);
    }
    return {};
  }

  Verdict options_reply(RouteContext& context) {
    const auto& uri = context.request_uri();
    if (context.message().method() != sip::Method::Options || !uri || !uri->is_sip() || uri->has_user) return kFalse;
    return Verdict::of(context.proxy().reply(context, {.status = 200, .headers = headers_}));
  }

  std::string accept = "*/*";
  std::string accept_encoding;
  std::string accept_language = "en";
  std::string support;

 private:
  std::string headers_;
};

constexpr auto kParameters = std::to_array({
    parameter<&Options::accept>("accept", "Value of Accept; empty: no such header."),
    parameter<&Options::accept_encoding>("accept_encoding", "Value of Accept-Encoding; empty: no such header."),
    parameter<&Options::accept_language>("accept_language", "Value of Accept-Language; empty: no such header."),
    parameter<&Options::support>("support", "Value of Supported; empty: no such header."),
});

constexpr auto kFunctions = std::to_array({
    function<&Options::options_reply>("options_reply", kRequest,
                                      "Answers an OPTIONS whose Request-URI has no user part with what this server "
                                      "accepts; false for any other request."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "options",
    .documentation = "Answers OPTIONS that are meant for the server itself.",
    .parameters = kParameters,
    .functions = kFunctions,
    .create = &create<Options>,
};

}  // namespace carillon::options
