// SPDX-License-Identifier: Apache-2.0
// See sdp_filter.h.
#include "modules/core/sdp_filter.h"

#include <array>
#include <vector>

#include "base/strings.h"

namespace carillon::core {
namespace {

using sip::Sdp;

bool is_separator(char c) { return c == ' ' || c == '\t' || c == ';'; }

// Cuts the text up to the next slash that isn't escaped off `rest`; what stands behind a backslash is taken as it is.
base::Result<SdpChoice> take_choice(std::string_view& rest) {
  SdpChoice choice;
  std::size_t at = 0;
  std::size_t bracket = std::string::npos;  // where in the prefix an index may begin
  for (; at < rest.size() && rest[at] != '/'; ++at) {
    if (rest[at] == '\\' && at + 1 < rest.size()) {
      ++at;
    } else if (rest[at] == '[') {
      bracket = choice.prefix.size();
    }
    choice.prefix += rest[at];
  }
  rest.remove_prefix(at);
  if (bracket == std::string::npos || !choice.prefix.ends_with(']')) return choice;
  const std::string_view prefix = choice.prefix;
  const std::string_view index = base::trim(prefix.substr(bracket + 1, prefix.size() - bracket - 2));
  choice.index = base::parse_number<std::int32_t>(index);
  if (!choice.index) return base::fail("'" + std::string(index) + "' is not an index");
  choice.prefix.resize(bracket);
  return choice;
}

// Of the numbers from `begin` on that match the one that `choice` means.
template <typename Matches>
std::optional<std::size_t> choose(const SdpChoice& choice, sip::Sdp::Range among, Matches matches) {
  std::int64_t wanted = choice.index.value_or(0);
  if (wanted < 0) {
    for (std::size_t n = among.begin; n < among.end; ++n) wanted += matches(n) ? 1 : 0;
    if (wanted < 0) return std::nullopt;
  }
  for (std::size_t n = among.begin; n < among.end; ++n) {
    if (matches(n) && wanted-- == 0) return n;
  }
  return std::nullopt;
}

// Where the tokens of a line begin: behind the name of an attribute that has a value, else behind "x=".
std::size_t value_begin(std::string_view line) {
  const sip::SdpField field = sip::SdpField::parse(line);
  if (field.type == '\0') return 0;
  const std::size_t colon = line.find(':');
  return field.type == 'a' && colon != std::string_view::npos ? colon + 1 : 2;
}

std::vector<SdpToken> tokens_of(std::string_view line) {
  std::vector<SdpToken> tokens;
  for (std::size_t at = value_begin(line); at < line.size();) {
    if (is_separator(line[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    while (at < line.size() && !is_separator(line[at])) ++at;
    tokens.push_back({begin, at});
  }
  return tokens;
}

bool breaks_line(std::string_view value) {
  return value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

// Lines that a script puts into a description: each has to be x=value.
base::Result<Sdp> parse_lines(std::string_view text) {
  auto lines = Sdp::parse(text);
  if (!lines) return lines;
  for (std::size_t n = 0; n < lines->size(); ++n) {
    const bool sound = lines->field(n).type != '\0' && !breaks_line(lines->line(n));
    if (!sound) return base::fail("a line of a session description is x=value");
  }
  if (lines->size() == 0) return base::fail("a line of a session description is x=value");
  return lines;
}

std::string behind_prefix(std::string_view prefix, std::string_view value) {
  return value.starts_with(prefix) ? std::string(value) : std::string(prefix).append(value);
}

}  // namespace

base::Result<SdpFilter> SdpFilter::parse(std::string_view text, Scope scope) {
  SdpFilter filter;
  filter.scope_ = scope;
  std::vector<SdpChoice> choices;
  while (true) {
    auto choice = take_choice(text);
    if (!choice) return std::unexpected(std::move(choice.error()));
    choices.push_back(std::move(*choice));
    if (text.empty()) break;
    text.remove_prefix(1);
  }
  if (scope == Scope::Stream) {
    filter.stream_ = std::move(choices.front());
    choices.erase(choices.begin());
  }
  if (choices.size() > 2) {
    return base::fail(scope == Scope::Stream ? "takes stream/line/token; a slash inside is written \\/"
                                             : "takes line/token; a slash inside is written \\/");
  }
  const bool nothing = choices.empty() || (choices.size() == 1 && choices[0].prefix.empty() && !choices[0].index);
  if (!nothing || scope == Scope::Lines) filter.line_ = choices.empty() ? SdpChoice{} : choices[0];
  if (choices.size() == 2) filter.token_ = choices[1];
  return filter;
}

std::optional<SdpToken> SdpFilter::find_token(std::string_view line) const {
  const std::vector<SdpToken> tokens = tokens_of(line);
  const auto found = choose(*token_, {0, tokens.size()}, [&](std::size_t n) {
    return line.substr(tokens[n].begin, tokens[n].end - tokens[n].begin).starts_with(token_->prefix);
  });
  if (!found) return std::nullopt;
  return tokens[*found];
}

std::optional<SdpFilter::Match> SdpFilter::find(const Sdp& sdp) const {
  Sdp::Range range = scope_ == Scope::Session ? sdp.session() : sdp.all();
  if (scope_ == Scope::Stream) {
    const auto stream = choose(stream_, {0, sdp.streams()}, [&](std::size_t n) {
      return sdp.line(sdp.stream(n).begin).substr(2).starts_with(stream_.prefix);
    });
    if (!stream) return std::nullopt;
    range = sdp.stream(*stream);
  }
  if (line_) return find_line(sdp, range);
  if (range.empty()) return std::nullopt;
  return Match{.lines = range, .token = std::nullopt, .whole = true};
}

std::optional<SdpFilter::Match> SdpFilter::find_line(const Sdp& sdp, Sdp::Range range) const {
  std::optional<SdpToken> token;
  const auto line = choose(*line_, range, [&](std::size_t n) {
    if (!sdp.line(n).starts_with(line_->prefix)) return false;
    // Without an index of its own, a line is the first that has the token.
    if (token_ && !line_->index) token = find_token(sdp.line(n));
    return !token_ || line_->index || token;
  });
  if (!line) return std::nullopt;
  if (token_ && line_->index) token = find_token(sdp.line(*line));
  if (token_ && !token) return std::nullopt;
  return Match{.lines = {*line, *line + 1}, .token = token};
}

base::Result<> SdpFilter::assign(Sdp& sdp, const Match& match, std::string_view value) const {
  if (match.whole) return assign_whole(sdp, match, value);
  if (!match.token) return assign_line(sdp, match, value);
  if (breaks_line(value)) return base::fail("a token of a session description has no line end in it");
  const std::string_view line = sdp.line(match.lines.begin);
  const SdpToken token = *match.token;
  std::string text(line.substr(0, token.begin));
  text += behind_prefix(token_->prefix, value);
  text += line.substr(token.end);
  sdp.set_line(match.lines.begin, text);
  return {};
}

base::Result<> SdpFilter::assign_whole(Sdp& sdp, const Match& match, std::string_view value) const {
  const auto lines = parse_lines(value);
  if (!lines) return std::unexpected(lines.error());
  const bool one_stream = lines->streams() == 1 && lines->session().empty();
  if (scope_ == Scope::Stream && !one_stream) return base::fail("a stream has one m= line, the first");
  if (scope_ == Scope::Session && lines->streams() != 0) return base::fail("the session part has no m= lines");
  sdp.replace(match.lines, value);
  return {};
}

// One line, or several in its place: so lines are added.
base::Result<> SdpFilter::assign_line(Sdp& sdp, const Match& match, std::string_view value) const {
  const sip::SdpField field = sip::SdpField::parse(value);
  const bool is_line = field.type != '\0' && (line_->prefix.empty() || field.type == line_->prefix.front());
  if (!is_line && breaks_line(value)) return base::fail("a line of a session description has no line end in it");
  const std::string text = is_line ? std::string(value) : behind_prefix(line_->prefix, value);
  if (const auto lines = parse_lines(text); !lines) return std::unexpected(lines.error());
  sdp.replace(match.lines, text);
  return {};
}

void SdpFilter::remove(Sdp& sdp, const Match& match) const {
  if (match.whole && scope_ == Scope::Stream) {
    std::size_t n = 0;
    while (sdp.stream(n).begin != match.lines.begin) ++n;
    const std::array<std::size_t, 1> doomed = {n};
    return sdp.erase_streams(doomed);
  }
  if (!match.token) return sdp.erase(match.lines);
  const std::string_view line = sdp.line(match.lines.begin);
  std::size_t begin = match.token->begin;
  std::size_t end = match.token->end;
  while (end < line.size() && is_separator(line[end])) ++end;
  if (end == line.size()) {
    end = match.token->end;
    while (begin > value_begin(line) && is_separator(line[begin - 1])) --begin;
  }
  sdp.set_line(match.lines.begin, std::string(line.substr(0, begin)).append(line.substr(end)));
}

}  // namespace carillon::core
