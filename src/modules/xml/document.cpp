// SPDX-License-Identifier: Apache-2.0
// See document.h.
#include "modules/xml/document.h"

#include <fmt/format.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlsave.h>

#include <utility>
#include <vector>

#include "base/strings.h"
#include "base/utf8.h"

namespace carillon::xml {

using module::PathStep;

namespace {

constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NODICT;

struct FreeDocument {
  void operator()(xmlDoc* document) const { xmlFreeDoc(document); }
};
struct FreeContext {
  void operator()(xmlParserCtxt* context) const { xmlFreeParserCtxt(context); }
};
using DocumentPtr = std::unique_ptr<xmlDoc, FreeDocument>;

std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}
// For functions that want a terminating NUL; there is none inside (is_text).
class CText {
 public:
  explicit CText(std::string_view text) : text_(text) {}
  [[nodiscard]] const xmlChar* get() const { return reinterpret_cast<const xmlChar*>(text_.c_str()); }

 private:
  std::string text_;
};

// Characters that XML 1.0 has at all (section 2.2).
bool is_text(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ' && c != '\t' && c != '\n' && c != '\r') return false;
  }
  return base::is_utf8(text);
}

struct QualifiedName {
  std::string_view prefix;
  std::string_view local;
  [[nodiscard]] static QualifiedName of(std::string_view name) {
    const std::size_t colon = name.find(':');
    if (colon == std::string_view::npos) return {.prefix = {}, .local = name};
    return {.prefix = name.substr(0, colon), .local = name.substr(colon + 1)};
  }
  [[nodiscard]] bool matches(const xmlChar* name, const xmlNs* space) const {
    if (view(name) != local) return false;
    return prefix.empty() || (space != nullptr && view(space->prefix) == prefix);
  }
};

bool is_own_text(const xmlNode& node) { return node.type == XML_TEXT_NODE || node.type == XML_CDATA_SECTION_NODE; }

// The children of `parent` of that name, or the root.
std::vector<xmlNode*> named_children(xmlNode* first, const QualifiedName& name) {
  std::vector<xmlNode*> found;
  for (xmlNode* node = first; node != nullptr; node = node->next) {
    if (node->type == XML_ELEMENT_NODE && name.matches(node->name, node->ns)) found.push_back(node);
  }
  return found;
}

xmlAttr* find_attribute(const xmlNode& node, std::string_view name) {
  const auto wanted = QualifiedName::of(name);
  for (xmlAttr* attribute = node.properties; attribute != nullptr; attribute = attribute->next) {
    if (wanted.matches(attribute->name, attribute->ns)) return attribute;
  }
  return nullptr;
}

// Refuses what could load files or grow without end.
void refuse_dtd(void* context, const xmlChar* /*name*/, const xmlChar* /*external*/, const xmlChar* /*system*/) {
  auto* const parser = static_cast<xmlParserCtxt*>(context);
  xmlStopParser(parser);
}

std::string describe(const xmlParserCtxt& context) {
  if (context.errNo == XML_ERR_USER_STOP) return "a DTD is not accepted";
  const xmlError& error = context.lastError;
  const std::string_view message = error.message == nullptr ? "not well-formed" : error.message;
  return fmt::format("line {}: {}", error.line, base::trim(message));
}

}  // namespace

struct Document::Tree {
  DocumentPtr document;

  // Null when there is none.
  [[nodiscard]] xmlNode* find(Steps steps) const {
    xmlNode* node = xmlDocGetRootElement(document.get());
    bool is_root = true;
    for (std::size_t i = 0; i < steps.size() && node != nullptr; ++i) {
      if (steps[i].kind != PathStep::Kind::Key) return nullptr;
      const auto like = named_children(is_root ? document->children : node->children, QualifiedName::of(steps[i].key));
      std::int64_t at = 0;
      if (i + 1 < steps.size() && steps[i + 1].kind != PathStep::Kind::Key) {
        if (steps[++i].kind != PathStep::Kind::Index) return nullptr;
        at = steps[i].index < 0 ? static_cast<std::int64_t>(like.size()) + steps[i].index : steps[i].index;
      }
      if (at < 0 || at >= static_cast<std::int64_t>(like.size())) return nullptr;
      node = like[static_cast<std::size_t>(at)];
      is_root = false;
    }
    return node;
  }

  [[nodiscard]] base::Result<xmlNode*> place(Steps steps) const {
    xmlNode* const node = find(steps);
    if (node == nullptr) return base::fail("there is no such element");
    return node;
  }

  [[nodiscard]] std::optional<std::string> write(xmlNode* node) const {
    xmlBuffer* const buffer = xmlBufferCreate();
    if (buffer == nullptr) return std::nullopt;
    std::optional<std::string> text;
    // The buffer's writer ends with it.
    if (xmlOutputBuffer* const out = xmlOutputBufferCreateBuffer(buffer, nullptr); out != nullptr) {
      xmlNodeDumpOutput(out, document.get(), node, 0, 0, "UTF-8");
      if (xmlOutputBufferClose(out) >= 0) text = view(xmlBufferContent(buffer));
    }
    xmlBufferFree(buffer);
    return text;
  }
};

void prepare_library() { xmlInitParser(); }

Document::Document(std::unique_ptr<Tree> tree) : tree_(std::move(tree)) {}
Document::Document(Document&& other) noexcept = default;
Document& Document::operator=(Document&& other) noexcept = default;
Document::~Document() = default;

base::Result<Document> Document::parse(std::string_view text) {
  text = base::trim(text);
  if (!is_text(text)) return base::fail("not a text of XML");
  if (text.size() > INT32_MAX) return base::fail("too long");
  const std::unique_ptr<xmlParserCtxt, FreeContext> context(xmlNewParserCtxt());
  if (context == nullptr) return base::fail("out of memory");
  context->sax->internalSubset = &refuse_dtd;
  DocumentPtr document(
      xmlCtxtReadMemory(context.get(), text.data(), static_cast<int>(text.size()), nullptr, "UTF-8", kOptions));
  if (document == nullptr || context->wellFormed == 0 || context->errNo == XML_ERR_USER_STOP) {
    return base::fail(describe(*context));
  }
  return Document(std::make_unique<Tree>(Tree{std::move(document)}));
}

std::optional<std::string> Document::element(Steps steps) const {
  xmlNode* const node = tree_->find(steps);
  return node == nullptr ? std::nullopt : tree_->write(node);
}

std::optional<std::string> Document::text(Steps steps) const {
  const xmlNode* const node = tree_->find(steps);
  if (node == nullptr) return std::nullopt;
  std::string text;
  for (const xmlNode* child = node->children; child != nullptr; child = child->next) {
    if (is_own_text(*child)) text += view(child->content);
  }
  return text;
}

std::optional<std::string> Document::attribute(Steps steps, std::string_view name) const {
  const xmlNode* const node = tree_->find(steps);
  if (node == nullptr) return std::nullopt;
  const xmlAttr* const attribute = find_attribute(*node, name);
  if (attribute == nullptr) return std::nullopt;
  std::string text;
  for (const xmlNode* part = attribute->children; part != nullptr; part = part->next) text += view(part->content);
  return text;
}

base::Result<> Document::append(Steps steps, std::string_view fragment) {
  const auto place = tree_->place(steps);
  if (!place) return std::unexpected(place.error());
  if (!is_text(fragment) || fragment.size() > INT32_MAX) return base::fail("not a text of XML");
  xmlNode* added = nullptr;
  const xmlParserErrors error =
      xmlParseInNodeContext(*place, fragment.data(), static_cast<int>(fragment.size()), kOptions, &added);
  bool has_element = false;
  for (const xmlNode* node = added; node != nullptr; node = node->next) {
    has_element = has_element || node->type == XML_ELEMENT_NODE;
  }
  if (error != XML_ERR_OK || !has_element) {
    xmlFreeNodeList(added);
    return base::fail("not a well-formed element");
  }
  xmlAddChildList(*place, added);
  return {};
}

base::Result<> Document::remove_text(Steps steps) {
  const auto place = tree_->place(steps);
  if (!place) return std::unexpected(place.error());
  for (xmlNode* child = (*place)->children; child != nullptr;) {
    xmlNode* const next = child->next;
    // What is only there to make the document readable stays.
    if (is_own_text(*child) && xmlIsBlankNode(child) == 0) {
      xmlUnlinkNode(child);
      xmlFreeNode(child);
    }
    child = next;
  }
  return {};
}

base::Result<> Document::set_text(Steps steps, std::string_view text) {
  if (!is_text(text)) return base::fail("the text has characters that XML has not");
  if (auto removed = remove_text(steps); !removed) return removed;
  const auto place = tree_->place(steps);
  if (!place) return std::unexpected(place.error());
  xmlNode* const added = xmlNewDocTextLen(tree_->document.get(), reinterpret_cast<const xmlChar*>(text.data()),
                                          static_cast<int>(text.size()));
  if (added == nullptr) return base::fail("out of memory");
  xmlAddChild(*place, added);
  return {};
}

base::Result<> Document::set_attribute(Steps steps, std::string_view name, std::string_view value) {
  const auto place = tree_->place(steps);
  if (!place) return std::unexpected(place.error());
  if (!is_text(value)) return base::fail("the value has characters that XML has not");
  const CText checked(name);
  if (!is_text(name) || xmlValidateQName(checked.get(), 0) != 0) {
    return base::fail(fmt::format("'{}' is not the name of an attribute", name));
  }
  const auto qualified = QualifiedName::of(name);
  xmlNs* space = nullptr;
  if (!qualified.prefix.empty()) {
    space = xmlSearchNs(tree_->document.get(), *place, CText(qualified.prefix).get());
    if (space == nullptr) return base::fail(fmt::format("the prefix '{}' is not declared", qualified.prefix));
  }
  if (xmlSetNsProp(*place, space, CText(qualified.local).get(), CText(value).get()) == nullptr) {
    return base::fail("the attribute can't be set");
  }
  return {};
}

base::Result<> Document::remove(Steps steps) {
  if (xmlNode* const node = tree_->find(steps); node != nullptr) {
    xmlUnlinkNode(node);
    xmlFreeNode(node);
  }
  return {};
}

base::Result<> Document::remove_attribute(Steps steps, std::string_view name) {
  const xmlNode* const node = tree_->find(steps);
  if (node == nullptr) return {};
  if (xmlAttr* const attribute = find_attribute(*node, name); attribute != nullptr) xmlRemoveProp(attribute);
  return {};
}

}  // namespace carillon::xml
