// SPDX-License-Identifier: Apache-2.0
// A SIP message as scenarios see it: lines of text. Has nothing of sip/, so that the server's parser and writer are
// judged by something else than themselves.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::testing {

class TextMessage {
 public:
  struct Header {
    std::string name;   // as written
    std::string value;  // unfolded, without blanks around it
  };

  TextMessage() = default;
  explicit TextMessage(std::string first_line) : first_line_(std::move(first_line)) {}

  // Nothing when `bytes` is no message: no empty line, no first line of SIP/2.0, a line without a colon.
  [[nodiscard]] static std::optional<TextMessage> parse(std::string_view bytes);

  [[nodiscard]] const std::string& first_line() const { return first_line_; }
  [[nodiscard]] bool is_request() const { return !first_line_.starts_with("SIP/2.0 "); }
  [[nodiscard]] std::string method() const;  // of the CSeq in a response
  [[nodiscard]] std::string uri() const;
  [[nodiscard]] int status() const;  // 0 for a request
  [[nodiscard]] std::string reason() const;
  [[nodiscard]] unsigned cseq() const;

  [[nodiscard]] const std::vector<Header>& headers() const { return headers_; }
  // Every value of a header in order, compact forms included; those of list headers (Via, Route, Contact, ...) one by
  // one.
  [[nodiscard]] std::vector<std::string> values(std::string_view name) const;
  // All of them with ", " in between; empty when there is none.
  [[nodiscard]] std::string value(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
  // The tag parameter of From or To; empty when there is none.
  [[nodiscard]] std::string tag_of(std::string_view name) const;

  void add(std::string name, std::string value) { headers_.push_back({std::move(name), std::move(value)}); }
  void remove(std::string_view name);
  [[nodiscard]] const std::string& body() const { return body_; }
  void set_body(std::string body) { body_ = std::move(body); }

  // With CRLFs, and Content-Length unless there is one.
  [[nodiscard]] std::string write() const;

 private:
  std::string first_line_;
  std::vector<Header> headers_;
  std::string body_;
};

[[nodiscard]] bool is_same_header(std::string_view a, std::string_view b);
// What stands between < and >, or the value up to its parameters.
[[nodiscard]] std::string uri_in(std::string_view address);
// The length of the first whole message in a stream; 0 while it isn't complete.
[[nodiscard]] std::size_t message_length(std::string_view bytes);

}  // namespace carillon::testing
