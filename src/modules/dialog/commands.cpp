// SPDX-License-Identifier: Apache-2.0
// The management commands of dialog; names and shapes of what they answer are OpenSIPS's.
#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/strings.h"
#include "modules/dialog/dialogs.h"
#include "modules/dialog/searches.h"
#include "routing/proxy.h"
#include "sip/header_lines.h"
#include "transport/transport_layer.h"

namespace carillon::dialog {

using management::Json;
using management::Parameters;

namespace {

constexpr int kBadRequest = 400;
constexpr int kNotFound = 404;
constexpr std::size_t kMaxProfileValues = 100'000;

std::string text_in(const Parameters& parameters, std::string_view name) {
  return parameters.has(name) ? parameters.text(name).value_or("") : std::string();
}

std::optional<std::string> optional_text(const Parameters& parameters, std::string_view name) {
  if (!parameters.has(name)) return std::nullopt;
  return text_in(parameters, name);
}

base::Result<std::string> header_lines(std::string text) {
  if (!text.empty() && !text.ends_with("\r\n")) text += "\r\n";
  if (!text.empty() && !sip::are_header_lines(text)) return base::fail("Bad headers", kBadRequest);
  return text;
}

}  // namespace

// --- listing ---------------------------------------------------------------------------------------------------------

Dialogs::Reply Dialogs::list(Parameters parameters) { return listing(std::move(parameters), Text::Brief); }
Dialogs::Reply Dialogs::list_ctx(Parameters parameters) { return listing(std::move(parameters), Text::WithContext); }

Dialogs::Reply Dialogs::list_one(Parameters parameters, Text text) {
  const std::string call_id = text_in(parameters, "callid");
  const shard::ShardId there = services_->transport.shard_of_call_id(call_id);
  auto read = [this, text, call_id, from_tag = text_in(parameters, "from_tag")](shard::Shard& shard) {
    const DialogTable& table = tables_[shard];
    const auto id = first_of_call(table, call_id, from_tag, false);
    return id ? std::optional(describe(*table.find(*id), text)) : std::nullopt;
  };
  const auto found = co_await in_shard<std::optional<Json>>(there, std::move(read));
  if (!found) co_return base::fail("Dialog not found", kNotFound);
  Json result = Json::object();
  result.add("Dialog", *found);
  co_return result;
}

Dialogs::Reply Dialogs::listing(Parameters parameters, Text text) {
  if (parameters.has("callid")) co_return co_await list_one(std::move(parameters), text);
  struct Page {
    std::int64_t skip = 0;
    std::int64_t left = std::numeric_limits<std::int64_t>::max();
    Json dialogs = Json::array();
  };
  auto page = std::make_shared<Page>();
  const bool paged = parameters.has("index");
  if (paged) {
    const auto index = parameters.integer("index");
    const auto counter = parameters.integer("counter");
    if (!index || !counter || *index < 0 || *counter < 0) co_return base::fail("Bad index or counter", kBadRequest);
    page->skip = *index;
    page->left = *counter;
  }
  const auto visit = visitor([this, page, text](const Dialog& dialog) {
    if (page->left == 0) return false;
    if (dialog.state == State::Ended) return true;  // kept for what comes late
    if (page->skip > 0) {
      --page->skip;
      return true;
    }
    page->dialogs.push_back(describe(dialog, text));
    return --page->left != 0;
  });
  co_await visit_all(visit);
  Json result = Json::object();
  if (paged) result.add("count", tracked_dialogs.value());
  result.add("Dialogs", std::move(page->dialogs));
  co_return result;
}

// --- ending ----------------------------------------------------------------------------------------------------------

Dialogs::Reply Dialogs::end_dlg(Parameters parameters) {
  auto headers = header_lines(text_in(parameters, "extra_hdrs"));
  if (!headers) co_return std::unexpected(headers.error());
  const auto found = co_await find_named(text_in(parameters, "dialog_id"));
  if (!found) co_return base::fail("Requested Dialog not found", kNotFound);
  auto finish_it = [this, id = found->id, lines = *headers](shard::Shard& shard) {
    Dialog* dialog = tables_[shard].find(id);
    if (dialog == nullptr || dialog->state == State::Ended) return false;
    end(*dialog, EndReason::Management, lines);
    return true;
  };
  const bool ended = co_await in_shard<bool>(found->shard, std::move(finish_it));
  if (!ended) co_return base::fail("Requested Dialog not found", kNotFound);
  co_return Json("OK");
}

Dialogs::Reply Dialogs::profile_end_dlgs(Parameters parameters) {
  const auto profile = profiles_.find(text_in(parameters, "profile"));
  if (!profile) co_return base::fail("Profile not found", kNotFound);
  const auto value = optional_text(parameters, "value");
  const auto visit = visitor([this, place = *profile, wanted = value_in(*profile, value)](Dialog& dialog) {
    if (is_member(dialog, place, wanted)) end(dialog, EndReason::Management, {});
    return true;
  });
  co_await visit_all(visit);
  co_return Json("OK");
}

// --- profiles --------------------------------------------------------------------------------------------------------

Dialogs::Reply Dialogs::profile_get_size(Parameters parameters) {
  const std::string name = text_in(parameters, "profile");
  const auto profile = profiles_.find(name);
  if (!profile) co_return base::fail("Profile not found", kNotFound);
  const auto value = optional_text(parameters, "value");
  Json result = Json::object();
  Json& described = result.add("Profile", Json::object());
  described.add("name", name);
  described.add("value", value ? Json(*value) : Json());
  described.add("count", profiles_.size(*profile, value ? std::optional<std::string_view>(*value) : std::nullopt));
  described.add("shared", "no");
  co_return result;
}

Dialogs::Reply Dialogs::profile_get_values(Parameters parameters) {
  const std::string name = text_in(parameters, "profile");
  const auto profile = profiles_.find(name);
  if (!profile) co_return base::fail("Profile not found", kNotFound);
  Json result = Json::object();
  result.add("Profile", name);
  Json& values = result.add("Values", Json::array());
  const auto add = [&values](Json value, std::uint64_t count) {
    Json one = Json::object();
    one.add("value", std::move(value));
    one.add("count", count);
    values.push_back(std::move(one));
  };
  if (profiles_[*profile].has_value) {
    for (auto& [value, count] : profiles_.values(*profile, kMaxProfileValues)) add(std::move(value), count);
  } else {
    add(Json(), profiles_.size(*profile, std::nullopt));
  }
  co_return result;
}

Dialogs::Reply Dialogs::list_all_profiles(Parameters /*parameters*/) {
  Json result = Json::object();
  Json& all = result.add("Profiles", Json::array());
  for (const auto& profile : profiles_.all()) {
    Json one = Json::object();
    one.add("name", profile->name);
    one.add("has value", profile->has_value ? 1 : 0);
    all.push_back(std::move(one));
  }
  co_return result;
}

Dialogs::Reply Dialogs::profile_list_dlgs(Parameters parameters) {
  const auto profile = profiles_.find(text_in(parameters, "profile"));
  if (!profile) co_return base::fail("Profile not found", kNotFound);
  const auto value = optional_text(parameters, "value");
  auto dialogs = std::make_shared<Json>(Json::array());
  const auto visit =
      visitor([this, dialogs, place = *profile, wanted = value_in(*profile, value)](const Dialog& dialog) {
        if (is_member(dialog, place, wanted)) dialogs->push_back(describe(dialog, Text::Brief));
        return true;
      });
  co_await visit_all(visit);
  Json result = Json::object();
  result.add("Dialogs", std::move(*dialogs));
  co_return result;
}

base::Task<base::Result<Json>> Dialogs::with_named(std::string name, std::function<bool(Dialog&)> work) {
  const auto found = co_await find_named(std::move(name));
  if (!found) co_return base::fail("Dialog not found", kNotFound);
  auto do_it = [this, id = found->id, job = std::move(work)](shard::Shard& shard) {
    Dialog* dialog = tables_[shard].find(id);
    if (dialog == nullptr || dialog->state == State::Ended) return 0;
    return job(*dialog) ? 1 : -1;
  };
  const int done = co_await in_shard<int>(found->shard, std::move(do_it));
  if (done == 0) co_return base::fail("Dialog not found", kNotFound);
  if (done < 0) co_return base::fail("Not possible", kBadRequest);
  co_return Json("OK");
}

Dialogs::Reply Dialogs::set_profile(Parameters parameters) {
  const auto profile = profiles_.find(text_in(parameters, "profile"));
  if (!profile) co_return base::fail("Profile not found", kNotFound);
  const bool has_value = profiles_[*profile].has_value;
  if (has_value && !parameters.has("value")) co_return base::fail("The profile needs a value", kBadRequest);
  const bool clear = parameters.has("clear_values") && parameters.integer("clear_values").value_or(0) != 0;
  const std::string value = has_value ? text_in(parameters, "value") : std::string();
  std::function<bool(Dialog&)> add = [this, place = *profile, value, clear](Dialog& dialog) {
    return add_to_profile(dialog, place, value, clear);
  };
  co_return co_await with_named(text_in(parameters, "dlg_id"), std::move(add));
}

Dialogs::Reply Dialogs::unset_profile(Parameters parameters) {
  const auto profile = profiles_.find(text_in(parameters, "profile"));
  if (!profile) co_return base::fail("Profile not found", kNotFound);
  const auto value = optional_text(parameters, "value");
  std::function<bool(Dialog&)> remove = [this, place = *profile, wanted = value_in(*profile, value)](Dialog& dialog) {
    return remove_from_profile(dialog, place, wanted ? Optional(*wanted) : std::nullopt);
  };
  co_return co_await with_named(text_in(parameters, "dlg_id"), std::move(remove));
}

// --- values and requests ---------------------------------------------------------------------------------------------

Dialogs::Reply Dialogs::push_var(Parameters parameters) {
  const std::string name = text_in(parameters, "dlg_val_name");
  const std::string value = text_in(parameters, "dlg_val_value");
  auto ids = parameters.texts("DID");
  if (!ids) {
    const auto one = parameters.text("DID");
    if (!one) co_return std::unexpected(one.error());
    ids = std::vector<std::string>{*one};
  }
  if (name.empty()) co_return base::fail("A value needs a name", kBadRequest);
  for (const std::string& id : *ids) {
    std::function<bool(Dialog&)> put = [this, name, value](Dialog& dialog) {
      return set_value(dialog, name, script::Value::text(value));
    };
    auto done = co_await with_named(id, std::move(put));
    if (!done) co_return done;
  }
  co_return Json("OK");
}

Dialogs::Reply Dialogs::send_sequential(Parameters parameters) {
  auto headers = header_lines(text_in(parameters, "headers"));
  if (!headers) co_return std::unexpected(headers.error());
  const std::string mode = text_in(parameters, "mode");
  if (!mode.empty() && mode != "caller" && mode != "callee") co_return base::fail("Bad mode", kBadRequest);
  Sequential what{.method = text_in(parameters, "method"), .content_type = {}, .body = {}, .headers = *headers};
  if (what.method.empty()) what.method = "INVITE";
  what.body = text_in(parameters, "body");
  if (!what.body.empty()) what.content_type = "application/sdp";
  const Side to = mode == "caller" ? Side::Caller : Side::Callee;

  const auto found = co_await find_named(text_in(parameters, "callid"));
  if (!found) co_return base::fail("Dialog not found", kNotFound);
  using Answer = base::Result<routing::OwnAnswer>;
  auto answer = shard::context.shard->suspend<Answer>();
  services_->shards.post(found->shard, [this, id = found->id, to, request = std::move(what),
                                        handle = answer.handle()](shard::Shard& shard) mutable {
    Dialog* dialog = tables_[shard].find(id);
    if (dialog == nullptr) {
      services_->shards.resume(handle, Answer(base::fail("Dialog not found", kNotFound)));
      return;
    }
    shard.start(send_in(*dialog, to, std::move(request)),
                [this, handle](Answer done) { services_->shards.resume(handle, std::move(done)); });
  });
  const Answer done = co_await answer;
  if (!done) co_return std::unexpected(done.error());
  Json result = Json::object();
  result.add("Status", fmt::format("{} {}", done->status, done->reason));
  result.add("Message", done->message);
  co_return result;
}

}  // namespace carillon::dialog
