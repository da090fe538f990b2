// SPDX-License-Identifier: Apache-2.0
// See record_route_params.h.
#include "modules/uac/record_route_params.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "routing/record_route.h"
#include "sip/list.h"

namespace carillon::uac {
namespace {

constexpr std::string_view kCseqParam = "vsq";
constexpr std::uint32_t kMostOffset = 100;

}  // namespace

void set_record_route_param(routing::RouteContext& context, std::string_view name, std::string_view value) {
  std::string params;
  for (const sip::Param& param : sip::Params(context.decision.record_route_params)) {
    if (!base::iequals(param.name, name)) params.append(";").append(param.text);
  }
  if (!value.empty()) params.append(fmt::format(";{}={}", name, value));
  context.decision.record_route_params = std::move(params);
}

void set_cseq_offset(routing::RouteContext& context, std::uint32_t offset) {
  set_record_route_param(context, kCseqParam, fmt::format_int(offset).c_str());
}

bool came_from_caller(const routing::RouteContext& context) {
  // Without the caller's tag nobody knows who asks.
  return sip::Params(context.route.params).contains("ftag") &&
         routing::is_direction(context, routing::Direction::Downstream);
}

std::optional<std::uint32_t> cseq_offset_in(const routing::RouteContext& context) {
  const sip::Params params(context.route.params);
  const auto text = params.find(kCseqParam);
  if (!text || !came_from_caller(context)) return std::nullopt;
  const auto offset = base::parse_number<std::uint32_t>(*text);
  if (!offset || *offset == 0 || *offset > kMostOffset) return std::nullopt;
  return offset;
}

}  // namespace carillon::uac
