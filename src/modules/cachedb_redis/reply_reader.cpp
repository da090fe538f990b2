// SPDX-License-Identifier: Apache-2.0
// See reply_reader.h.
#include "modules/cachedb_redis/reply_reader.h"

#include <hiredis/hiredis.h>

#include <new>
#include <utility>

namespace carillon::cachedb_redis {
namespace {

using storage::Reply;

// Where hiredis's next value goes: a place in the list above it, or a reply of its own. Null refuses it.
Reply* place(const redisReadTask* task) {
  if (task->parent == nullptr) return new (std::nothrow) Reply;
  return &static_cast<Reply*>(task->parent->obj)->list[static_cast<std::size_t>(task->idx)];
}

void* create_text(const redisReadTask* task, char* text, std::size_t size) {
  Reply* reply = place(task);
  if (reply == nullptr) return nullptr;
  reply->kind = task->type == REDIS_REPLY_ERROR ? Reply::Kind::Error : Reply::Kind::Text;
  reply->text.assign(text, size);
  return reply;
}

void* create_list(const redisReadTask* task, int count) {
  auto& values = *static_cast<std::size_t*>(task->privdata);  // of all lists so far, come or not
  if (count < 0 || static_cast<std::size_t>(count) > ReplyReader::kMaxValues - values) return nullptr;
  values += static_cast<std::size_t>(count);
  Reply* reply = place(task);
  if (reply == nullptr) return nullptr;
  reply->kind = Reply::Kind::List;
  reply->list.resize(static_cast<std::size_t>(count));
  return reply;
}

void* create_integer(const redisReadTask* task, long long value) {
  Reply* reply = place(task);
  if (reply == nullptr) return nullptr;
  reply->kind = Reply::Kind::Integer;
  reply->integer = value;
  return reply;
}

void* create_nil(const redisReadTask* task) { return place(task); }

void free_reply(void* reply) { delete static_cast<Reply*>(reply); }

redisReplyObjectFunctions functions = {create_text, create_list, create_integer, create_nil, free_reply};

}  // namespace

void ReplyReader::Free::operator()(redisReader* reader) const noexcept { redisReaderFree(reader); }

ReplyReader::ReplyReader()
    : reader_(redisReaderCreateWithFunctions(&functions)), values_(std::make_unique<std::size_t>(0)) {
  reader_->privdata = values_.get();
}

ReplyReader::~ReplyReader() = default;
ReplyReader::ReplyReader(ReplyReader&&) noexcept = default;

base::Result<> ReplyReader::feed(std::string_view bytes) {
  waiting_ += bytes.size();
  if (waiting_ > kMaxBytes) return base::fail("a reply is too long");
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) return base::fail(reader_->errstr);
  return {};
}

base::Result<std::optional<Reply>> ReplyReader::next() {
  void* whole = nullptr;
  if (redisReaderGetReply(reader_.get(), &whole) != REDIS_OK) return base::fail(reader_->errstr);
  if (whole == nullptr) return std::nullopt;
  *values_ = 0;
  waiting_ = reader_->len - reader_->pos;
  const std::unique_ptr<Reply> reply(static_cast<Reply*>(whole));
  return std::move(*reply);
}

}  // namespace carillon::cachedb_redis
