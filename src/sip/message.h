// SPDX-License-Identifier: Apache-2.0
// One received SIP message: an index over its bytes, made in one pass; values are parsed when first asked for. Nothing
// is copied and nothing can be changed: what a script decides is an EditList.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sip/cseq.h"
#include "sip/header.h"
#include "sip/header_id.h"
#include "sip/method.h"
#include "sip/name_addr.h"
#include "sip/uri.h"
#include "sip/verdict.h"
#include "sip/via.h"

namespace carillon::sip {

// How the end of a message is found (RFC 3261 section 18.3).
enum class Framing : std::uint8_t {
  Datagram,  // bytes beyond Content-Length are ignored; without one the body goes to the end
  Stream,    // Content-Length is mandatory and exact
};

// Bytes [begin, end) of a message.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  [[nodiscard]] constexpr std::uint32_t size() const { return end - begin; }
  friend constexpr bool operator==(Span, Span) = default;
};

// A view: the bytes must outlive it. Reusable (the index keeps its storage); copyable. One thread at a time, since
// const accessors keep what they parse. Accessors of a message that assign() refused give what could be read, or
// empty values; they never fail.
class Message {
 public:
  // Empty until assigned.
  Message() { reset({}); }

  // index() and then validate(): what every received message goes through.
  Verdict assign(std::string_view bytes, Framing framing = Framing::Datagram, const Limits& limits = {});

  // Finds the lines, the body and the framing, and refuses what makes them ambiguous: NULs and bare CRs in headers,
  // lines that are no headers, contradicting or unreadable Content-Length. Line ends before the start line are skipped.
  // After Bad the headers found are still there, enough to build the answer.
  Verdict index(std::string_view bytes, Framing framing = Framing::Datagram, const Limits& limits = {});

  // RFC 3261 section 8.1.1: Via, From, To, Call-ID and CSeq are there, once where once is the rule, and readable; the
  // method of CSeq is the request's; Max-Forwards, when there, is a number up to 255.
  [[nodiscard]] Verdict validate() const;

  // Points the index, and what has been parsed, at a copy of the same bytes (a transaction keeps the request so). The
  // bytes it had until now are still there.
  void rebase(std::string_view same_bytes);

  // --- start line
  [[nodiscard]] bool is_request() const { return is_request_; }
  // Of a request its own, of a response the one of CSeq.
  [[nodiscard]] Method method() const { return is_request_ ? method_ : cseq().method; }
  [[nodiscard]] std::string_view method_name() const { return is_request_ ? view(method_name_) : cseq().method_name; }
  [[nodiscard]] std::string_view request_uri_text() const { return view(request_uri_); }
  [[nodiscard]] const base::Result<Uri>& request_uri() const;
  [[nodiscard]] int status() const { return status_; }  // 100 to 699; 0 for a request
  [[nodiscard]] std::string_view reason() const { return view(reason_); }
  [[nodiscard]] std::string_view first_line() const { return view(first_line_); }  // without its line end

  // --- bytes; offsets count from the first byte of the start line
  [[nodiscard]] std::string_view bytes() const { return bytes_; }  // cut to Content-Length
  [[nodiscard]] std::string_view body() const { return bytes_.substr(body_begin_); }
  [[nodiscard]] std::string_view view(Span span) const { return bytes_.substr(span.begin, span.size()); }
  // Where a piece of this message stands.
  [[nodiscard]] Span span(std::string_view piece) const;
  [[nodiscard]] std::uint32_t headers_begin() const { return headers_begin_; }  // of the first header
  [[nodiscard]] std::uint32_t headers_end() const { return headers_end_; }      // of the empty line
  [[nodiscard]] std::uint32_t body_begin() const { return body_begin_; }
  // Some line of the head ends with LF alone. It is written with CR LF: a next hop that is stricter than we are would
  // see other lines, and so another message, than the one that was filtered here.
  [[nodiscard]] bool has_bare_line_feeds() const { return has_bare_line_feeds_; }
  // The head has such a line feed, a NUL or a bare CR; in a message that was not refused the NULs are quoted-pairs.
  [[nodiscard]] bool has_odd_bytes() const { return has_odd_bytes_; }

  // --- headers
  [[nodiscard]] std::span<const HeaderLine> lines() const { return lines_; }
  [[nodiscard]] HeaderRange headers() const { return {bytes_, lines_}; }
  [[nodiscard]] HeaderRange headers(HeaderId id) const { return {bytes_, lines_, id}; }
  // Without regard to case; a known name finds its compact form and the other way round.
  [[nodiscard]] HeaderRange headers(std::string_view name) const { return {bytes_, lines_, name}; }
  // The first such header.
  [[nodiscard]] std::optional<Header> find(HeaderId id) const;
  [[nodiscard]] std::optional<Header> find(std::string_view name) const;
  [[nodiscard]] bool has(HeaderId id) const { return first_[static_cast<std::size_t>(id)] != kNone; }
  // The value of the first such header; empty when there is none.
  [[nodiscard]] std::string_view value(HeaderId id) const;
  // The values of a list header: Via::parse, NameAddr::parse or Contact::parse read each.
  [[nodiscard]] ItemRange items(HeaderId id) const { return ItemRange(headers(id)); }
  // Whether a list of tokens (Supported, Require, Proxy-Require, Allow) holds `token`, without regard to case.
  [[nodiscard]] bool has_token(HeaderId id, std::string_view token) const;

  [[nodiscard]] const Via& top_via() const;
  [[nodiscard]] const NameAddr& from() const;
  [[nodiscard]] const NameAddr& to() const;
  [[nodiscard]] std::string_view from_tag() const { return from().tag(); }
  [[nodiscard]] std::string_view to_tag() const { return to().tag(); }
  [[nodiscard]] std::string_view call_id() const { return value(HeaderId::CallId); }
  [[nodiscard]] const CSeq& cseq() const;
  [[nodiscard]] std::optional<std::uint8_t> max_forwards() const;
  [[nodiscard]] std::optional<std::uint32_t> content_length() const;
  // Seconds; a malformed value reads as 3600 (section 20.19).
  [[nodiscard]] std::optional<std::uint32_t> expires() const;

 private:
  static constexpr std::uint16_t kNone = 0xffff;

  Verdict index_head(const Limits& limits);
  Verdict index_start_line(const Limits& limits);
  Verdict index_request_line(std::string_view line, const Limits& limits);
  Verdict index_status_line(std::string_view line);
  void note_header(HeaderId id);
  Verdict index_body(Framing framing);
  [[nodiscard]] Verdict check_odd_bytes();
  [[nodiscard]] Verdict check_cardinality() const;
  [[nodiscard]] Verdict check_values() const;
  [[nodiscard]] Verdict refuse(Verdict verdict) const;
  void reset(std::string_view bytes);

  std::string_view bytes_;
  std::vector<HeaderLine> lines_;
  std::array<std::uint16_t, kHeaderIdCount> first_{};  // of each id the first line, or kNone
  bool repeated_single_ = false;                       // some header that may stand once stands twice
  bool has_bare_line_feeds_ = false;
  bool has_odd_bytes_ = false;
  bool is_request_ = false;
  Method method_ = Method::Unknown;
  int status_ = 0;
  Span first_line_;
  Span method_name_;
  Span request_uri_;
  Span reason_;
  std::uint32_t headers_begin_ = 0;
  std::uint32_t headers_end_ = 0;
  std::uint32_t body_begin_ = 0;

  mutable std::optional<base::Result<Uri>> uri_value_;
  mutable std::optional<Via> via_value_;
  mutable std::optional<NameAddr> from_value_;
  mutable std::optional<NameAddr> to_value_;
  mutable std::optional<CSeq> cseq_value_;
};

}  // namespace carillon::sip
