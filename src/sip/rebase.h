// SPDX-License-Identifier: Apache-2.0
// Moves parsed values from one copy of a message's bytes to another, so that keeping a message parses nothing anew.
// Internal to Message.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "sip/cseq.h"
#include "sip/name_addr.h"
#include "sip/uri.h"
#include "sip/via.h"

namespace carillon::sip {

class Rebase {
 public:
  // `to` holds the same bytes as `from`.
  Rebase(std::string_view from, std::string_view to) : from_(from), to_(to.data()) {}

  // A piece of `from`; others, and empty ones without a place, stay as they are.
  void operator()(std::string_view& view) const {
    const char* const begin = from_.data();
    if (std::less<>{}(view.data(), begin) || std::less<>{}(begin + from_.size(), view.data())) return;
    view = {to_ + (view.data() - begin), view.size()};
  }
  void operator()(Params& params) const {
    std::string_view text = params.text();
    (*this)(text);
    params = Params(text, params.separator());
  }
  void operator()(Via& via) const {
    for (std::string_view* view : {&via.text, &via.protocol, &via.version, &via.transport, &via.sent_by, &via.host,
                                   &via.branch, &via.received, &via.maddr, &via.rport_text})
      (*this)(*view);
    (*this)(via.params);
  }
  void operator()(NameAddr& address) const {
    for (std::string_view* view : {&address.text, &address.display_name, &address.uri_text}) (*this)(*view);
    (*this)(address.params);
  }
  void operator()(Uri& uri) const {
    for (std::string_view* view : {&uri.text, &uri.scheme_text, &uri.user, &uri.password, &uri.host}) (*this)(*view);
    (*this)(uri.params);
    (*this)(uri.headers);
  }
  void operator()(CSeq& cseq) const { (*this)(cseq.method_name); }

 private:
  std::string_view from_;
  const char* to_;
};

}  // namespace carillon::sip
