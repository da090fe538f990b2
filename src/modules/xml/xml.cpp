// SPDX-License-Identifier: Apache-2.0
// See xml.h.
#include "modules/xml/xml.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "script/transformations.h"

namespace carillon::xml {

using namespace module;
using script::Value;
using script::VariableRef;

namespace {

// A run takes in at most so many times max_size.
constexpr std::size_t kDocumentsOfARun = 16;

}  // namespace

// name/element[index]..., then nothing, ".val" or ".attr/name".
base::Result<XmlPath> XmlPath::parse(std::string_view text) {
  constexpr std::string_view kText = ".val";
  constexpr std::string_view kAttribute = ".attr/";
  XmlPath result;
  std::string_view elements = text;
  if (const auto at = path_ending(text, kText); at != std::string_view::npos) {
    result.access = Access::Text;
    elements = text.substr(0, at);
  } else if (const auto slash = text.rfind(kAttribute); slash != std::string_view::npos) {
    const std::string_view upto = text.substr(0, slash + kAttribute.size());
    if (path_ending(upto, kAttribute) != std::string_view::npos) {
      auto name = VariablePath::parse(text.substr(upto.size()));
      if (!name || !name->steps.empty()) return base::fail("behind .attr/ stands the name of an attribute");
      result.access = Access::Attribute;
      result.attribute = std::move(name->name);
      elements = text.substr(0, slash);
    }
  }
  auto path = VariablePath::parse(elements);
  if (!path) return std::unexpected(std::move(path.error()));
  if (result.access != Access::Element && path->steps.empty()) {
    return base::fail(".val and .attr/ are of an element: name/root.val");
  }
  result.path = std::move(*path);
  return result;
}

bool XmlPath::leads_nowhere() const {
  return std::ranges::any_of(path.steps, [](const PathStep& step) { return step.kind == PathStep::Kind::Nowhere; });
}

base::Result<> Xml::start(Services& /*services*/) {
  if (max_size < 1) return base::fail("max_size must be at least 1");
  prepare_library();
  return {};
}

base::Result<XmlPath> Xml::path_of(const VariableRef& ref) {
  if (ref.compiled != nullptr) return *static_cast<const XmlPath*>(ref.compiled);
  return XmlPath::parse(ref.sub_name);
}

Value Xml::read(RouteContext& context, const VariableRef& ref) {
  auto* const documents = context.find_of_run<Documents>(this);
  if (documents == nullptr) return Value::null();
  const auto path = path_of(ref);
  if (!path) {
    log::error("$xml({}): {}", ref.sub_name, path.error().message);
    return Value::null();
  }
  const auto document = documents->by_name.find(path->path.name);
  if (document == documents->by_name.end()) return Value::null();
  std::optional<std::string> text;
  switch (path->access) {
    case XmlPath::Access::Element:
      text = document->second.element(path->path.steps);
      break;
    case XmlPath::Access::Text:
      text = document->second.text(path->path.steps);
      break;
    case XmlPath::Access::Attribute:
      text = document->second.attribute(path->path.steps, path->attribute);
      break;
  }
  return text ? Value::text(context.keep(*text)) : Value::null();
}

base::Result<> Xml::account(Documents& documents, std::string_view text) const {
  const auto most = static_cast<std::size_t>(max_size);
  if (text.size() > most) return base::fail(fmt::format("{} bytes; max_size allows {}", text.size(), most));
  documents.parsed += text.size();
  if (documents.parsed > most * kDocumentsOfARun) {
    return base::fail(fmt::format("one run takes in at most {} bytes of XML", most * kDocumentsOfARun));
  }
  return {};
}

base::Result<> Xml::remove(Documents& documents, const XmlPath& path) {
  const auto document = documents.by_name.find(path.path.name);
  if (document == documents.by_name.end()) return {};
  if (path.path.steps.empty()) {
    documents.by_name.erase(document);
    return {};
  }
  switch (path.access) {
    case XmlPath::Access::Element:
      return document->second.remove(path.path.steps);
    case XmlPath::Access::Text:
      return document->second.remove_text(path.path.steps);
    case XmlPath::Access::Attribute:
      return document->second.remove_attribute(path.path.steps, path.attribute);
  }
  return {};
}

base::Result<> Xml::put(Documents& documents, const XmlPath& path, std::string_view text) {
  if (path.path.steps.empty()) {
    auto parsed = Document::parse(text);
    if (!parsed) return std::unexpected(std::move(parsed.error()));
    documents.by_name.insert_or_assign(path.path.name, std::move(*parsed));
    return {};
  }
  const auto document = documents.by_name.find(path.path.name);
  if (document == documents.by_name.end()) return base::fail(fmt::format("there is no $xml({})", path.path.name));
  switch (path.access) {
    case XmlPath::Access::Element:
      return document->second.append(path.path.steps, text);
    case XmlPath::Access::Text:
      return document->second.set_text(path.path.steps, text);
    case XmlPath::Access::Attribute:
      return document->second.set_attribute(path.path.steps, path.attribute, text);
  }
  return {};
}

base::Result<> Xml::write(RouteContext& context, const VariableRef& ref, const Value& value) {
  const auto path = path_of(ref);
  if (!path) return std::unexpected(path.error());
  if (path->leads_nowhere()) return base::fail("a variable in the path is NULL");
  auto& documents = context.of_run<Documents>(this);
  if (value.is_null()) return remove(documents, *path);
  const std::string_view text = script::to_text(value, context.arena());
  if (auto fits = account(documents, text); !fits) return fits;
  return put(documents, *path, text);
}

}  // namespace carillon::xml
