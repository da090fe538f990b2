// SPDX-License-Identifier: Apache-2.0
// See documents.h.
#include "lsp/documents.h"

#include <algorithm>
#include <filesystem>

#include "base/strings.h"

namespace carillon::lsp {

namespace {

constexpr std::string_view kFileScheme = "file://";

std::optional<unsigned> hex_digit(char c) {
  if (base::is_digit(c)) return static_cast<unsigned>(c - '0');
  const char lower = base::to_lower(c);
  if (lower < 'a' || lower > 'f') return std::nullopt;
  return static_cast<unsigned>(lower - 'a') + 10;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto high = hex_digit(text[i + 1]);
      const auto low = hex_digit(text[i + 2]);
      if (high && low) {
        out += static_cast<char>(*high * 16 + *low);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

}  // namespace

std::string path_of(std::string_view uri) {
  if (!base::istarts_with(uri, kFileScheme)) return {};
  std::string_view rest = uri.substr(kFileScheme.size());
  // file://host/path: only this machine's files can be read.
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos || (slash != 0 && !base::iequals(rest.substr(0, slash), "localhost"))) return {};
  std::string path = unescaped(rest.substr(slash));
  if (path.find('\0') != std::string::npos) return {};
  return std::filesystem::path(path).lexically_normal().string();
}

std::string uri_of(std::string_view path) {
  constexpr std::string_view kPlain = "/-._~";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  if (!path.starts_with('/')) return std::string(path);  // a document that is no file: its path is its URI
  std::string uri(kFileScheme);
  for (const char c : path) {
    if (base::is_alpha(c) || base::is_digit(c) || kPlain.find(c) != std::string_view::npos) {
      uri += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      uri += '%';
      uri += kHex[byte >> 4U];
      uri += kHex[byte & 0xFU];
    }
  }
  return uri;
}

bool Documents::open(Document document) {
  if (by_uri_.size() >= kMaxDocuments && !by_uri_.contains(document.uri)) return false;
  document.path = path_of(document.uri);
  if (document.path.empty()) document.path = document.uri;
  std::string uri = document.uri;
  by_uri_.insert_or_assign(std::move(uri), std::move(document));
  return true;
}

bool Documents::change(std::string_view uri, std::int64_t version, const std::vector<Change>& changes) {
  const auto found = by_uri_.find(uri);
  if (found == by_uri_.end()) return false;
  Document& document = found->second;
  document.version = version;
  for (const Change& change : changes) {
    if (!change.range) {
      document.text = change.text;
      continue;
    }
    const LineIndex index(document.text);
    const std::size_t begin = index.offset(change.range->start);
    const std::size_t end = std::max(begin, index.offset(change.range->end));
    document.text.replace(begin, end - begin, change.text);
  }
  return true;
}

void Documents::close(std::string_view uri) {
  if (const auto found = by_uri_.find(uri); found != by_uri_.end()) by_uri_.erase(found);
}

const Document* Documents::find(std::string_view uri) const {
  const auto found = by_uri_.find(uri);
  return found == by_uri_.end() ? nullptr : &found->second;
}

const Document* Documents::find_path(std::string_view path) const {
  const auto found = std::ranges::find_if(by_uri_, [path](const auto& one) { return one.second.path == path; });
  return found == by_uri_.end() ? nullptr : &found->second;
}

}  // namespace carillon::lsp
