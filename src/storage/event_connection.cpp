// SPDX-License-Identifier: Apache-2.0
// See event_connection.h.
#include "storage/event_connection.h"

#include <utility>

#include "storage/sql.h"

namespace carillon::storage {

base::Task<base::Result<>> EventConnection::select(const Select& select, const RowFunction& on_row) {
  const sql::Statement statement = sql::select(session_->dialect(), select);
  const Session::Request request{
      .text = statement.text, .parameters = statement.parameters, .keep = Session::Keep::Prepared};
  const SlowStatement timed(name_, settings_, statement.text);
  auto read = co_await session_->statement(request, on_row);
  if (!read) co_return std::unexpected(std::move(read.error()));
  co_return base::Result<>();
}

base::Task<base::Result<>> EventConnection::raw(const RawStatement& statement, const RowFunction& on_row) {
  const auto prepared = RawRequest::make(session_->dialect(), statement, name_);
  if (!prepared) co_return std::unexpected(prepared.error());
  const Session::Request request{.text = prepared->text(statement), .parameters = prepared->parameters()};
  const SlowStatement timed(name_, settings_, request.text);
  auto done = co_await session_->statement(request, on_row);
  if (!done && (RawRequest::only_reads(statement) || !session_->unanswered())) {
    co_return std::unexpected(std::move(done.error()));
  }
  if (!done) co_return std::unexpected(outcome_unknown(std::move(done.error())));
  if (!session_->in_transaction()) co_return base::Result<>();
  lost_ = true;  // which ends the transaction
  co_return base::fail(name_ + ": a transaction can't span statements", static_cast<int>(Fault::Unsupported));
}

}  // namespace carillon::storage
