// SPDX-License-Identifier: Apache-2.0
// See transaction_key.h.
#include "transaction/transaction_key.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "base/strings.h"

namespace carillon::transaction {
namespace {

// Hashes a list of texts. Each is preceded by its length, so that no two lists give the same bytes.
class KeyHash {
 public:
  explicit KeyHash(const Secrets& secrets) : secrets_(secrets) {}

  KeyHash& add(std::string_view text) {
    add_number(text.size());
    while (!text.empty()) {
      const std::string_view part = text.substr(0, room());
      std::memcpy(bytes_.data() + used_, part.data(), part.size());
      used_ += part.size();
      text.remove_prefix(part.size());
    }
    return *this;
  }

  KeyHash& add_lower_case(std::string_view text) {
    add_number(text.size());
    for (const char c : text) {
      static_cast<void>(room());
      bytes_[used_++] = base::to_lower(c);
    }
    return *this;
  }

  KeyHash& add_number(std::uint64_t number) {
    if (bytes_.size() - used_ < sizeof number) fold();
    std::memcpy(bytes_.data() + used_, &number, sizeof number);
    used_ += sizeof number;
    return *this;
  }

  [[nodiscard]] TransactionKey result() const {
    const std::string_view text(bytes_.data(), used_);
    return {base::sip_hash(secrets_.low, text), base::sip_hash(secrets_.high, text)};
  }

 private:
  // Bytes free, at least one.
  [[nodiscard]] std::size_t room() {
    if (used_ == bytes_.size()) fold();
    return bytes_.size() - used_;
  }

  // The hash of a full buffer stands at the beginning of the next one.
  void fold() {
    const TransactionKey so_far = result();
    std::memcpy(bytes_.data(), &so_far, sizeof so_far);
    used_ = sizeof so_far;
  }

  const Secrets& secrets_;
  std::array<char, 512> bytes_;
  std::size_t used_ = 0;
};

// What the list of texts is about, its first element.
enum class Subject : std::uint64_t { Rfc3261, Rfc2543, Call, ToTag };

KeyHash begin(const Secrets& secrets, Subject subject) {
  KeyHash hash(secrets);
  hash.add_number(static_cast<std::uint64_t>(subject));
  return hash;
}

TransactionKey key_of(const Secrets& secrets, const sip::Message& request, std::string_view method) {
  const sip::Via& via = request.top_via();
  if (via.has_rfc3261_branch()) {
    return begin(secrets, Subject::Rfc3261)
        .add(via.branch)
        .add_lower_case(via.host)
        .add_number(via.port.value_or(0))
        .add(method)
        .result();
  }
  const bool to_tag_may_differ = method == sip::method_name(sip::Method::Invite);
  return begin(secrets, Subject::Rfc2543)
      .add(request.request_uri_text())
      .add(request.from_tag())
      .add(request.call_id())
      .add_number(request.cseq().number)
      .add(via.text)
      .add(method)
      .add(to_tag_may_differ ? std::string_view{} : request.to_tag())
      .result();
}

}  // namespace

Secrets Secrets::random() { return {base::HashKey::random(), base::HashKey::random()}; }

TransactionKey server_key(const Secrets& secrets, const sip::Message& request) {
  if (request.method() == sip::Method::Ack) return key_of(secrets, request, sip::method_name(sip::Method::Invite));
  return key_of(secrets, request, request.method_name());
}

TransactionKey cancelled_key(const Secrets& secrets, const sip::Message& cancel) {
  return key_of(secrets, cancel, sip::method_name(sip::Method::Invite));
}

TransactionKey call_key(const Secrets& secrets, const sip::Message& request) {
  return begin(secrets, Subject::Call)
      .add(request.call_id())
      .add(request.from_tag())
      .add_number(request.cseq().number)
      .result();
}

std::uint64_t stateless_reply_key(const Secrets& secrets, const sip::Message& request) {
  const sip::Via& via = request.top_via();
  return begin(secrets, Subject::ToTag)
      .add(via.has_rfc3261_branch() ? via.branch : via.text)
      .add(request.call_id())
      .add(request.from_tag())
      .add_number(request.cseq().number)
      .result()
      .low;
}

}  // namespace carillon::transaction
