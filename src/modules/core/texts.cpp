// SPDX-License-Identifier: Apache-2.0
// Core functions that make texts or tell about the run and the server. See core.h.
#include <fmt/format.h>

#include "base/log.h"
#include "management/status_reports.h"
#include "module/reading_host.h"
#include "modules/core/core.h"
#include "script/format_string.h"

namespace carillon::core {

using namespace module;

Verdict Core::pv_printf(RouteContext& /*context*/, Output output, std::string_view text) {
  return Verdict::of(output.assign(script::Value::text(text)));
}

Verdict Core::get_timestamp(RouteContext& context, Output seconds, Output microseconds) {
  const std::int64_t now = context.proxy().clock().unix_microseconds();
  return Verdict::of(seconds.assign(script::Value::integer(now / 1'000'000)) &&
                     microseconds.assign(script::Value::integer(now % 1'000'000)));
}

Verdict Core::avp_print(RouteContext& context) {
  context.avps().for_each([](std::string_view name, const script::Value& value) {
    log::info("$avp({}) = {}", name, value.has_text() ? value.as_text() : fmt::format_int(value.as_integer()).str());
  });
  return kTrue;
}

// scheme:[user@]host[:port][;params]; what it would make of the parts has to be a URI.
Verdict Core::construct_uri(RouteContext& context, std::string_view scheme, std::optional<std::string_view> user,
                            std::string_view host, std::optional<std::string_view> port,
                            std::optional<std::string_view> params, Output result) {
  UriParts parts;
  parts.scheme = scheme;
  parts.user = user.value_or("");
  parts.host = host;
  parts.port = port.value_or("");
  parts.params = params.value_or("");
  const std::string uri = parts.text();
  if (host.empty() || !is_request_uri(uri)) {
    log::error("construct_uri(): '{}' is no URI", uri);
    return kFalse;
  }
  return Verdict::of(result.assign(script::Value::text(context.keep(uri))));
}

// --- script_trace()

base::Result<TraceText> TraceText::parse(std::string_view text) { return TraceText{std::string(text)}; }

// With a level and a text: from here to the end of the run. Without: no more.
Verdict Core::script_trace(RouteContext& context, std::optional<int> level, std::optional<Constant<TraceText>> text,
                           std::optional<std::string_view> tag) {
  if (!level) {
    context.run().trace(nullptr);
    return kTrue;
  }
  auto trace = std::make_unique<script::ScriptTrace>();
  trace->level = std::clamp(*level, -3, 4);
  trace->tag = tag.value_or("");
  if (text) {
    ReadingHost host(*modules_);
    auto compiled = script::FormatString::compile((*text)->text, host);
    if (!compiled) {
      log::error("script_trace(): {}", compiled.error().message);
      return kFalse;
    }
    trace->text = std::make_shared<const script::FormatString>(std::move(*compiled));
  }
  context.run().trace(std::move(trace));
  return kTrue;
}

// The status itself, which is never 0: above 0 it is ready.
Verdict Core::sr_check_status(RouteContext& /*context*/, std::string_view group,
                              std::optional<std::string_view> identifier) {
  const auto status = status_reports_->check(group, identifier.value_or(""));
  if (!status) log::warning("sr_check_status(\"{}\"): there is no such group or identifier", group);
  return status && *status != 0 ? *status : -1;
}

}  // namespace carillon::core
