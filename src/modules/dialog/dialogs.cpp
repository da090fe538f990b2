// SPDX-License-Identifier: Apache-2.0
// Start and stop, flags, values and profiles. See dialogs.h.
#include "modules/dialog/dialogs.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/strings.h"
#include "routing/flag_names.h"
#include "routing/proxy.h"
#include "routing/settings.h"
#include "shard/shards.h"
#include "sip/grammar.h"
#include "sip/header_lines.h"

namespace carillon::dialog {

using namespace module;
using script::Value;

namespace {

// Profiles of one dialog, one for each value.
constexpr std::size_t kMaxProfiles = 64;

struct CreateFlag {
  std::string_view name;
  char letter;  // as it was spelt before 3.2
  std::uint32_t flag;
};

constexpr auto kCreateFlags = std::to_array<CreateFlag>({
    {"bye-on-timeout", 'B', kByeOnTimeout},
    {"options-ping-caller", 'P', kPingCaller},
    {"options-ping-callee", 'p', kPingCallee},
    {"reinvite-ping-caller", 'R', kReinviteCaller},
    {"reinvite-ping-callee", 'r', kReinviteCallee},
    {"end-on-race-condition", 'E', kEndOnRace},
    {"auto-prack", '\0', 0},
});

bool is_letters(std::string_view flags) { return flags.find_first_not_of("BPpRrE") == std::string_view::npos; }

}  // namespace

// --- arguments -------------------------------------------------------------------------------------------------------

base::Result<CreateFlags> CreateFlags::parse(std::string_view text) {
  CreateFlags flags;
  if (is_letters(text)) {
    for (const char letter : text) flags.flags |= std::ranges::find(kCreateFlags, letter, &CreateFlag::letter)->flag;
    return flags;
  }
  while (!text.empty()) {
    const std::string_view name = base::trim(base::take_until(text, ','));
    if (name.empty()) continue;
    const auto* const row = std::ranges::find(kCreateFlags, name, &CreateFlag::name);
    if (row == kCreateFlags.end()) return base::fail(fmt::format("unknown flag '{}'", name));
    flags.flags |= row->flag;
  }
  return flags;
}

std::string CreateFlags::today(std::string_view text) {
  if (!is_letters(text)) return {};
  std::vector<std::string_view> names;
  for (const char letter : text) names.push_back(std::ranges::find(kCreateFlags, letter, &CreateFlag::letter)->name);
  return fmt::format("{}", fmt::join(names, ","));
}

base::Result<MatchModeName> MatchModeName::parse(std::string_view text) {
  if (base::iequals(text, "DID_ONLY")) return MatchModeName{MatchMode::DidOnly};
  if (base::iequals(text, "DID_FALLBACK")) return MatchModeName{MatchMode::DidFallback};
  if (base::iequals(text, "DID_NONE")) return MatchModeName{MatchMode::DidNone};
  return base::fail("must be DID_ONLY, DID_FALLBACK or DID_NONE");
}

base::Result<DialogFlag> DialogFlag::parse(std::string_view name, const Dialogs& dialogs) {
  const auto mask = dialogs.flag_names().mask(routing::FlagSpace::Dialog, name);
  if (!mask) return std::unexpected(mask.error());
  return DialogFlag{*mask};
}

base::Result<ValueName> ValueName::parse(std::string_view name) {
  if (name.empty()) return base::fail("a value needs a name");
  return ValueName{};
}

// --- parameters ------------------------------------------------------------------------------------------------------

base::Result<> Dialogs::set_profiles_with_value(const Value& value) { return profiles_.declare(value.as_text(), true); }
base::Result<> Dialogs::set_profiles_no_value(const Value& value) { return profiles_.declare(value.as_text(), false); }

base::Result<> Dialogs::set_absent(const Value& value) {
  const bool off = value.has_text() ? value.as_text().empty() || value.as_text() == "0" : value.as_integer() == 0;
  if (!off) return base::fail("dialogs and profiles are not shared with other servers here");
  return {};
}

base::Result<> Dialogs::set_accepted(const Value& /*value*/) { return {}; }

// --- start and stop --------------------------------------------------------------------------------------------------

base::Result<> Dialogs::start(Services& services) {
  services_.emplace(services);
  if (dlg_match_mode < 0 || dlg_match_mode > 2) return base::fail("dlg_match_mode must be 0, 1 or 2");
  match_mode_ = static_cast<MatchMode>(dlg_match_mode);
  if (hash_size < 1 || hash_size > (1 << 24) || !std::has_single_bit(static_cast<unsigned>(hash_size))) {
    return base::fail("hash_size must be a power of two");
  }
  if (!sip::is_token(rr_param)) return base::fail("rr_param must be the name of a parameter");
  if (default_timeout <= std::chrono::seconds(0)) return base::fail("default_timeout must be positive");
  if (delete_delay < 0 || options_ping_interval < 0 || reinvite_ping_interval < 0) {
    return base::fail("delete_delay, options_ping_interval and reinvite_ping_interval must not be negative");
  }
  if (max_dialogs < 1) return base::fail("max_dialogs must be positive");
  // Call-IDs spread evenly, but not exactly so.
  max_in_shard_ = static_cast<std::size_t>(max_dialogs) / shard::kShards * 5 / 4 + 16;
  if (!dlg_extra_hdrs.empty() && !dlg_extra_hdrs.ends_with("\r\n")) dlg_extra_hdrs += "\r\n";
  if (!dlg_extra_hdrs.empty() && !sip::are_header_lines(dlg_extra_hdrs)) {
    return base::fail("dlg_extra_hdrs must be complete header lines");
  }
  if (profiles_.has_shared()) log::warning("dialog: profiles are not shared with other servers here");
  profiles_.start(services.shards);
  state_changed_ = &services.events.name("E_DLG_STATE_CHANGED");
  elsewhere_ = std::make_unique<Elsewhere>(services.shards);
  services.proxy_settings.route_listeners.push_back(this);
  if (db_mode < 0 || db_mode > 3) return base::fail("db_mode must be 0, 1, 2 or 3");
  database_mode_ = static_cast<DatabaseMode>(db_mode);
  return database_mode_ == DatabaseMode::None ? base::Result<>() : open_database();
}

base::Result<> Dialogs::restore() { return store_ != nullptr ? load() : base::Result<>(); }

void Dialogs::stop() {
  if (store_ != nullptr) write_all_at_end();
  for (unsigned id = 0; id < shard::kShards; ++id) {
    tables_[services_->shards.shard(static_cast<shard::ShardId>(id))].clear();
  }
  profiles_.stop();
  elsewhere_.reset();
}

// --- the dialog of a run ---------------------------------------------------------------------------------------------

// What load_dialog_ctx() has added last comes first.
DialogUse* Dialogs::find_use(RouteContext& context) const {
  DialogUse* found = last_use_in(context.observers);
  if (found == nullptr && context.transaction != nullptr) found = last_use_in(context.transaction->observers);
  return found;
}

DialogUse* Dialogs::last_use_in(const Observers& observers) const {
  for (std::size_t at = observers.size(); at-- > 0;) {
    if (observers[at]->owner() == this) return static_cast<DialogUse*>(observers[at].get());
  }
  return nullptr;
}

Dialog* Dialogs::of(routing::ProxyTransaction& transaction) {
  const DialogUse* use = last_use_in(transaction.observers);
  return use != nullptr ? use->dialog() : nullptr;
}

Dialog* Dialogs::current(RouteContext& context) {
  const DialogUse* use = find_use(context);
  return use != nullptr ? use->dialog() : nullptr;
}

Side Dialogs::to_side(RouteContext& context) {
  const DialogUse* use = find_use(context);
  return use != nullptr ? use->to() : Side::Callee;
}

routing::Proxy& Dialogs::proxy_of(const Dialog& dialog) const { return services_->proxies->proxy_of(dialog.home()); }

void Dialogs::change(Dialog& dialog, std::function<void(Dialog&)> work) {
  work(dialog);
  to_original(dialog, std::move(work));
}

void Dialogs::to_original(const Dialog& dialog, std::function<void(Dialog&)> work) {
  if (!dialog.is_copy) return;
  services_->shards.post(dialog.home().id(), [this, id = dialog.id, job = std::move(work)](shard::Shard& shard) {
    if (Dialog* original = tables_[shard].find(id)) job(*original);
  });
}

Verdict Dialogs::create_dialog(RouteContext& context, const std::optional<Parsed<CreateFlags>>& flags) {
  return Verdict::of(create(context, flags ? (*flags)->flags : 0) != nullptr);
}

// --- flags -----------------------------------------------------------------------------------------------------------

Verdict Dialogs::set_dlg_flag(RouteContext& context, Constant<DialogFlag> flag) {
  Dialog* dialog = current(context);
  if (dialog == nullptr) return kFalse;
  change(*dialog, [this, mask = flag->mask](Dialog& one) {
    one.script_flags |= mask;
    touch(one);
  });
  return kTrue;
}

Verdict Dialogs::reset_dlg_flag(RouteContext& context, Constant<DialogFlag> flag) {
  Dialog* dialog = current(context);
  if (dialog == nullptr) return kFalse;
  change(*dialog, [this, mask = flag->mask](Dialog& one) {
    one.script_flags &= ~mask;
    touch(one);
  });
  return kTrue;
}

Verdict Dialogs::is_dlg_flag_set(RouteContext& context, Constant<DialogFlag> flag) {
  const Dialog* dialog = current(context);
  return Verdict::of(dialog != nullptr && (dialog->script_flags & flag->mask) != 0);
}

Verdict Dialogs::test_and_set_dlg_flag(RouteContext& context, Constant<DialogFlag> flag, int value) {
  Dialog* dialog = current(context);
  if (dialog == nullptr || (value != 0 && value != 1)) return kFalse;
  if (((dialog->script_flags & flag->mask) != 0) != (value == 1)) return kFalse;
  change(*dialog, [this, mask = flag->mask](Dialog& one) {
    one.script_flags ^= mask;
    touch(one);
  });
  return kTrue;
}

// --- values ----------------------------------------------------------------------------------------------------------

bool Dialogs::set_value(Dialog& dialog, std::string_view name, const Value& value) {
  if (!dialog.put_value(name, value)) return false;
  touch(dialog);
  const DialogValue* kept = dialog.find_value(name);
  to_original(dialog, [this, key = std::string(name), gone = kept == nullptr,
                       copy = kept != nullptr ? *kept : DialogValue{}](Dialog& original) {
    set_value(original, key,
              gone          ? Value::null()
              : copy.number ? Value::integer(*copy.number)
                            : Value::text(copy.text));
  });
  return true;
}

void Dialogs::touch(Dialog& dialog) {
  if (dialog.is_answered() && !dialog.is_copy) save(dialog);
}

Verdict Dialogs::store_dlg_value(RouteContext& context, std::string_view name, Output value) {
  Dialog* dialog = current(context);
  return Verdict::of(dialog != nullptr && !name.empty() && set_value(*dialog, name, value.read()));
}

Verdict Dialogs::fetch_dlg_value(RouteContext& context, std::string_view name, Output value) {
  const Dialog* dialog = current(context);
  const DialogValue* found = dialog != nullptr ? dialog->find_value(name) : nullptr;
  return Verdict::of(found != nullptr && value.assign(as_value(context, *found)));
}

Value Dialogs::as_value(RouteContext& context, const DialogValue& value) {
  if (value.number) return Value::integer(*value.number);
  return Value::text(context.keep(value.text));
}

// --- routes ----------------------------------------------------------------------------------------------------------

template <std::string Dialog::* Member>
Verdict Dialogs::arm(RouteContext& context, const Route& route) {
  Dialog* dialog = current(context);
  if (dialog == nullptr) return kFalse;
  change(*dialog, [this, name = std::string(route ? route->text : std::string_view{})](Dialog& one) {
    one.*Member = name;
    touch(one);
  });
  return kTrue;
}

Verdict Dialogs::dlg_on_answer(RouteContext& context, Route route) { return arm<&Dialog::on_answer>(context, route); }
Verdict Dialogs::dlg_on_timeout(RouteContext& context, Route route) { return arm<&Dialog::on_timeout>(context, route); }
Verdict Dialogs::dlg_on_hangup(RouteContext& context, Route route) { return arm<&Dialog::on_hangup>(context, route); }

Verdict Dialogs::dlg_inc_cseq(RouteContext& context, Optional tag, std::optional<int> amount) {
  Dialog* dialog = current(context);
  const int by = amount.value_or(1);
  if (dialog == nullptr || by < 1 || !dialog->is_answered()) return kFalse;
  Side side = to_side(context);
  if (tag) {
    if (*tag != dialog->caller.tag && *tag != dialog->callee.tag) return kFalse;
    side = *tag == dialog->caller.tag ? Side::Caller : Side::Callee;
  }
  change(*dialog, [this, side, by](Dialog& one) {
    one.leg(side).shift += static_cast<std::uint32_t>(by);
    one.leg(side).generated_cseq = one.leg(side).cseq + one.leg(side).shift;
    touch(one);
  });
  return kTrue;
}

Verdict Dialogs::set_dlg_sharing_tag(RouteContext& /*context*/, std::string_view /*tag*/) { return kFalse; }

// --- profiles --------------------------------------------------------------------------------------------------------

bool Dialogs::add_to_profile(Dialog& dialog, std::uint16_t profile, std::string_view value, bool clear) {
  if (dialog.state == State::Ended || value.size() > Profiles::kMaxValue) return false;
  if (clear) remove_from_profile(dialog, profile, std::nullopt);
  const bool is_in = std::ranges::any_of(dialog.profiles, [&](const Membership& membership) {
    return membership.profile == profile && membership.value == value;
  });
  if (is_in) return true;
  if (dialog.profiles.size() >= kMaxProfiles) return false;
  dialog.profiles.push_back({.profile = profile, .value = std::string(value)});
  if (!dialog.is_copy) profiles_.add(profile, value);
  touch(dialog);
  return true;
}

bool Dialogs::remove_from_profile(Dialog& dialog, std::uint16_t profile, Optional value) {
  const auto gone = std::erase_if(dialog.profiles, [&](const Membership& membership) {
    if (membership.profile != profile || (value && membership.value != *value)) return false;
    if (!dialog.is_copy) profiles_.remove(profile, membership.value);
    return true;
  });
  if (gone != 0) touch(dialog);
  return gone != 0;
}

void Dialogs::leave_profiles(Dialog& dialog) {
  for (const Membership& membership : dialog.profiles) profiles_.remove(membership.profile, membership.value);
  dialog.profiles = {};
}

Verdict Dialogs::set_dlg_profile(RouteContext& context, std::string_view profile, Optional value,
                                 std::optional<int> clear) {
  Dialog* dialog = current(context);
  const auto known = profiles_.find(profile);
  if (dialog == nullptr || !known) return kFalse;
  if (profiles_[*known].has_value && !value) return kFalse;
  const std::string text(profiles_[*known].has_value ? *value : std::string_view{});
  const bool clears = clear.value_or(0) != 0;
  if (!add_to_profile(*dialog, *known, text, clears)) return kFalse;
  to_original(*dialog, [this, place = *known, text, clears](Dialog& original) {
    static_cast<void>(add_to_profile(original, place, text, clears));
  });
  return kTrue;
}

Verdict Dialogs::unset_dlg_profile(RouteContext& context, std::string_view profile, Optional value) {
  Dialog* dialog = current(context);
  const auto known = profiles_.find(profile);
  if (dialog == nullptr || !known) return kFalse;
  const bool named = profiles_[*known].has_value && value;
  const Optional wanted = named ? value : std::nullopt;
  const bool removed = remove_from_profile(*dialog, *known, wanted);
  to_original(*dialog, [this, place = *known, named, text = std::string(value.value_or(""))](Dialog& original) {
    remove_from_profile(original, place, named ? Optional(text) : std::nullopt);
  });
  return Verdict::of(removed);
}

Verdict Dialogs::is_in_profile(RouteContext& context, std::string_view profile, Optional value) {
  const Dialog* dialog = current(context);
  const auto known = profiles_.find(profile);
  if (dialog == nullptr || !known) return kFalse;
  const bool any = !value || !profiles_[*known].has_value;
  return Verdict::of(std::ranges::any_of(dialog->profiles, [&](const Membership& membership) {
    return membership.profile == *known && (any || membership.value == *value);
  }));
}

Verdict Dialogs::get_profile_size(RouteContext& /*context*/, std::string_view profile, Optional value, Output size) {
  const auto known = profiles_.find(profile);
  if (!known) return kFalse;
  return Verdict::of(size.assign(Value::integer(static_cast<std::int64_t>(profiles_.size(*known, value)))));
}

}  // namespace carillon::dialog
