// SPDX-License-Identifier: Apache-2.0
// What looks for dialogs in other shards: script functions, and what the commands share with them. See dialogs.h.
#include "modules/dialog/searches.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/strings.h"
#include "modules/dialog/dialogs.h"
#include "routing/proxy.h"
#include "transport/transport_layer.h"

namespace carillon::dialog {

using namespace module;
using script::Value;

namespace {

// Dialogs after which a search lets others into the shard.
constexpr std::size_t kStep = 100;
// What a search gives to a script at most.
constexpr std::size_t kMaxResults = 10'000;

// "123456789" as in dlg_list, "a:b" of older ones, or the cookie of Record-Route.
std::optional<DialogId> parse_id(std::string_view text) {
  if (const auto packed = base::parse_number<std::uint64_t>(text)) return DialogId::unpacked(*packed);
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    const auto entry = base::parse_number<std::uint32_t>(text.substr(0, colon));
    const auto number = base::parse_number<std::uint32_t>(text.substr(colon + 1));
    if (entry && number) return DialogId{*entry, *number};
  }
  return DialogId::from_cookie(text);
}

}  // namespace

bool Dialogs::is_elsewhere(DialogId id) {
  if (elsewhere_->size() == 0) return false;
  return elsewhere_->with(id.packed(), [](auto& entry) { return entry.value() != nullptr; });
}

shard::ShardId Dialogs::shard_of(DialogId id) {
  const auto usual = static_cast<shard::ShardId>(id.number % shard::kShards);
  if (elsewhere_->size() == 0) return usual;
  return elsewhere_->with(id.packed(), [usual](auto& entry) {
    const shard::ShardId* known = entry.value();
    return known != nullptr ? *known : usual;
  });
}

base::Task<std::optional<Dialogs::Found>> Dialogs::find_named(std::string name) {
  if (const auto id = parse_id(name)) {
    const shard::ShardId there = shard_of(*id);
    auto is_known = [this, wanted = *id](shard::Shard& shard) { return tables_[shard].find(wanted) != nullptr; };
    const bool known = co_await in_shard<bool>(there, std::move(is_known));
    if (known) co_return Found{there, *id};
  }
  const shard::ShardId there = services_->transport.shard_of_call_id(name);
  auto find_it = [this, name](shard::Shard& shard) { return first_of_call(tables_[shard], name, {}, false); };
  const auto id = co_await in_shard<std::optional<DialogId>>(there, std::move(find_it));
  if (!id) co_return std::nullopt;
  co_return Found{there, *id};
}

// The dialog of a call; one that goes on rather than one that has ended.
std::optional<DialogId> Dialogs::first_of_call(const DialogTable& table, std::string_view call_id,
                                               std::string_view from_tag, bool active_only) {
  std::optional<DialogId> ended;
  for (const Dialog* one = table.find(call_id); one != nullptr; one = DialogTable::next(*one)) {
    if (!from_tag.empty() && one->caller.tag != from_tag) continue;
    if (one->state != State::Ended) return one->id;
    ended = one->id;
  }
  return active_only ? std::nullopt : ended;
}

base::Task<> Dialogs::visit_all(std::shared_ptr<std::function<bool(Dialog&)>> work) {
  shard::Shard& here = *shard::context.shard;
  for (unsigned at = 0; at < shard::kShards; ++at) {
    const auto there = static_cast<shard::ShardId>(at);
    const auto read_ids = [this](shard::Shard& shard) { return tables_[shard].ids(); };
    const auto ids = co_await in_shard<std::vector<DialogId>>(there, read_ids);
    for (std::size_t done = 0; done < ids.size(); done += kStep) {
      std::vector<DialogId> some(ids.begin() + static_cast<std::ptrdiff_t>(done),
                                 ids.begin() + static_cast<std::ptrdiff_t>(std::min(done + kStep, ids.size())));
      auto visit_some = [this, work, wanted = std::move(some)](shard::Shard& shard) {
        return std::ranges::all_of(wanted, [&](DialogId id) {
          Dialog* dialog = tables_[shard].find(id);
          return dialog == nullptr || (*work)(*dialog);
        });
      };
      const bool more = co_await in_shard<bool>(there, std::move(visit_some));
      if (!more) co_return;
      if (there == here.id()) co_await here.sleep(std::chrono::milliseconds(1));
    }
  }
}

// --- functions -------------------------------------------------------------------------------------------------------

namespace {

using Texts = std::vector<std::string>;

Verdict give(const Texts& found, const Output& values, const Output& count) {
  for (const std::string& text : found) values.assign(Value::text(text));
  count.assign(Value::integer(static_cast<std::int64_t>(found.size())));
  return Verdict::of(!found.empty());
}

bool has_value(const Dialog& dialog, std::string_view key, std::string_view wanted) {
  const DialogValue* value = dialog.find_value(key);
  return dialog.state != State::Ended && value != nullptr && value->text == wanted;
}

}  // namespace

base::Task<Verdict> Dialogs::get_dialog_info(RouteContext& /*context*/, std::string_view attribute, Output values,
                                             std::string_view key, std::string_view wanted, Output count) {
  auto found = std::make_shared<Texts>();
  const auto visit = visitor(
      [found, name = std::string(attribute), by = std::string(key), of = std::string(wanted)](const Dialog& dialog) {
        if (has_value(dialog, by, of)) {
          const DialogValue* value = dialog.find_value(name);
          found->push_back(value != nullptr ? value->text : std::string());
        }
        return found->size() < kMaxResults;
      });
  co_await visit_all(visit);
  co_return give(*found, values, count);
}

base::Task<Verdict> Dialogs::get_dialogs_by_val(RouteContext& /*context*/, std::string_view name,
                                                std::string_view wanted, Output dialogs, Output count) {
  auto found = std::make_shared<Texts>();
  const auto visit = visitor([this, found, by = std::string(name), of = std::string(wanted)](Dialog& dialog) {
    if (has_value(dialog, by, of)) found->push_back(json_of(dialog, Text::Brief));
    return found->size() < kMaxResults;
  });
  co_await visit_all(visit);
  co_return give(*found, dialogs, count);
}

bool Dialogs::is_member(const Dialog& dialog, std::uint16_t profile, const std::optional<std::string>& value) {
  return std::ranges::any_of(dialog.profiles, [&](const Membership& membership) {
    return membership.profile == profile && (!value || membership.value == *value);
  });
}

// Of a profile without values none counts.
std::optional<std::string> Dialogs::value_in(std::uint16_t profile, Optional value) const {
  if (!value || !profiles_[profile].has_value) return std::nullopt;
  return std::string(*value);
}

base::Task<Verdict> Dialogs::get_dialogs_by_profile(RouteContext& /*context*/, std::string_view profile, Optional value,
                                                    Output dialogs, Output count) {
  const auto known = profiles_.find(profile);
  if (!known) co_return kFalse;
  auto found = std::make_shared<Texts>();
  const auto visit = visitor([this, found, place = *known, wanted = value_in(*known, value)](Dialog& dialog) {
    if (is_member(dialog, place, wanted)) found->push_back(json_of(dialog, Text::Brief));
    return found->size() < kMaxResults;
  });
  co_await visit_all(visit);
  co_return give(*found, dialogs, count);
}

base::Task<Verdict> Dialogs::get_dialog_vals(RouteContext& /*context*/, Output names, Output values,
                                             std::string_view call_id) {
  using Values = std::optional<std::vector<DialogValue>>;
  const shard::ShardId there = services_->transport.shard_of_call_id(call_id);
  auto read = [this, call = std::string(call_id)](shard::Shard& shard) {
    const DialogTable& table = tables_[shard];
    const auto id = first_of_call(table, call, {}, true);
    return id ? Values(table.find(*id)->values) : Values();
  };
  const Values found = co_await in_shard<Values>(there, std::move(read));
  if (!found) co_return kFalse;
  // What is pushed last is read first.
  for (std::size_t at = found->size(); at-- > 0;) {
    const DialogValue& value = (*found)[at];
    names.assign(Value::text(value.name));
    values.assign(value.number ? Value::integer(*value.number) : Value::text(value.text));
  }
  co_return kTrue;
}

// --- another dialog than that of the message -------------------------------------------------------------------------

std::unique_ptr<Dialog> Dialogs::copy_of(const Dialog& dialog) {
  auto copy = std::make_unique<Dialog>(*this, dialog.home(), dialog.id, dialog.call_id);
  copy->is_copy = true;
  copy->from_uri = dialog.from_uri;
  copy->to_uri = dialog.to_uri;
  copy->mangled_from_uri = dialog.mangled_from_uri;
  copy->mangled_to_uri = dialog.mangled_to_uri;
  copy->caller = dialog.caller;
  copy->callee = dialog.callee;
  copy->early = dialog.early;
  copy->state = dialog.state;
  copy->end_reason = dialog.end_reason;
  copy->flags = dialog.flags;
  copy->script_flags = dialog.script_flags;
  copy->created = dialog.created;
  copy->started = dialog.started;
  copy->ended = dialog.ended;
  copy->lifetime = dialog.lifetime;
  copy->expires = dialog.expires;
  copy->delete_delay = dialog.delete_delay;
  copy->profiles = dialog.profiles;
  copy->on_answer = dialog.on_answer;
  copy->on_timeout = dialog.on_timeout;
  copy->on_hangup = dialog.on_hangup;
  copy->options_interval = dialog.options_interval;
  copy->reinvite_interval = dialog.reinvite_interval;
  copy->values = dialog.values;
  copy->value_bytes_ = dialog.value_bytes_;
  return copy;
}

base::Task<Verdict> Dialogs::load_dialog_ctx(RouteContext& context, std::string_view name, Optional kind,
                                             std::optional<int> active_only) {
  shard::Shard& here = context.proxy().shard();
  const bool active = active_only.value_or(1) != 0;
  std::optional<Found> found;
  if (kind && base::iequals(*kind, "did")) {
    const auto id = parse_id(name);
    if (id) found = Found{shard_of(*id), *id};
  } else if (!kind || base::iequals(*kind, "callid")) {
    found = co_await find_named(std::string(name));
  }
  if (!found) co_return kFalse;
  const auto wanted = [active](const Dialog* dialog) {
    return dialog != nullptr && (!active || dialog->state != State::Ended);
  };
  if (found->shard == here.id()) {
    Dialog* dialog = tables_[here].find(found->id);
    if (!wanted(dialog)) co_return kFalse;
    context.observers.push_back(std::make_unique<DialogUse>(*dialog, DialogUse::Role::Loaded));
    co_return kTrue;
  }
  auto take_copy = [this, id = found->id, wanted](shard::Shard& shard) -> std::unique_ptr<Dialog> {
    const Dialog* dialog = tables_[shard].find(id);
    return wanted(dialog) ? copy_of(*dialog) : nullptr;
  };
  auto copy = co_await in_shard<std::unique_ptr<Dialog>>(found->shard, std::move(take_copy));
  if (copy == nullptr) co_return kFalse;
  context.observers.push_back(std::make_unique<DialogUse>(std::move(copy)));
  co_return kTrue;
}

Verdict Dialogs::unload_dialog_ctx(RouteContext& context) {
  const auto unload_from = [this](auto& observers) {
    for (std::size_t at = observers.size(); at-- > 0;) {
      if (observers[at]->owner() != this) continue;
      if (static_cast<DialogUse&>(*observers[at]).role() != DialogUse::Role::Loaded) continue;
      observers.erase(observers.begin() + static_cast<std::ptrdiff_t>(at));
      return true;
    }
    return false;
  };
  if (unload_from(context.observers)) return kTrue;
  return Verdict::of(context.transaction != nullptr && unload_from(context.transaction->observers));
}

}  // namespace carillon::dialog
