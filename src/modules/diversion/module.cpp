// SPDX-License-Identifier: Apache-2.0
// diversion: from where and why a call was diverted (RFC 5806).
#include <fmt/format.h>

#include "base/log.h"
#include "module/module.h"
#include "module/user_uri.h"
#include "sip/edit_list.h"
#include "sip/grammar.h"

namespace carillon::diversion {
namespace {

using namespace module;

class Diversion final : public Module {
 public:
  base::Result<> start(Services& /*services*/) override {
    if (!sip::is_safe_header_value(suffix)) return base::fail("suffix must be parameters, as in \";privacy=full\"");
    return {};
  }

  // The newest diversion is the topmost, also of several that are added here.
  Verdict add_diversion(RouteContext& context, std::string_view reason, std::optional<std::string_view> uri,
                        std::optional<int> counter) {
    const sip::Message& message = context.message();
    const std::string_view diverted = uri.value_or(message.request_uri_text());
    if (!module::is_request_uri(diverted)) return refused("'{}' is no URI", diverted);
    if (!sip::is_safe_header_value(reason) || reason.empty()) return refused("'{}' is no reason", reason);
    if (counter && *counter < 1) return refused("'{}' is no counter", *counter);
    std::string line = fmt::format("Diversion: <{}>;reason={}", diverted, as_value(reason));
    if (counter) line += fmt::format(";counter={}", *counter);
    line.append(suffix).append("\r\n");
    const auto last = message.find("Diversion");
    context.decision.edits.insert(last ? message.span(last->line).begin : message.headers_end(), line,
                                  sip::EditList::Place::Front);
    return kTrue;
  }

  std::string suffix;

 private:
  // A token or quoted-string as it is, anything else in quotes.
  [[nodiscard]] static std::string as_value(std::string_view reason) {
    const bool quoted = reason.starts_with('"') && sip::quoted_string_end(reason, 0) == reason.size();
    return quoted || sip::is_token(reason) ? std::string(reason) : sip::quote(reason);
  }

  template <typename T>
  [[nodiscard]] static Verdict refused(fmt::format_string<const T&> why, const T& what) {
    log::error("add_diversion(): {}", fmt::format(why, what));
    return kFalse;
  }
};

constexpr auto kParameters = std::to_array({
    parameter<&Diversion::suffix>("suffix", "What is added behind each, as \";privacy=full\"."),
});

constexpr auto kFunctions = std::to_array({
    function<&Diversion::add_diversion>("add_diversion", {"reason", "uri", "counter"}, kRequest | kFailure | kLocal,
                                        "Adds a Diversion above all others, with the received Request-URI or a given "
                                        "one."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "diversion",
    .documentation = "Diversion headers of calls that are forwarded.",
    .parameters = kParameters,
    .functions = kFunctions,
    .create = &create<Diversion>,
};

}  // namespace carillon::diversion
