// SPDX-License-Identifier: Apache-2.0
// See multipart.h.
#include "sip/multipart.h"

#include "base/strings.h"
#include "sip/list.h"

namespace carillon::sip {
namespace {

// A line of "--boundary" or "--boundary--", at `begin` or behind it.
struct Delimiter {
  std::size_t begin = std::string_view::npos;  // of the line end in front of it, which belongs to it
  std::size_t end = std::string_view::npos;    // behind its own line end
  bool last = false;
};

std::size_t line_end(std::string_view text, std::size_t at) {
  const std::size_t newline = text.find('\n', at);
  return newline == std::string_view::npos ? text.size() : newline + 1;
}

std::optional<Delimiter> find_delimiter(std::string_view body, std::string_view boundary, std::size_t from) {
  for (std::size_t at = from; at < body.size(); at = line_end(body, at)) {
    std::string_view line = body.substr(at, line_end(body, at) - at);
    if (!line.starts_with("--") || !line.substr(2).starts_with(boundary)) continue;
    std::string_view rest = base::trim(line.substr(2 + boundary.size()));
    const bool last = rest.starts_with("--");
    if (last) rest = base::trim(rest.substr(2));
    if (!rest.empty()) continue;  // a longer boundary that begins alike
    Delimiter found{at, line_end(body, at), last};
    if (found.begin > from && body[found.begin - 1] == '\n') --found.begin;
    if (found.begin > from && body[found.begin - 1] == '\r') --found.begin;
    return found;
  }
  return std::nullopt;
}

BodyPart split(std::string_view part) {
  BodyPart result;
  result.content_type = "text/plain";
  std::size_t at = 0;
  while (at < part.size()) {
    const std::size_t end = line_end(part, at);
    std::string_view line = part.substr(at, end - at);
    at = end;
    if (base::trim(line).empty()) break;
    const std::string_view name = base::trim(base::take_until(line, ':'));
    if (base::iequals(name, "Content-Type") || base::iequals(name, "c")) result.content_type = base::trim(line);
  }
  result.headers = part.substr(0, at);
  result.body = part.substr(at);
  return result;
}

}  // namespace

std::string_view media_type(std::string_view content_type) {
  return base::trim(content_type.substr(0, content_type.find(';')));
}

std::vector<BodyPart> body_parts(std::string_view content_type, std::string_view body) {
  if (body.empty()) return {};
  const std::size_t semicolon = content_type.find(';');
  const Params params(semicolon == std::string_view::npos ? std::string_view{} : content_type.substr(semicolon + 1));
  std::string_view boundary = params.find("boundary").value_or("");
  if (boundary.size() >= 2 && boundary.front() == '"' && boundary.back() == '"') {
    boundary = boundary.substr(1, boundary.size() - 2);
  }
  if (!base::istarts_with(base::trim(content_type), "multipart/") || boundary.empty()) {
    return {{.content_type = content_type, .headers = {}, .body = body}};
  }
  std::vector<BodyPart> parts;
  std::optional<Delimiter> open = find_delimiter(body, boundary, 0);
  while (open && !open->last && parts.size() < kMaxBodyParts) {
    const std::optional<Delimiter> close = find_delimiter(body, boundary, open->end);
    const std::size_t end = close && parts.size() + 1 < kMaxBodyParts ? close->begin : body.size();
    parts.push_back(split(body.substr(open->end, end - open->end)));
    open = close;
  }
  return parts;
}

}  // namespace carillon::sip
