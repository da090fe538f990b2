// SPDX-License-Identifier: Apache-2.0
// A call as the proxy follows it: from its INVITE to its BYE, or until its time is over. Beside the transactions, which
// come and go; found again by the requests inside of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "modules/dialog/dialog_id.h"
#include "modules/dialog/dialog_observer.h"
#include "script/value.h"
#include "shard/shard.h"
#include "transport/flow.h"

namespace carillon::dialog {

class Dialogs;
class DialogUse;

// $DLG_status, and the column `state`.
enum class State : std::uint8_t {
  Unconfirmed = 1,
  Early = 2,      // a provisional response has come
  Answered = 3,   // a 2xx has come, its ACK hasn't
  Confirmed = 4,  // both have
  Ended = 5,
};

enum class EndReason : std::uint8_t {
  None,
  Failed,  // it was never answered
  UpstreamBye,
  DownstreamBye,
  LifetimeTimeout,
  Management,
  CallerPingTimeout,
  CalleePingTimeout,
  CallerReinviteTimeout,
  CalleeReinviteTimeout,
  RaceCondition,
};
// $DLG_end_reason; empty: none to tell.
[[nodiscard]] std::string_view text_of(EndReason reason);

enum class Side : std::uint8_t { Caller, Callee };
[[nodiscard]] constexpr Side other(Side side) { return side == Side::Caller ? Side::Callee : Side::Caller; }

// Bits of the column `flags`; the numbers are OpenSIPS's. The others of them are states of its own.
enum Flag : std::uint32_t {
  kByeOnTimeout = 1U << 3U,
  kPingCaller = 1U << 5U,
  kPingCallee = 1U << 6U,
  kReinviteCaller = 1U << 11U,
  kReinviteCallee = 1U << 12U,
  kEndOnRace = 1U << 15U,
  kWasCancelled = 1U << 16U,
  kRaceHappened = 1U << 17U,
};
inline constexpr std::uint32_t kStoredFlags = kByeOnTimeout | kPingCaller | kPingCallee | kReinviteCaller |
                                              kReinviteCallee | kEndOnRace | kWasCancelled | kRaceHappened;

// What is known of one side: how to reach it (RFC 3261 section 12.1).
struct Leg {
  std::string tag;
  std::string contact;               // the URI of its remote target
  std::string route_set;             // the value of a Route header towards it; empty: straight to the contact
  std::uint32_t cseq = 0;            // of the last request towards it, as its sender numbered it
  std::uint32_t shift = 0;           // what has to be added, because we have sent requests in between
  std::uint32_t invite_shift = 0;    // the same of the last INVITE, for its ACK
  std::uint32_t generated_cseq = 0;  // of the last request of ours towards it
  transport::ListenerId socket = transport::ListenerId::None;

  // Goes on with what has been counted for another leg.
  void take_numbers(const Leg& other) {
    cseq = other.cseq;
    shift = other.shift;
    invite_shift = other.invite_shift;
    generated_cseq = other.generated_cseq;
  }
};

// A value of $dlg_val().
struct DialogValue {
  std::string name;
  std::string text;
  std::optional<std::int64_t> number;  // then `text` is its decimal form
};

struct Membership {
  std::uint16_t profile = 0;  // its place in Profiles
  std::string value;
};

// Lives in one shard and is touched only inside it. Other modules read; what they change goes through DialogService.
class Dialog {
 public:
  Dialog(Dialogs& owner, shard::Shard& shard, DialogId name, std::string_view call);
  Dialog(const Dialog&) = delete;
  Dialog& operator=(const Dialog&) = delete;
  ~Dialog();

  const DialogId id;
  const std::string call_id;
  std::string from_uri;  // as the caller wrote them
  std::string to_uri;
  std::string mangled_from_uri;  // as the callee knows them, where they were changed on the way
  std::string mangled_to_uri;
  Leg caller;
  Leg callee;              // of the branch that has answered; until then only `cseq`
  std::vector<Leg> early;  // of branches that have answered provisionally, until one of them answers finally

  State state = State::Unconfirmed;
  EndReason end_reason = EndReason::None;
  std::uint32_t flags = 0;         // of Flag
  std::uint32_t script_flags = 0;  // set_dlg_flag()
  std::uint32_t module_flags = 0;  // kept for OpenSIPS's modules
  bool in_database = false;        // a row was written, or is being written
  bool changed = false;            // since it was written (delayed mode)
  bool is_copy = false;            // of a dialog in another shard: load_dialog_ctx()
  bool timeout_was_set = false;    // $DLG_timeout, while the timeout route runs

  // Microseconds since 1970; 0: not yet. Those that come from a database have whole seconds, and `created` is
  // `started`.
  std::int64_t created = 0;
  std::int64_t started = 0;  // answered
  std::int64_t ended = 0;

  base::Duration lifetime{};       // until it is answered: what it will have then
  base::TimePoint expires{};       // from then on
  std::uint32_t delete_delay = 0;  // seconds

  std::vector<DialogValue> values;
  std::vector<Membership> profiles;
  std::vector<std::unique_ptr<DialogObserver>> observers;

  // Names of routes; empty: none.
  std::string on_answer;
  std::string on_timeout;
  std::string on_hangup;

  // In-dialog pings: seconds between them.
  std::uint32_t options_interval = 0;
  std::uint32_t reinvite_interval = 0;

  [[nodiscard]] bool is_answered() const { return state == State::Answered || state == State::Confirmed; }
  [[nodiscard]] Leg& leg(Side side) { return side == Side::Caller ? caller : callee; }
  [[nodiscard]] const Leg& leg(Side side) const { return side == Side::Caller ? caller : callee; }
  [[nodiscard]] const DialogValue* find_value(std::string_view name) const;
  // Adds, replaces or (null) removes; false when the values would outgrow what a row holds.
  bool put_value(std::string_view name, const script::Value& value);
  template <typename Observer>
  [[nodiscard]] Observer* find_observer(const void* owner) const {
    for (const auto& observer : observers) {
      if (observer->owner() == owner) return static_cast<Observer*>(observer.get());
    }
    return nullptr;
  }

  [[nodiscard]] Dialogs& owner() const { return *owner_; }
  [[nodiscard]] shard::Shard& home() const { return *home_; }
  [[nodiscard]] bool in_use() const { return uses_ != nullptr; }

  // Whole seconds from the answer to the end, or to `now` (microseconds).
  [[nodiscard]] std::int64_t seconds(std::int64_t now) const;

 private:
  friend class DialogUse;
  friend class DialogTable;
  friend class Dialogs;

  // The INVITE, whose transaction may last longer than the call, no longer keeps it.
  void let_go_of_creator();
  void on_timer();
  void on_ping_timer();

  Dialogs* owner_;
  shard::Shard* home_;
  DialogUse* uses_ = nullptr;    // all that refer to it
  Dialog* same_call_ = nullptr;  // the next one with the same Call-ID
  std::size_t value_bytes_ = 0;
  std::unique_ptr<shard::Timer> ping_timer_;                             // when there is somebody to ping
  shard::Timer timer_ = shard::Timer::calling<&Dialog::on_timer>(this);  // of its lifetime, then of its deletion
};

}  // namespace carillon::dialog
