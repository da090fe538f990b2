// SPDX-License-Identifier: Apache-2.0
// {s.*}: digests, encodings, escaping.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <charconv>
#include <ctime>

#include "base/strings.h"
#include "script/host.h"
#include "script/transformations.h"

namespace carillon::script {

namespace {

using Arguments = std::span<const Argument>;

constexpr auto kNone = std::span<const ParamDecl>{};
constexpr auto kKey = std::to_array<ParamDecl>({{.name = "key"}});
constexpr std::string_view kHex = "0123456789abcdef";

std::string_view text_of(Environment& environment, const Value& input) { return to_text(input, environment.arena()); }

[[nodiscard]] constexpr int hex_value(char c) {
  if (base::is_digit(c)) return c - '0';
  const char lower = base::to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Value hex_of(Environment& environment, std::string_view bytes) {
  if (bytes.size() * 2 > kMaxTransformed) return Value::null();
  const std::span<char> out = environment.arena().characters(bytes.size() * 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    out[2 * i] = kHex[byte >> 4U];
    out[2 * i + 1] = kHex[byte & 0xFU];
  }
  return Value::text({out.data(), out.size()});
}

template <const EVP_MD* (*Algorithm)()>
ReadResult digest(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  const std::string_view text = text_of(environment, input);
  std::array<unsigned char, EVP_MAX_MD_SIZE> result{};
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), result.data(), &size, Algorithm(), nullptr) != 1) {
    return ReadResult::error();
  }
  return hex_of(environment, {reinterpret_cast<const char*>(result.data()), size});
}

template <const EVP_MD* (*Algorithm)()>
ReadResult keyed_digest(Environment& environment, const TransformationDecl&, const Value& input, Arguments arguments) {
  const std::string_view text = text_of(environment, input);
  const std::string_view key = text_argument(arguments, 0, environment.arena());
  std::array<unsigned char, EVP_MAX_MD_SIZE> result{};
  unsigned int size = 0;
  const char* key_bytes = key.empty() ? "" : key.data();
  if (HMAC(Algorithm(), key_bytes, static_cast<int>(key.size()), bytes_of(text), text.size(), result.data(), &size) ==
      nullptr) {
    return ReadResult::error();
  }
  return hex_of(environment, {reinterpret_cast<const char*>(result.data()), size});
}

// CRC-32 of IEEE 802.3, as an unsigned decimal.
ReadResult crc32(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : text_of(environment, input)) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return Value::text(to_text(Value::integer(static_cast<std::int64_t>(~crc & 0xFFFFFFFFU)), environment.arena()));
}

ReadResult encode_hexa(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  return hex_of(environment, text_of(environment, input));
}

ReadResult decode_hexa(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  const std::string_view text = text_of(environment, input);
  if (text.size() % 2 != 0) return Value::null();
  const std::span<char> out = environment.arena().characters(text.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return Value::null();
    out[i] = static_cast<char>(high * 16 + low);
  }
  return Value::text({out.data(), out.size()});
}

ReadResult decimal_to_hex(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  const auto number = input.has_integer() ? std::optional(input.as_integer())
                                          : base::parse_number<std::int64_t>(base::trim(input.as_text()));
  if (!number) return Value::null();
  std::array<char, 17> digits{};
  const auto unsigned_number = static_cast<std::uint64_t>(*number) & (input.has_integer() ? 0xFFFFFFFFU : ~0ULL);
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), unsigned_number, 16).ptr;
  return Value::text(environment.arena().copy({digits.data(), static_cast<std::size_t>(end - digits.data())}));
}

ReadResult hex_to_decimal(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  std::string_view text = base::trim(text_of(environment, input));
  if (base::istarts_with(text, "0x")) text.remove_prefix(2);
  std::uint64_t number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (result.ec != std::errc{} || result.ptr != text.data() + text.size() || number > INT64_MAX) return Value::null();
  const auto value = static_cast<std::int64_t>(number);
  return Value::both(to_text(Value::integer(value), environment.arena()), value);
}

// Backslash before quotes, backslashes and NUL.
ReadResult escape_common(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  const std::string_view text = text_of(environment, input);
  if (text.size() * 2 > kMaxTransformed) return Value::null();
  const std::span<char> out = environment.arena().characters(text.size() * 2);
  std::size_t at = 0;
  for (const char c : text) {
    if (c == '\'' || c == '"' || c == '\\' || c == '\0') out[at++] = '\\';
    out[at++] = c == '\0' ? '0' : c;
  }
  return Value::text({out.data(), at});
}

ReadResult unescape_common(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  const std::string_view text = text_of(environment, input);
  const std::span<char> out = environment.arena().characters(text.size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : ' ';
    const bool escape = text[i] == '\\' && (next == '\'' || next == '"' || next == '\\' || next == '0');
    if (escape) ++i;
    out[at++] = escape && next == '0' ? '\0' : text[i];
  }
  return Value::text({out.data(), at});
}

// For the inside of a JSON string (RFC 8259 section 7).
ReadResult escape_json(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::size_t kLongestEscape = 6;
  const std::string_view text = text_of(environment, input);
  if (text.size() > kMaxTransformed) return Value::null();
  const std::span<char> out = environment.arena().characters(text.size() * kLongestEscape);
  std::size_t at = 0;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < ' ') {
      for (const char part : {'\\', 'u', '0', '0', kDigits[code / 16], kDigits[code % 16]}) out[at++] = part;
      continue;
    }
    if (c == '"' || c == '\\') out[at++] = '\\';
    out[at++] = c;
  }
  return at > kMaxTransformed ? Value::null() : Value::text({out.data(), at});
}

// RFC 3261 section 25.1: unreserved, and what the user part or a parameter may have besides.
[[nodiscard]] bool stays(char c, std::string_view extra) {
  return base::is_alpha(c) || base::is_digit(c) || std::string_view("-_.!~*'()").find(c) != std::string_view::npos ||
         extra.find(c) != std::string_view::npos;
}

ReadResult percent_escape(Environment& environment, std::string_view text, std::string_view extra) {
  if (text.size() * 3 > kMaxTransformed) return Value::null();
  const std::span<char> out = environment.arena().characters(text.size() * 3);
  std::size_t at = 0;
  for (const char c : text) {
    if (stays(c, extra)) {
      out[at++] = c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out[at++] = '%';
    out[at++] = kHex[byte >> 4U];
    out[at++] = kHex[byte & 0xFU];
  }
  return Value::text({out.data(), at});
}

ReadResult escape_user(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  return percent_escape(environment, text_of(environment, input), "&=+$,;?/");
}

ReadResult escape_param(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  return percent_escape(environment, text_of(environment, input), "[]/:&+$");
}

ReadResult percent_unescape(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  const std::string_view text = text_of(environment, input);
  const std::span<char> out = environment.arena().characters(text.size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out[at++] = text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    // A NUL would end the text for whoever reads it next.
    if (high < 0 || low < 0 || high * 16 + low == 0) return Value::null();
    out[at++] = static_cast<char>(high * 16 + low);
    i += 2;
  }
  return Value::text({out.data(), at});
}

ReadResult b64_encode(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  if (!input.has_text()) return input;
  const std::string_view text = input.as_text();
  if (text.size() * 2 > kMaxTransformed) return Value::null();
  const std::span<char> out = environment.arena().characters((text.size() + 2) / 3 * 4 + 1);
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(text), static_cast<int>(text.size()));
  return Value::text({out.data(), static_cast<std::size_t>(size)});
}

ReadResult b64_decode(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  if (!input.has_text()) return input;
  const std::string_view text = base::trim(input.as_text());
  if (text.size() % 4 != 0) return Value::null();
  const std::span<char> out = environment.arena().characters(text.size() / 4 * 3 + 1);
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(text), static_cast<int>(text.size()));
  if (size < 0) return Value::null();
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  return Value::text({out.data(), static_cast<std::size_t>(size) - padding});
}

ReadResult exclusive_or(Environment& environment, const TransformationDecl&, const Value& input, Arguments arguments) {
  const std::string_view text = text_of(environment, input);
  const std::string_view secret = text_argument(arguments, 0, environment.arena());
  if (secret.empty()) return Value::text(text);
  const std::span<char> out = environment.arena().characters(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) out[i] = static_cast<char>(text[i] ^ secret[i % secret.size()]);
  return Value::text({out.data(), out.size()});
}

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 3261 section 20.17) to seconds since 1970.
ReadResult date_to_unix(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  const std::string text(text_of(environment, input));
  std::tm when{};
  const char* end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &when);
  if (end == nullptr || *end != '\0') return Value::null();
  return Value::integer(::timegm(&when));
}

constexpr auto kEncodings = std::to_array<TransformationDecl>({
    {"s.md5", kNone, "MD5, in hex.", digest<EVP_md5>},
    {"s.sha1", kNone, "SHA-1, in hex.", digest<EVP_sha1>},
    {"s.sha224", kNone, "SHA-224, in hex.", digest<EVP_sha224>},
    {"s.sha256", kNone, "SHA-256, in hex.", digest<EVP_sha256>},
    {"s.sha384", kNone, "SHA-384, in hex.", digest<EVP_sha384>},
    {"s.sha512", kNone, "SHA-512, in hex.", digest<EVP_sha512>},
    {"s.sha1_hmac", kKey, "HMAC with SHA-1, in hex.", keyed_digest<EVP_sha1>},
    {"s.sha224_hmac", kKey, "HMAC with SHA-224, in hex.", keyed_digest<EVP_sha224>},
    {"s.sha256_hmac", kKey, "HMAC with SHA-256, in hex.", keyed_digest<EVP_sha256>},
    {"s.sha384_hmac", kKey, "HMAC with SHA-384, in hex.", keyed_digest<EVP_sha384>},
    {"s.sha512_hmac", kKey, "HMAC with SHA-512, in hex.", keyed_digest<EVP_sha512>},
    {"s.crc32", kNone, "CRC-32, in decimal.", crc32},
    {"s.encode.hexa", kNone, "Each byte as two hex digits.", encode_hexa},
    {"s.decode.hexa", kNone, "The bytes of hex digits.", decode_hexa},
    {"s.dec2hex", kNone, "A decimal number in hex.", decimal_to_hex},
    {"s.hex2dec", kNone, "A hex number in decimal.", hex_to_decimal},
    {"s.escape.common", kNone, "Quotes, backslashes and NUL with a backslash.", escape_common},
    {"s.unescape.common", kNone, "Undoes s.escape.common.", unescape_common},
    {"s.escape.json", kNone, "Escaped for the inside of a JSON string.", escape_json},
    {"s.escape.user", kNone, "Escaped for the user part of a SIP URI.", escape_user},
    {"s.unescape.user", kNone, "Undoes s.escape.user.", percent_unescape},
    {"s.escape.param", kNone, "Escaped for a parameter of a SIP URI.", escape_param},
    {"s.unescape.param", kNone, "Undoes s.escape.param.", percent_unescape},
    {"s.b64encode", kNone, "In base 64.", b64_encode},
    {"s.b64decode", kNone, "Out of base 64.", b64_decode},
    {"s.xor", kKey, "Each byte with one of a secret.", exclusive_or},
    {"s.date2unix", kNone, "A SIP date as seconds since 1970.", date_to_unix},
});

}  // namespace

std::span<const TransformationDecl> encoding_transformations() { return kEncodings; }

}  // namespace carillon::script
