// SPDX-License-Identifier: Apache-2.0
// What uac keeps with a transaction whose request it has changed: the caller gets its own From and To back in every
// response (RFC 3261 section 8.2.6.2); its CSeq it gets back from the transaction.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "modules/uac_auth/api.h"
#include "routing/transaction_observer.h"

namespace carillon::uac {

class Rewritten final : public routing::TransactionObserver {
 public:
  explicit Rewritten(const void* module) : owner_(module) {}

  [[nodiscard]] const void* owner() const override { return owner_; }
  void edit_response(const routing::ProxyTransaction& transaction, const sip::Message& received,
                     sip::EditList& edits) override;

  std::vector<uac_auth::Answer> answers;  // credentials that were added so far, one a realm and header
  unsigned attempts = 0;                  // of uac_auth()
  std::uint32_t cseq_offset = 0;          // what was added to the number of CSeq

 private:
  const void* owner_;
};

}  // namespace carillon::uac
