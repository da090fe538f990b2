// SPDX-License-Identifier: Apache-2.0
// See rc_file.h.
#include "server/rc_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/strings.h"

namespace carillon::server {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

bool is_name_char(char c) { return base::is_alpha(c) || base::is_digit(c) || c == '_'; }

using Values = std::map<std::string, std::string, std::less<>>;

// One line, read from the left.
class Line {
 public:
  Line(std::string_view text, const Values& values) : text_(text), values_(values) {}

  // NAME of `NAME=`, also behind `export`; empty when the line is none.
  std::string name() {
    text_ = base::trim(text_);
    constexpr std::string_view kExport = "export";
    if (text_.starts_with(kExport) && text_.size() > kExport.size() && base::is_lws(text_[kExport.size()])) {
      text_ = base::trim(text_.substr(kExport.size()));
    }
    const auto* const end = std::ranges::find_if_not(text_, is_name_char);
    const auto size = static_cast<std::size_t>(end - text_.begin());
    if (size == 0 || base::is_digit(text_.front()) || size >= text_.size() || text_[size] != '=') return {};
    std::string name(text_.substr(0, size));
    text_.remove_prefix(size + 1);
    return name;
  }

  // What follows, up to a blank or a comment outside quotes.
  base::Result<std::string> value() {
    std::string result;
    while (!text_.empty() && !base::is_lws(text_.front()) && text_.front() != ';') {
      const char c = take();
      if (c == '\'') {
        const std::size_t end = text_.find('\'');
        if (end == std::string_view::npos) return base::fail("a quote isn't closed");
        result += text_.substr(0, end);
        text_.remove_prefix(end + 1);
      } else if (c == '"') {
        if (auto quoted = in_double_quotes(result); !quoted) return std::unexpected(quoted.error());
      } else if (auto added = one(c, result); !added) {
        return std::unexpected(added.error());
      }
    }
    return result;
  }

 private:
  char take() {
    const char c = text_.front();
    text_.remove_prefix(1);
    return c;
  }

  base::Result<> in_double_quotes(std::string& result) {
    while (!text_.empty()) {
      const char c = take();
      if (c == '"') return {};
      if (c == '\\' && !text_.empty() && std::string_view("\"\\$`").find(text_.front()) == std::string_view::npos) {
        result += c;  // stands for itself before anything else
        continue;
      }
      if (auto added = one(c, result); !added) return added;
    }
    return base::fail("a quote isn't closed");
  }

  // A character that isn't a quote.
  base::Result<> one(char c, std::string& result) {
    if (c == '`' || (c == '$' && text_.starts_with('('))) return base::fail("commands in it are not executed");
    if (c == '\\' && !text_.empty()) {
      result += take();
    } else if (c == '$') {
      return variable(result);
    } else {
      result += c;
    }
    return {};
  }

  base::Result<> variable(std::string& result) {
    const bool braces = text_.starts_with('{');
    if (braces) take();
    const auto* const end = std::ranges::find_if_not(text_, is_name_char);
    const auto size = static_cast<std::size_t>(end - text_.begin());
    const std::string_view name = text_.substr(0, size);
    text_.remove_prefix(size);
    if (!braces && name.empty()) {
      result += '$';
      return {};
    }
    std::string_view otherwise;
    if (braces) {
      const std::size_t close = text_.find('}');
      if (name.empty() || close == std::string_view::npos) return base::fail("${ without a name or a }");
      otherwise = text_.substr(0, close);
      text_.remove_prefix(close + 1);
      if (!otherwise.empty() && !otherwise.starts_with(":-")) return base::fail("${...} is read only as ${NAME:-text}");
      if (!otherwise.empty()) otherwise.remove_prefix(2);
    }
    const auto found = values_.find(name);
    result += found != values_.end() && !found->second.empty() ? std::string_view(found->second) : otherwise;
    return {};
  }

  std::string_view text_;
  const Values& values_;
};

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (base::is_alpha(c) || base::is_digit(c) || std::string_view("-._~").find(c) != std::string_view::npos) {
      result += c;
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return result;
}

base::Result<RcFile> RcFile::parse(std::string_view text, std::string_view name) {
  RcFile file;
  file.name_ = name;
  for (int number = 1; !text.empty(); ++number) {
    std::string joined(base::take_until(text, '\n'));
    if (joined.ends_with('\r')) joined.pop_back();
    const int first = number;
    while (joined.ends_with('\\') && !text.empty() && !base::trim(joined).starts_with('#')) {
      joined.pop_back();
      joined += base::take_until(text, '\n');
      ++number;
    }
    Line line(joined, file.values_);
    std::string key = line.name();
    if (key.empty()) continue;
    auto value = line.value();
    if (!value) return base::fail(fmt::format("{}:{}: {}: {}", name, first, key, value.error().message));
    file.values_.insert_or_assign(std::move(key), std::move(*value));
  }
  return file;
}

base::Result<RcFile> RcFile::load(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    const int number = errno;
    return base::fail(fmt::format("{}: {}", path, std::strerror(number)));  // NOLINT(concurrency-mt-unsafe)
  }
  std::string text(kMaxBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (stream.bad()) return base::fail(path + ": can't be read");
  if (text.size() > kMaxBytes) return base::fail(path + ": more than a mebibyte");
  return parse(text, path);
}

std::string RcFile::get(std::string_view name) const {
  const auto found = values_.find(name);
  return found != values_.end() ? found->second : std::string();
}

base::Result<std::string> RcFile::url() const {
  const std::string user = get("DBRWUSER");
  const std::string password = get("DBRWPW");
  return url_of(user.empty() ? "opensips" : user, password.empty() ? "opensipsrw" : password);
}

base::Result<std::string> RcFile::root_url(std::string_view user, std::string_view password) const {
  return url_of(user, password);
}

base::Result<std::string> RcFile::url_of(std::string_view user, std::string_view password) const {
  const std::string engine = base::to_lower(get("DBENGINE"));
  std::string path = get("DB_PATH");
  if (engine == "sqlite" || engine == "dbtext" || engine == "text" || engine == "db_berkeley" || engine == "berkeley" ||
      engine == "bdb") {
    if (path.empty()) return base::fail(name_ + ": DB_PATH is missing");
    if (!path.starts_with('/')) return base::fail(name_ + ": DB_PATH must begin with a slash");
    const std::string_view scheme = engine == "sqlite" ? "sqlite" : engine.contains("text") ? "text" : "berkeley";
    return fmt::format("{}://{}", scheme, path);
  }
  std::string_view scheme;
  if (engine == "mysql" || engine == "mariadb") scheme = "mysql";
  if (engine == "pgsql" || engine == "postgres" || engine == "postgresql") scheme = "postgres";
  if (engine.empty()) return base::fail(name_ + ": DBENGINE is missing: MYSQL, PGSQL, SQLITE, DBTEXT or DB_BERKELEY");
  if (scheme.empty()) {
    return base::fail(fmt::format("{}: DBENGINE '{}' isn't one of MYSQL, PGSQL, SQLITE, DBTEXT, DB_BERKELEY", name_,
                                  get("DBENGINE")));
  }
  std::string host = get("DBHOST");
  if (host.empty()) host = "localhost";
  const std::string name = get("DBNAME").empty() ? "opensips" : get("DBNAME");
  const std::string port = get("DBPORT").empty() ? "" : ":" + get("DBPORT");
  const std::string host_text = host.contains(':') ? "[" + host + "]" : escaped(host);
  const std::string secret = password.empty() ? "" : ":" + escaped(password);
  return fmt::format("{}://{}{}@{}{}/{}", scheme, escaped(user), secret, host_text, port, escaped(name));
}

}  // namespace carillon::server
