// SPDX-License-Identifier: Apache-2.0
// See accounting.h.
#include "modules/acc/accounting.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "modules/acc/acc.h"
#include "routing/proxy_transaction.h"

namespace carillon::acc {

using routing::ProxyTransaction;

namespace {

void add_values(std::vector<Field>& fields, const std::vector<FieldName>& names, const FieldValues& values) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    fields.push_back({names[i].in_record, values[i] ? std::string_view(*values[i]) : std::string_view{}});
  }
}

}  // namespace

Accounting::Accounting(const Acc& acc) : extra(acc.extra_names().size()), acc_(acc) {
  if (!acc.leg_names().empty()) legs.emplace_back(acc.leg_names().size());
}

const void* Accounting::owner() const { return &acc_; }

// Early media: a provisional response with a session description.
void Accounting::on_provisional_response(ProxyTransaction& transaction, const sip::Message& received) {
  if (!enabled || !acc_.early_media || received.body().empty()) return;
  write(Occasion::Answered, transaction, received.status(), received.reason(), &received);
}

void Accounting::on_final_response(ProxyTransaction& transaction, int status, std::string_view reason,
                                   const sip::Message* received) {
  if (status >= 300) write_missed(transaction, status, reason, received);
  if (enabled && (status < 300 || failed)) write(Occasion::Answered, transaction, status, reason, received);
}

void Accounting::on_failure(ProxyTransaction& transaction, int status, std::string_view reason,
                            const sip::Message* received) {
  write_missed(transaction, status, reason, received);
}

void Accounting::write_missed(ProxyTransaction& transaction, int status, std::string_view reason,
                              const sip::Message* received) {
  if (!enabled || !transaction.is_invite() || !std::exchange(missed, false)) return;
  write(Occasion::Missed, transaction, status, reason, received);
}

void Accounting::write(Occasion occasion, ProxyTransaction& transaction, int status, std::string_view reason,
                       const sip::Message* received) const {
  if (!transaction.has_request()) return;
  const std::string code = fmt::format_int(status).str();
  write(occasion, transaction.request(),
        {.code = code, .reason = reason, .to_tag = received != nullptr ? received->to_tag() : transaction.to_tag()});
}

void Accounting::write(Occasion occasion, const sip::Message& request, const Answer& answer) const {
  const auto level = static_cast<log::Level>(acc_.log_level);
  if (!log::enabled(level)) return;
  std::string_view from_tag = request.from_tag();
  std::string_view to_tag = request.to_tag().empty() ? answer.to_tag : request.to_tag();
  if (upstream) std::swap(from_tag, to_tag);
  std::vector<Field> fields = {{"method", request.method_name()}, {"from_tag", from_tag}, {"to_tag", to_tag},
                               {"call_id", request.call_id()},    {"code", answer.code},  {"reason", answer.reason}};
  add_values(fields, acc_.extra_names(), extra);
  for (const FieldValues& leg : legs) add_values(fields, acc_.leg_names(), leg);
  log::line(level, "{}", log_line(occasion, acc_.unix_seconds(), fields));
}

}  // namespace carillon::acc
