// SPDX-License-Identifier: Apache-2.0
// See diagnostics_json.h.
#include "server/diagnostics_json.h"

#include "management/json.h"

namespace carillon::server {

using management::Json;

namespace {

Json place(const script::Position& position) {
  Json place = Json::object();
  place.add("line", position.line);
  place.add("column", position.column);
  return place;
}

Json one(const script::Diagnostic& diagnostic, const script::Source& source) {
  Json row = Json::object();
  row.add("file", source.file_name(diagnostic.position));
  row.add("line", diagnostic.position.line);
  row.add("column", diagnostic.position.column);
  row.add("end", place(source.end_of(diagnostic.position)));
  row.add("severity", name_of(diagnostic.severity));
  row.add("code", name_of(diagnostic.code));
  row.add("message", diagnostic.message);
  row.add("hint", diagnostic.hint);
  return row;
}

std::string document(std::string_view file, std::size_t errors, std::size_t warnings, bool complete, Json rows) {
  Json all = Json::object();
  all.add("version", 1);
  all.add("file", file);
  all.add("errors", errors);
  all.add("warnings", warnings);
  all.add("complete", complete);
  all.add("diagnostics", std::move(rows));
  return all.text(2);
}

}  // namespace

std::string diagnostics_json(std::string_view file, const script::Diagnostics& diagnostics,
                             const script::Source& source) {
  Json rows = Json::array();
  for (const script::Diagnostic& diagnostic : diagnostics.all()) rows.push_back(one(diagnostic, source));
  return document(file, diagnostics.errors(), diagnostics.warnings(), !diagnostics.exhausted(), std::move(rows));
}

std::string diagnostics_json(std::string_view file, std::string_view why) {
  const script::Source nothing = script::Source::from_text({}, file);
  const script::Diagnostic unreadable{
      .position = {}, .message = std::string(why), .hint = {}, .code = script::DiagnosticCode::Unreadable};
  Json rows = Json::array();
  rows.push_back(one(unreadable, nothing));
  return document(file, 1, 0, true, std::move(rows));
}

}  // namespace carillon::server
