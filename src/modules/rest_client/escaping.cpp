// SPDX-License-Identifier: Apache-2.0
// See escaping.h. libcurl's own: all but the unreserved characters of RFC 3986 section 2.3 become %XX.
#include "modules/rest_client/escaping.h"

#include <curl/curl.h>

#include <memory>
#include <string_view>

#include "script/host.h"
#include "script/transformations.h"

namespace carillon::rest_client {
namespace {

using script::Environment;
using script::ReadResult;
using script::TransformationDecl;
using script::Value;
using CurlText = std::unique_ptr<char, decltype(&curl_free)>;

// Of a result that may be too long for a value.
Value kept(Environment& environment, const CurlText& text, std::size_t size) {
  if (text == nullptr || size > script::kMaxTransformed) return Value::null();
  return Value::text(environment.arena().copy({text.get(), size}));
}

}  // namespace

ReadResult escape(Environment& environment, const TransformationDecl& /*self*/, const Value& input,
                  std::span<const script::Argument> /*none*/) {
  const std::string_view text = script::to_text(input, environment.arena());
  // libcurl takes a length of 0 for one that it has to find out.
  if (text.empty()) return Value::text({});
  if (text.size() > script::kMaxTransformed) return Value::null();
  const CurlText escaped(curl_easy_escape(nullptr, text.data(), static_cast<int>(text.size())), &curl_free);
  return kept(environment, escaped, escaped == nullptr ? 0 : std::string_view(escaped.get()).size());
}

ReadResult unescape(Environment& environment, const TransformationDecl& /*self*/, const Value& input,
                    std::span<const script::Argument> /*none*/) {
  const std::string_view text = script::to_text(input, environment.arena());
  if (text.empty()) return Value::text({});
  if (text.size() > script::kMaxTransformed) return Value::null();
  int size = 0;
  const CurlText plain(curl_easy_unescape(nullptr, text.data(), static_cast<int>(text.size()), &size), &curl_free);
  return kept(environment, plain, static_cast<std::size_t>(size));
}

}  // namespace carillon::rest_client
