// SPDX-License-Identifier: Apache-2.0
// See digest_client.h.
#include "testing/scenario/digest_client.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/strings.h"
#include "testing/scenario/scenario.h"

namespace carillon::testing {
namespace {

using Fields = std::map<std::string, std::string>;

// `Digest name="value", name=value`; quotes are taken away, what is between them stays as it is.
Fields fields_of(std::string_view value) {
  Fields fields;
  value.remove_prefix(std::min(value.size(), value.find(' ')));
  while (!value.empty()) {
    const std::size_t equal = value.find('=');
    if (equal == std::string_view::npos) break;
    const std::string name = base::to_lower(base::trim(value.substr(0, equal)));
    value = base::trim(value.substr(equal + 1));
    std::size_t end = 0;
    if (value.starts_with('"')) {
      for (end = 1; end < value.size() && value[end] != '"'; ++end) end += value[end] == '\\' ? 1 : 0;
      fields[name] = value.substr(1, end - 1);
      end = std::min(end + 1, value.size());
    } else {
      end = std::min(value.find(','), value.size());
      fields[name] = base::trim(value.substr(0, end));
    }
    value.remove_prefix(end);
    value.remove_prefix(std::min(value.size(), value.find_first_not_of(", ")));
  }
  return fields;
}

std::string hash(const std::string& algorithm, const std::string& text) {
  const bool md5 = algorithm.empty() || base::istarts_with(algorithm, "MD5");
  const EVP_MD* kind = base::istarts_with(algorithm, "SHA-512-256") ? EVP_sha512_256() : md5 ? EVP_md5() : EVP_sha256();
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), bytes.data(), &size, kind, nullptr) != 1) return {};
  return fmt::format("{:02x}", fmt::join(bytes.begin(), bytes.begin() + size, ""));
}

std::string response_of(Fields& fields, const std::string& password, const TextMessage& request) {
  const std::string algorithm = fields["algorithm"];
  std::string ha1 = hash(algorithm, fields["username"] + ":" + fields["realm"] + ":" + password);
  if (base::to_lower(algorithm).ends_with("-sess")) {
    ha1 = hash(algorithm, ha1 + ":" + fields["nonce"] + ":" + fields["cnonce"]);
  }
  std::string a2 = request.method() + ":" + fields["uri"];
  const std::string qop = fields["qop"];
  if (qop == "auth-int") a2 += ":" + hash(algorithm, request.body());
  const std::string counted = qop.empty() ? "" : fields["nc"] + ":" + fields["cnonce"] + ":" + qop + ":";
  return hash(algorithm, ha1 + ":" + fields["nonce"] + ":" + counted + hash(algorithm, a2));
}

std::string write(const Fields& fields) {
  constexpr std::array<std::string_view, 6> kUnquoted = {"algorithm", "nc", "qop", "stale", "userhash", "username*"};
  std::string text = "Digest ";
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    if (!text.ends_with(' ')) text += ", ";
    const bool plain = std::ranges::find(kUnquoted, name) != kUnquoted.end();
    text += fmt::format(fmt::runtime(plain ? "{}={}" : "{}=\"{}\""), name, value);
  }
  return text;
}

}  // namespace

std::vector<TextMessage::Header> challenges_in(const TextMessage& response) {
  std::vector<TextMessage::Header> challenges;
  for (const TextMessage::Header& header : response.headers()) {
    if (is_same_header(header.name, "WWW-Authenticate") || is_same_header(header.name, "Proxy-Authenticate")) {
      challenges.push_back(header);
    }
  }
  return challenges;
}

base::Result<TextMessage::Header> answer_challenge(std::span<const TextMessage::Header> challenges,
                                                   std::span<const std::string> words, const TextMessage& request) {
  if (words.size() < 2) return base::fail("authorize USER PASSWORD [name=value ...]");
  if (challenges.empty()) return base::fail("no challenge was received");
  Fields given;
  for (const std::string& word : words.subspan(2)) {
    const std::size_t equal = word.find('=');
    if (equal == std::string::npos) return base::fail(fmt::format("'{}' is no name=value", word));
    given[word.substr(0, equal)] = word.substr(equal + 1);
  }
  const TextMessage::Header* chosen = &challenges.front();
  for (const TextMessage::Header& challenge : challenges) {
    if (!given.contains("algorithm") || fields_of(challenge.value)["algorithm"] != given["algorithm"]) continue;
    chosen = &challenge;
    break;
  }
  Fields fields = fields_of(chosen->value);
  fields.erase("stale");
  std::string header = is_same_header(chosen->name, "WWW-Authenticate") ? "Authorization" : "Proxy-Authorization";
  fields["username"] = words[0];
  fields["uri"] = request.uri();
  if (!fields["qop"].empty()) {
    fields["qop"] = fields["qop"].substr(0, fields["qop"].find(','));
    fields["nc"] = "00000001";
    fields["cnonce"] = "0a4f113b";
  }
  std::string dropped;
  for (const auto& [name, value] : given) {
    if (name == "drop") {
      dropped = value;
    } else if (name == "header") {
      header = value;
    } else {
      fields[name] = value;
    }
  }
  if (!given.contains("response")) fields["response"] = response_of(fields, words[1], request);
  fields.erase(dropped);
  return TextMessage::Header{header, write(fields)};
}

std::optional<std::string> credentials_mismatch(const TextMessage& request, const std::string& user,
                                                const std::string& password) {
  for (const TextMessage::Header& header : request.headers()) {
    if (!is_same_header(header.name, "Authorization") && !is_same_header(header.name, "Proxy-Authorization")) continue;
    Fields fields = fields_of(header.value);
    if (fields["username"] != user) continue;
    const std::string expected = response_of(fields, password, request);
    if (fields["response"] == expected) return std::nullopt;
    return fmt::format("the response of {} should be {}", header.name, expected);
  }
  return fmt::format("there are no credentials of {}", user);
}

}  // namespace carillon::testing
