// SPDX-License-Identifier: Apache-2.0
// See dialog.h.
#include "modules/dialog/dialog.h"

#include <fmt/format.h>

#include <algorithm>

#include "modules/dialog/dialog_use.h"
#include "modules/dialog/dialogs.h"

namespace carillon::dialog {
namespace {

// Names and values of one dialog together: what a BLOB of every database holds, escapes included.
constexpr std::size_t kMaxValueBytes = 30'000;

std::size_t bytes_of(const DialogValue& value) { return value.name.size() + value.text.size() + 2; }

}  // namespace

std::string_view text_of(EndReason reason) {
  switch (reason) {
    case EndReason::None:
    case EndReason::Failed:
      return {};
    case EndReason::UpstreamBye:
      return "Upstream BYE";
    case EndReason::DownstreamBye:
      return "Downstream BYE";
    case EndReason::LifetimeTimeout:
      return "Lifetime Timeout";
    case EndReason::Management:
      return "MI Termination";
    case EndReason::CallerPingTimeout:
      return "Caller Ping Timeout";
    case EndReason::CalleePingTimeout:
      return "Callee Ping Timeout";
    case EndReason::CallerReinviteTimeout:
      return "Caller ReINVITE Ping Timeout";
    case EndReason::CalleeReinviteTimeout:
      return "Callee ReINVITE Ping Timeout";
    case EndReason::RaceCondition:
      return "SIP Race Condition";
  }
  return {};
}

Dialog::Dialog(Dialogs& owner, shard::Shard& shard, DialogId name, std::string_view call)
    : id(name), call_id(call), owner_(&owner), home_(&shard) {}

Dialog::~Dialog() {
  while (uses_ != nullptr) {
    uses_->dialog_ = nullptr;
    uses_ = uses_->next_;
  }
}

const DialogValue* Dialog::find_value(std::string_view name) const {
  const auto found = std::ranges::find(values, name, &DialogValue::name);
  return found == values.end() ? nullptr : &*found;
}

bool Dialog::put_value(std::string_view name, const script::Value& value) {
  const auto found = std::ranges::find(values, name, &DialogValue::name);
  if (found != values.end() && value.is_null()) {
    value_bytes_ -= bytes_of(*found);
    values.erase(found);
  }
  if (value.is_null()) return true;
  DialogValue made{.name = std::string(name), .text = std::string(value.as_text()), .number = {}};
  if (!value.has_text()) {
    made.number = value.as_integer();
    made.text = fmt::format_int(value.as_integer()).str();
  }
  const std::size_t before = found != values.end() ? bytes_of(*found) : 0;
  if (value_bytes_ - before + bytes_of(made) > kMaxValueBytes) return false;
  value_bytes_ += bytes_of(made) - before;
  if (found != values.end()) {
    *found = std::move(made);
  } else {
    values.push_back(std::move(made));
  }
  return true;
}

std::int64_t Dialog::seconds(std::int64_t now) const {
  if (started == 0) return 0;
  return std::max<std::int64_t>((ended != 0 ? ended : now) / 1'000'000 - started / 1'000'000, 0);
}

void Dialog::let_go_of_creator() {
  for (DialogUse* use = uses_; use != nullptr;) {
    DialogUse* const next = use->next_;
    if (use->is_creator()) use->unlink();
    use = next;
  }
}

void Dialog::on_timer() { owner_->on_timer(*this); }
void Dialog::on_ping_timer() { owner_->on_ping_timer(*this); }

}  // namespace carillon::dialog
