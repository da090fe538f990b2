// SPDX-License-Identifier: Apache-2.0
// See lua.h.
#include "modules/lua/lua.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <coroutine>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "module/blocking.h"
#include "modules/lua/api.h"
#include "modules/lua/execution.h"
#include "routing/proxy.h"

namespace carillon::lua {
namespace {

using management::Json;
using std::chrono_literals::operator""s;

constexpr std::size_t kLargestFile = 4U << 20U;
constexpr std::size_t kWatched = 10'000;

std::unexpected<base::Error> failed(const std::string& file, int error) {
  return base::fail(fmt::format("{}: {}", file, std::system_category().message(error)));
}

// Nanoseconds; -1 when there is no such file.
std::int64_t changed_at(const std::string& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return -1;
  return std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

// What a function that Lua has called resumes.
class CalledFunction {
 public:
  explicit CalledFunction(RouteContext& context) : context_(context) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    context_.divert([this, waiter](int code) {
      code_ = code;
      waiter.resume();
    });
  }
  [[nodiscard]] int await_resume() const noexcept { return code_; }

 private:
  RouteContext& context_;
  int code_ = 0;
};

}  // namespace

base::Result<> Lua::start(module::Services& services) {
  services_.emplace(services);
  if (max_memory < 256) return base::fail("max_memory must be 256 KiB at least");
  if (max_time.count() < 1) return base::fail("max_time must be above 0");
  if (lua_allocator != "opensips" && lua_allocator != "malloc") {
    return base::fail("lua_allocator must be \"opensips\" or \"malloc\"");
  }
  limits_ = {.memory = static_cast<std::size_t>(max_memory) * 1024,
             .time = max_time,
             .only_reads = services.stand_in != nullptr};
  file_name_ = (std::filesystem::path(services.script_directory) / luafilename).string();
  auto file = read_file();
  if (!file) return std::unexpected(std::move(file.error()));
  file_.store(std::move(*file));
  return {};
}

base::Result<std::shared_ptr<const SourceFile>> Lua::read_file() const {
  auto file = std::make_shared<SourceFile>();
  file->name = file_name_;
  file->changed = changed_at(file_name_);
  std::ifstream stream(file_name_, std::ios::binary);
  if (!stream) return failed(file_name_, errno);
  file->text.resize(kLargestFile + 1);
  stream.read(file->text.data(), static_cast<std::streamsize>(file->text.size()));
  if (stream.bad()) return failed(file_name_, EIO);
  file->text.resize(static_cast<std::size_t>(stream.gcount()));
  if (file->text.size() > kLargestFile) {
    return base::fail(fmt::format("{}: more than {} bytes", file_name_, kLargestFile));
  }
  // In a universe of its own, so that a mistake in it does nothing to those that run.
  auto universe = Universe::make(limits_, &add_functions, const_cast<Lua*>(this));
  if (!universe) return std::unexpected(std::move(universe.error()));
  if (auto loaded = (*universe)->load(*file); !loaded) return std::unexpected(std::move(loaded.error()));
  return file;
}

base::Result<std::unique_ptr<Universe>> Lua::make_universe() { return Universe::make(limits_, &add_functions, this); }

Lua::Home* Lua::home_in(RouteContext& context) {
  Home& home = homes_[context.proxy().shard()];
  if (home.universe == nullptr) {
    auto made = make_universe();
    if (!made) {
      log::error("lua: {}", made.error().message);
      return nullptr;
    }
    home.universe = std::move(*made);
    home.pieces = std::make_unique<Pieces>(services_->modules, compiling_);
  }
  const std::shared_ptr<const SourceFile>& present = home.reader.read(file_);
  if (home.loaded == present) return &home;
  if (auto loaded = home.universe->load(*present); !loaded) {
    log::error("lua: {}", loaded.error().message);
    if (home.loaded == nullptr) return nullptr;
  }
  home.loaded = present;
  return &home;
}

base::Task<Verdict> Lua::lua_exec(RouteContext& context, std::string_view function,
                                  std::optional<std::string_view> parameter) {
  if (lua_auto_reload) look_for_changes();
  Home* const home = home_in(context);
  if (home == nullptr) co_return module::kFalse;
  Execution execution(*home->universe, *home->pieces, context);
  Execution::State state = execution.start(function, parameter);
  while (state == Execution::State::Waits) {
    Call::State called = Call::State::Waits;
    while (called == Call::State::Waits) {
      const int code = co_await CalledFunction(context);
      called = execution.called().resume(code);
    }
    state = execution.go_on();
  }
  if (state == Execution::State::Returned) co_return execution.code();
  log::error("lua_exec(\"{}\"): {}", function, execution.error());
  co_return module::kFalse;
}

Verdict Lua::lua_meminfo(RouteContext& context) {
  const Home& home = homes_[context.proxy().shard()];
  const std::size_t used = home.universe == nullptr ? 0 : home.universe->memory_used();
  log::notice("lua: {} bytes in use in this shard, of {}", used, limits_.memory);
  return module::kTrue;
}

// --- reloading

void Lua::look_for_changes() {
  const std::int64_t now = services_->clock.now().time_since_epoch().count();
  std::int64_t due = look_at_.load(std::memory_order_relaxed);
  if (now < due || !look_at_.compare_exchange_strong(due, now + base::Duration(1s).count())) return;
  static_cast<void>(services_->pool.submit([this] { reload_if_changed(); }));
}

void Lua::reload_if_changed() {
  const std::int64_t changed = changed_at(file_name_);
  const std::shared_ptr<const SourceFile> present = file_.load();
  if (changed < 0 || changed == present->changed) return;
  auto file = read_file();
  if (file) {
    log::notice("lua: {} has changed and is loaded", file_name_);
    file_.store(std::move(*file));
    return;
  }
  // Not again before it changes again.
  log::error("lua: it stays as it was: {}", file.error().message);
  auto same = std::make_shared<SourceFile>(*present);
  same->changed = changed;
  file_.store(std::move(same));
}

base::Task<base::Result<Json>> Lua::reload(management::Parameters /*parameters*/) {
  auto job = [this] { return read_file(); };
  auto file = co_await module::run_blocking(*services_, std::move(job));
  if (!file) co_return base::fail(file.error().message, 500);
  file_.store(std::move(*file));
  co_return Json("OK");
}

// --- lua:watch

bool Lua::watches(std::string_view extension) const {
  const std::scoped_lock lock(watched_mutex_);
  return watched_.contains(extension);
}

base::Task<base::Result<Json>> Lua::watch(management::Parameters parameters) {
  const std::scoped_lock lock(watched_mutex_);
  if (!parameters.has("action")) {
    Json list = Json::array();
    for (const std::string& extension : watched_) list.push_back(Json(extension));
    Json answer = Json::object();
    answer.add("extension", std::move(list));
    co_return answer;
  }
  const auto action = parameters.text("action");
  const auto extension = parameters.text("extension");
  if (!action || !extension) co_return base::fail("action and extension are expected", 400);
  if (*action == "add") {
    if (watched_.size() >= kWatched) co_return base::fail(fmt::format("{} are watched already", kWatched), 500);
    watched_.insert(*extension);
  } else if (*action == "delete") {
    watched_.erase(*extension);
  } else {
    co_return base::fail("action must be add or delete", 400);
  }
  co_return Json("OK");
}

}  // namespace carillon::lua
