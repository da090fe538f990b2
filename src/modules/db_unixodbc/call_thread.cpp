// SPDX-License-Identifier: Apache-2.0
// Handing over, waiting, leaving.
#include "modules/db_unixodbc/call_thread.h"

#include <chrono>
#include <system_error>
#include <utility>

#include "storage/driver.h"

namespace carillon::db_unixodbc {

bool Calls::call_back(base::FunctionRef<bool()> action) {
  {
    const std::scoped_lock lock(mutex_);
    if (left_) return false;
    calling_back_ = true;
  }
  const bool result = action();
  const std::scoped_lock lock(mutex_);
  calling_back_ = false;
  heard_ = std::chrono::steady_clock::now();
  return result;
}

void Calls::serve() {
  std::unique_lock lock(mutex_);
  while (!left_) {
    wake_.wait(lock, [this] { return pending_ || ended_; });
    if (!pending_) return;
    pending_ = false;
    Call call = std::exchange(call_, nullptr);
    lock.unlock();
    call();
    call = nullptr;  // what it owns is destroyed here, before anybody goes on
    lock.lock();
    done_ = true;
    answer_.notify_one();
  }
  left_behind_->remove();
}

base::Result<std::unique_ptr<CallThread>> CallThread::start(std::shared_ptr<LeftBehind> left_behind) {
  std::unique_ptr<CallThread> result(new CallThread(std::make_shared<Calls>(std::move(left_behind))));
  try {
    result->thread_ = std::thread([calls = result->calls_] { calls->serve(); });
  } catch (const std::system_error& error) {
    return base::fail(std::string("no thread: ") + error.what(), static_cast<int>(storage::Fault::Unavailable));
  }
  return result;
}

CallThread::~CallThread() {
  if (was_left()) return;
  {
    const std::scoped_lock lock(calls_->mutex_);
    calls_->ended_ = true;
  }
  calls_->wake_.notify_one();
  thread_.join();
}

bool CallThread::run(Calls::Call call, base::Duration silence) {
  Calls& calls = *calls_;
  std::unique_lock lock(calls.mutex_);
  calls.call_ = std::move(call);
  calls.pending_ = true;
  calls.done_ = false;
  calls.heard_ = std::chrono::steady_clock::now();
  calls.wake_.notify_one();
  const auto is_done = [&calls] { return calls.done_; };
  if (silence == kForEver) {
    calls.answer_.wait(lock, is_done);
    return true;
  }
  while (!calls.answer_.wait_until(lock, calls.heard_ + silence, is_done)) {
    const auto now = std::chrono::steady_clock::now();
    if (calls.calling_back_) calls.heard_ = now;
    if (now < calls.heard_ + silence) continue;
    calls.left_ = true;
    calls.left_behind_->add();
    thread_.detach();
    return false;
  }
  return true;
}

}  // namespace carillon::db_unixodbc
