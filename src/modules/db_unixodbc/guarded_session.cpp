// SPDX-License-Identifier: Apache-2.0
// Each call of the session is one on its thread, with copies of what it is given.
#include "modules/db_unixodbc/guarded_session.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace carillon::db_unixodbc {
namespace {

using storage::Fault;

// How much longer than the server is waited, so that the server's own answer to a slow statement is heard.
constexpr std::chrono::seconds kMargin{1};
// A driver may read a whole table before it hands over the first row: so many times as long.
constexpr int kWholeTable = 10;
// For a connection to be closed: it says goodbye and expects nothing.
constexpr std::chrono::seconds kGoodbye{1};

}  // namespace

GuardedSession::GuardedSession(std::unique_ptr<CallThread> thread, std::shared_ptr<OdbcSession> session,
                               std::string name, std::chrono::seconds query_timeout,
                               std::shared_ptr<LeftBehind> left_behind)
    : thread_(std::move(thread)),
      session_(std::move(session)),
      name_(std::move(name)),
      query_timeout_(query_timeout),
      left_behind_(std::move(left_behind)),
      dialect_(session_->dialect()),
      most_parameters_(session_->most_parameters()) {}

// Whether it was closed or is still being closed makes no difference here.
GuardedSession::~GuardedSession() {
  if (session_ == nullptr) return;
  static_cast<void>(thread_->run([closed = std::move(session_)]() mutable { closed.reset(); }, kGoodbye));
}

base::Duration GuardedSession::silence() const {
  return query_timeout_.count() == 0 ? CallThread::kForEver : base::Duration(query_timeout_ + kMargin);
}

std::unexpected<base::Error> GuardedSession::left(base::Duration silence) {
  session_.reset();  // the thread that was left closes it
  return base::fail(fmt::format("{}: no answer within {} s", name_,
                                std::chrono::duration_cast<std::chrono::seconds>(silence).count()),
                    static_cast<int>(Fault::Busy));
}

template <typename T, typename Action>
base::Result<T> GuardedSession::call(Action action, base::Duration silence) {
  if (session_ == nullptr) return base::fail(name_ + ": it was given up", static_cast<int>(Fault::Unavailable));
  // Shared, so that one left behind has where to put its result.
  const auto result = std::make_shared<base::Result<T>>();
  const bool came_back = thread_->run(
      [result, session = session_, action = std::move(action)]() mutable { *result = action(*session); }, silence);
  if (!came_back) return left(silence);
  return std::move(*result);
}

base::Result<> GuardedSession::set_up() {
  return call<void>([](OdbcSession& session) { return session.set_up(); }, silence());
}

// Lifting the server's limit tells in time whether it answers at all.
base::Result<std::uint64_t> GuardedSession::run(const Request& request, const storage::RowFunction& on_row) {
  if (!request.endless || query_timeout_.count() == 0) return run_within(request, on_row, silence());
  const auto limit = [this](bool limited) {
    return call<void>([limited](OdbcSession& session) { return session.set_time_limit(limited); }, silence());
  };
  if (auto lifted = limit(false); !lifted) return std::unexpected(std::move(lifted.error()));
  auto result = run_within(request, on_row, silence() * kWholeTable);
  if (session_ != nullptr && !session_->is_lost() && !limit(true) && session_ != nullptr) session_->give_up();
  return result;
}

base::Result<std::uint64_t> GuardedSession::run_within(const Request& request, const storage::RowFunction& on_row,
                                                       base::Duration longest) {
  std::vector<storage::Value> values;
  values.reserve(request.parameters.size());
  for (const storage::Value* value : request.parameters) values.push_back(*value);
  return call<std::uint64_t>(
      [text = std::string(request.text), values = std::move(values), keep = request.keep, endless = request.endless,
       &calls = thread_->calls(), &on_row](OdbcSession& session) {
        std::vector<const storage::Value*> parameters;
        parameters.reserve(values.size());
        for (const storage::Value& value : values) parameters.push_back(&value);
        return session.run({.text = text, .parameters = parameters, .keep = keep, .endless = endless},
                           [&calls, &on_row](const storage::Row& row) {
                             return calls.call_back([&on_row, &row] { return on_row(row); });
                           });
      },
      longest);
}

base::Result<> GuardedSession::begin() {
  return call<void>([](OdbcSession& session) { return session.begin(); }, silence());
}

base::Result<> GuardedSession::begin_snapshot() {
  return call<void>([](OdbcSession& session) { return session.begin_snapshot(); }, silence());
}

base::Result<> GuardedSession::commit() {
  return call<void>([](OdbcSession& session) { return session.commit(); }, silence());
}

base::Result<> GuardedSession::rollback() {
  return call<void>([](OdbcSession& session) { return session.rollback(); }, silence());
}

base::Result<bool> GuardedSession::has_table(std::string_view name) {
  return call<bool>([name = std::string(name)](OdbcSession& session) { return session.has_table(name); }, silence());
}

// With too many threads left behind, not even an idle connection is tried.
bool GuardedSession::alive() {
  if (session_ == nullptr || left_behind_->is_full()) return false;
  if (!session_->has_idled()) return session_->alive();
  const auto asked = call<bool>([](OdbcSession& session) { return base::Result<bool>(session.alive()); }, silence());
  return asked.value_or(false);
}

}  // namespace carillon::db_unixodbc
