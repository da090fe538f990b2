// SPDX-License-Identifier: Apache-2.0
// Indexing of a message and the checks every message passes: the first thing that happens to received bytes.
#include "sip/message.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/assert.h"
#include "base/strings.h"
#include "sip/contact.h"
#include "sip/grammar.h"
#include "sip/line_scanner.h"
#include "sip/rebase.h"

namespace carillon::sip {
namespace {

enum class Version : std::uint8_t { Sip2, OtherSip, NotSip };

// SIP-Version = "SIP" "/" 1*DIGIT "." 1*DIGIT, without regard to case (RFC 3261 section 7.1).
Version parse_version(std::string_view text) {
  if (base::iequals(text, "SIP/2.0")) return Version::Sip2;
  if (!base::istarts_with(text, "SIP/")) return Version::NotSip;
  text.remove_prefix(4);
  const std::string_view major = base::take_until(text, '.');
  const auto digits = [](std::string_view part) { return !part.empty() && std::ranges::all_of(part, base::is_digit); };
  return digits(major) && digits(text) ? Version::OtherSip : Version::NotSip;
}

Verdict first_problem(Verdict first, Verdict second) { return first.ok() ? second : first; }

struct Mandatory {
  HeaderId id;
  std::string_view missing;
};

// RFC 3261 section 8.1.1; Max-Forwards is mandatory too, but RFC 2543 peers don't send it (section 16.3 step 3).
constexpr std::array<Mandatory, 5> kMandatory = {{
    {HeaderId::Via, "Missing Via header"},
    {HeaderId::From, "Missing From header"},
    {HeaderId::To, "Missing To header"},
    {HeaderId::CallId, "Missing Call-ID header"},
    {HeaderId::CSeq, "Missing CSeq header"},
}};

// Headers that different elements would read differently when they stood twice (RFC 3261 section 7.3.1). Content-Length
// is checked by value; what is only shown to people (Subject, User-Agent, ...) may stand there as often as it likes.
struct Single {
  HeaderId id;
  std::string_view repeated;
  bool in_responses = false;
};
constexpr std::array<Single, 21> kOnce = {{
    {HeaderId::From, "Repeated From header", true},
    {HeaderId::To, "Repeated To header", true},
    {HeaderId::CallId, "Repeated Call-ID header", true},
    {HeaderId::CSeq, "Repeated CSeq header", true},
    {HeaderId::MaxForwards, "Repeated Max-Forwards header", true},
    {HeaderId::ContentType, "Repeated Content-Type header"},
    {HeaderId::Event, "Repeated Event header"},
    {HeaderId::Expires, "Repeated Expires header"},
    {HeaderId::Join, "Repeated Join header"},
    {HeaderId::MaxBreadth, "Repeated Max-Breadth header"},
    {HeaderId::MinSE, "Repeated Min-SE header"},
    {HeaderId::RAck, "Repeated RAck header"},
    {HeaderId::ReferredBy, "Repeated Referred-By header"},
    {HeaderId::ReferSub, "Repeated Refer-Sub header"},
    {HeaderId::ReferTo, "Repeated Refer-To header"},
    {HeaderId::Replaces, "Repeated Replaces header"},
    {HeaderId::SessionExpires, "Repeated Session-Expires header"},
    {HeaderId::SipIfMatch, "Repeated SIP-If-Match header"},
    {HeaderId::SubscriptionState, "Repeated Subscription-State header"},
    {HeaderId::SuppressIfMatch, "Repeated Suppress-If-Match header"},
    {HeaderId::TargetDialog, "Repeated Target-Dialog header"},
}};

// The grammar says token; peers put ":", "@" and "=" into tags too. Nothing that would end the value somewhere else.
bool is_tag(std::string_view value) {
  return !value.empty() && std::ranges::none_of(value, [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == ',' || c == '<' || c == '>' || c == '\x7f';
  });
}

// A tag that is there says something, and only one thing.
bool has_sound_tag(const NameAddr& address) {
  int tags = 0;
  for (const Param& param : address.params) {
    if (!base::iequals(param.name, "tag")) continue;
    if (!is_tag(param.value)) return false;
    ++tags;
  }
  return tags <= 1;
}

// Parses once; a value that can't be parsed reads as an empty one.
template <typename T, typename Parse>
const T& parsed_once(std::optional<T>& slot, Parse parse) {
  if (slot) return *slot;
  const auto parsed = parse();
  return parsed ? slot.emplace(*parsed) : slot.emplace();
}

}  // namespace

Verdict Message::assign(std::string_view bytes, Framing framing, const Limits& limits) {
  const Verdict indexed = index(bytes, framing, limits);
  return indexed.ok() ? validate() : indexed;
}

void Message::reset(std::string_view bytes) {
  bytes_ = bytes;
  lines_.clear();
  first_.fill(kNone);
  repeated_single_ = false;
  has_bare_line_feeds_ = has_odd_bytes_ = false;
  is_request_ = false;
  method_ = Method::Unknown;
  status_ = 0;
  first_line_ = method_name_ = request_uri_ = reason_ = {};
  headers_begin_ = headers_end_ = body_begin_ = 0;
  uri_value_.reset();
  via_value_.reset();
  from_value_.reset();
  to_value_.reset();
  cseq_value_.reset();
}

void Message::rebase(std::string_view same_bytes) {
  CARILLON_ASSERT(same_bytes.size() == bytes_.size());
  const Rebase move(bytes_, same_bytes);
  bytes_ = same_bytes;
  if (uri_value_ && uri_value_->has_value()) move(**uri_value_);
  if (via_value_) move(*via_value_);
  if (from_value_) move(*from_value_);
  if (to_value_) move(*to_value_);
  if (cseq_value_) move(*cseq_value_);
}

// --- the index

Verdict Message::index(std::string_view bytes, Framing framing, const Limits& limits) {
  // RFC 3261 section 7.5: line ends before the start line are ignored.
  while (!bytes.empty() && (bytes.front() == '\r' || bytes.front() == '\n')) bytes.remove_prefix(1);
  const std::size_t limit = std::min<std::size_t>(limits.message_bytes, std::numeric_limits<std::int32_t>::max());
  const bool too_large = bytes.size() > limit;
  reset(bytes.substr(0, limit));
  Verdict verdict = index_head(limits);
  if (verdict.kind == Verdict::Kind::Drop) return verdict;
  if (too_large) verdict = Verdict::bad(413, "Message Too Large");
  if (verdict.ok()) verdict = index_body(framing);
  return refuse(verdict);
}

// The start line and the headers; goes on after a problem so that the answer can be built.
Verdict Message::index_head(const Limits& limits) {
  LineScanner scanner(bytes_);
  LineScanner::Line line = scanner.next();
  if (line.kind != LineScanner::Kind::Line) return Verdict::drop("no start line");
  first_line_ = {line.begin, line.text_end};
  Verdict verdict = index_start_line(limits);
  if (verdict.kind == Verdict::Kind::Drop) return verdict;
  headers_begin_ = line.end;

  const std::size_t line_limit = std::min<std::size_t>(limits.header_lines, kNone - 1);
  for (line = scanner.next(); line.kind == LineScanner::Kind::Line; line = scanner.next()) {
    if (lines_.size() == line_limit) break;
    lines_.emplace_back();
    HeaderLine& header = lines_.back();
    header = split_header(bytes_, line);  // in place: passing it on by value stalls the processor
    if (header.name_end == header.begin) {
      lines_.pop_back();
      verdict = first_problem(verdict, Verdict::bad(400, "Bad Header Line"));
      continue;
    }
    if (header.end - header.begin > limits.header_bytes)
      verdict = first_problem(verdict, Verdict::bad(400, "Header Too Long"));
    note_header(header.id);
  }
  headers_end_ = line.begin;
  body_begin_ = line.kind == LineScanner::Kind::EndOfHead ? line.end : static_cast<std::uint32_t>(bytes_.size());
  if (line.kind == LineScanner::Kind::Line)
    verdict = first_problem(verdict, Verdict::bad(400, "Too Many Header Lines"));
  if (line.kind == LineScanner::Kind::Incomplete)
    verdict = first_problem(verdict, Verdict::bad(400, "Missing Empty Line After Headers"));
  // Of what is refused for something else the answer repeats headers too.
  if (verdict.ok() && !scanner.saw_odd_byte_before(body_begin_)) return verdict;
  const Verdict odd = check_odd_bytes();
  return odd.kind == Verdict::Kind::Drop ? odd : first_problem(verdict, odd);
}

// Of the header that is last in the index.
void Message::note_header(HeaderId id) {
  std::uint16_t& first = first_[static_cast<std::size_t>(id)];
  if (first == kNone) {
    first = static_cast<std::uint16_t>(lines_.size() - 1);
  } else {
    repeated_single_ = repeated_single_ || header_info(id).form == HeaderForm::Single;
  }
}

Verdict Message::index_start_line(const Limits& limits) {
  const std::string_view line = view(first_line_);
  // "/" can't stand in a method, so this is no request.
  return base::istarts_with(line, "SIP/") ? index_status_line(line) : index_request_line(line, limits);
}

// Request-Line = Method SP Request-URI SP SIP-Version, with exactly these two spaces (RFC 3261 section 7.1).
Verdict Message::index_request_line(std::string_view line, const Limits& limits) {
  is_request_ = true;
  const std::string_view trimmed = base::trim(line);
  const std::size_t method_end = trimmed.find(' ');
  const std::size_t uri_end = trimmed.rfind(' ');
  if (method_end == std::string_view::npos || !is_token(trimmed.substr(0, method_end)))
    return Verdict::drop("not a SIP message");
  const Version version = parse_version(trimmed.substr(uri_end + 1));
  if (version == Version::NotSip) return Verdict::drop("not a SIP message");

  method_name_ = span(trimmed.substr(0, method_end));
  method_ = parse_method(view(method_name_));
  if (version == Version::OtherSip) return Verdict::bad(505, "Version Not Supported");
  if (trimmed.size() != line.size() || uri_end <= method_end + 1) return Verdict::bad(400, "Bad Request-Line");
  const std::string_view uri = trimmed.substr(method_end + 1, uri_end - method_end - 1);
  if (std::ranges::any_of(uri, base::is_lws)) return Verdict::bad(400, "Bad Request-Line");
  request_uri_ = span(uri);
  if (uri.size() > limits.uri_bytes) return Verdict::bad(414, "Request-URI Too Long");
  return {};
}

// Status-Line = SIP-Version SP Status-Code SP Reason-Phrase; the last space may be missing with the phrase.
Verdict Message::index_status_line(std::string_view line) {
  const std::size_t version_end = line.find(' ');
  if (version_end == std::string_view::npos || parse_version(line.substr(0, version_end)) != Version::Sip2)
    return Verdict::drop("response with another SIP version");
  const std::string_view rest = line.substr(version_end + 1);
  const std::string_view code = rest.substr(0, rest.find(' '));
  const auto status = base::parse_number<std::uint16_t>(code);
  if (code.size() != 3 || !status || *status < 100 || *status > 699) return Verdict::drop("response with a bad status");
  status_ = *status;
  if (rest.size() > code.size() + 1) reason_ = span(rest.substr(code.size() + 1));
  return {};
}

// Off the common path: some byte of the head may be one that can't stand there.
Verdict Message::check_odd_bytes() {
  has_odd_bytes_ = true;
  const std::string_view head = bytes_.substr(0, body_begin_);
  for (std::size_t at = head.find('\n'); at != std::string_view::npos; at = head.find('\n', at + 1))
    has_bare_line_feeds_ = has_bare_line_feeds_ || at == 0 || head[at - 1] != '\r';
  Verdict verdict;
  if (!has_sound_bytes(bytes_.substr(0, headers_begin_))) verdict = Verdict::bad(400, "Bad Request-Line");
  for (const HeaderLine& line : lines_) {
    if (has_sound_bytes(bytes_.substr(line.begin, line.end - line.begin))) continue;
    // The answer would have to repeat it.
    if (line.id == HeaderId::Via) return Verdict::drop("NUL or Bare CR in Via header");
    verdict = first_problem(verdict, Verdict::bad(400, "NUL or Bare CR in Header"));
  }
  return verdict;
}

// RFC 3261 section 18.3.
Verdict Message::index_body(Framing framing) {
  constexpr std::string_view kBad = "Bad Content-Length header";
  std::optional<std::uint32_t> length;
  for (const Header& header : headers(HeaderId::ContentLength)) {
    const auto value = base::parse_number<std::uint32_t>(header.value);
    if (!value || (length && *length != *value)) return Verdict::bad(400, kBad);
    length = value;
  }
  if (!length) return framing == Framing::Datagram ? Verdict{} : Verdict::bad(400, "Missing Content-Length header");
  if (*length > bytes_.size() - body_begin_) return Verdict::bad(400, kBad);
  bytes_ = bytes_.substr(0, body_begin_ + *length);
  return {};
}

// What can't be answered is dropped: responses, ACKs, and requests that don't say where the answer goes.
Verdict Message::refuse(Verdict verdict) const {
  const bool answerable = is_request_ && method_ != Method::Ack && has(HeaderId::Via);
  return verdict.kind == Verdict::Kind::Bad && !answerable ? Verdict::drop(verdict.reason) : verdict;
}

// --- the checks of values

Verdict Message::validate() const { return refuse(first_problem(check_cardinality(), check_values())); }

Verdict Message::check_cardinality() const {
  for (const Mandatory& header : kMandatory) {
    if (!has(header.id)) return Verdict::bad(400, header.missing);
  }
  if (!repeated_single_) return {};
  for (const Single& header : kOnce) {
    if ((is_request_ || header.in_responses) && headers(header.id).count() > 1)
      return Verdict::bad(400, header.repeated);
  }
  return {};
}

Verdict Message::check_values() const {
  if (top_via().text.empty()) return Verdict::bad(400, "Bad Via header");
  if (from().text.empty() || !has_sound_tag(from())) return Verdict::bad(400, "Bad From header");
  if (to().text.empty() || !has_sound_tag(to())) return Verdict::bad(400, "Bad To header");
  if (call_id().empty() || std::ranges::any_of(call_id(), base::is_lws)) return Verdict::bad(400, "Bad Call-ID header");
  if (cseq().method_name.empty()) return Verdict::bad(400, "Bad CSeq header");
  if (has(HeaderId::MaxForwards) && !max_forwards()) return Verdict::bad(400, "Bad Max-Forwards header");
  if (!is_request_) return {};
  if (cseq().method_name != view(method_name_)) return Verdict::bad(400, "CSeq header Names Another Method");
  const auto& uri = request_uri();
  // A Request-URI has no headers (RFC 3261 section 19.1.1, table 1).
  if (!uri || (uri->is_sip() && !uri->headers.empty())) return Verdict::bad(400, "Bad Request-URI");
  return {};
}

// --- accessors

Span Message::span(std::string_view piece) const {
  CARILLON_ASSERT(piece.data() >= bytes_.data() && piece.data() + piece.size() <= bytes_.data() + bytes_.size());
  const auto begin = static_cast<std::uint32_t>(piece.data() - bytes_.data());
  return {begin, begin + static_cast<std::uint32_t>(piece.size())};
}

std::optional<Header> Message::find(HeaderId id) const {
  const HeaderRange found = headers(id);
  const auto first = found.begin();
  return first == HeaderRange::end() ? std::nullopt : std::optional(*first);
}

std::optional<Header> Message::find(std::string_view name) const {
  const HeaderRange found = headers(name);
  const auto first = found.begin();
  return first == HeaderRange::end() ? std::nullopt : std::optional(*first);
}

std::string_view Message::value(HeaderId id) const {
  const std::uint16_t first = first_[static_cast<std::size_t>(id)];
  if (first == kNone) return {};
  const HeaderLine& line = lines_[first];
  return view({line.value_begin, line.value_end});
}

bool Message::has_token(HeaderId id, std::string_view token) const {
  for (const ListItem& item : items(id)) {
    if (base::iequals(item.value, token)) return true;
  }
  return false;
}

const base::Result<Uri>& Message::request_uri() const {
  if (!uri_value_) uri_value_ = Uri::parse(request_uri_text());
  return *uri_value_;
}

const Via& Message::top_via() const {
  return parsed_once(via_value_, [this] { return Via::parse(*CommaList(value(HeaderId::Via)).begin()); });
}

const NameAddr& Message::from() const {
  return parsed_once(from_value_, [this] { return NameAddr::parse(value(HeaderId::From)); });
}

const NameAddr& Message::to() const {
  return parsed_once(to_value_, [this] { return NameAddr::parse(value(HeaderId::To)); });
}

const CSeq& Message::cseq() const {
  return parsed_once(cseq_value_, [this] { return CSeq::parse(value(HeaderId::CSeq)); });
}

std::optional<std::uint8_t> Message::max_forwards() const {
  return base::parse_number<std::uint8_t>(value(HeaderId::MaxForwards));
}

std::optional<std::uint32_t> Message::content_length() const {
  return base::parse_number<std::uint32_t>(value(HeaderId::ContentLength));
}

std::optional<std::uint32_t> Message::expires() const {
  if (!has(HeaderId::Expires)) return std::nullopt;
  return parse_expires(value(HeaderId::Expires));
}

}  // namespace carillon::sip
