// SPDX-License-Identifier: Apache-2.0
// Reading and writing JSON documents. nlohmann's reader checks the grammar; numbers with a fraction keep their text.
#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "modules/json/document.h"

namespace carillon::json {
namespace {

// Puts values where they belong as they come. A callback that returns false ends the reading.
class Builder {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  explicit Builder(const Limits& limits) : limits_(limits) {}

  bool null() { return put(Node::of(Node::Kind::Null)); }
  bool boolean(bool value) {
    auto node = Node::of(Node::Kind::Boolean);
    node->number = value ? 1 : 0;
    return put(std::move(node));
  }
  bool number_integer(number_integer_t value) { return put(Node::integer(value)); }
  bool number_unsigned(number_unsigned_t value) {
    if (std::in_range<std::int64_t>(value)) return put(Node::integer(static_cast<std::int64_t>(value)));
    return put(real(std::to_string(value)));
  }
  bool number_float(number_float_t /*value*/, const string_t& text) { return put(real(text)); }
  bool string(string_t& value) {
    auto node = Node::of(Node::Kind::Text);
    node->string = std::move(value);
    return put(std::move(node));
  }
  bool binary(binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Node::of(Node::Kind::Object)); }
  bool key(string_t& name) {
    open_.back().name = std::move(name);
    return true;
  }
  bool end_object() { return close(); }
  bool start_array(std::size_t) { return open(Node::of(Node::Kind::Array)); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) {
    error_ = fmt::format("not JSON at byte {}", position);
    return false;
  }

  [[nodiscard]] base::Result<NodePtr> finish(bool complete) {
    if (complete && root_ != nullptr) return std::move(root_);
    return base::fail(std::move(error_));
  }

 private:
  struct Open {
    NodePtr container;
    std::string name;  // of the member that comes next
  };

  static NodePtr real(std::string text) {
    auto node = Node::of(Node::Kind::Real);
    node->string = std::move(text);
    return node;
  }

  bool put(NodePtr value) {
    if (++values_ > limits_.values) {
      error_ = fmt::format("more than {} values", limits_.values);
      return false;
    }
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (Node& into = *open_.back().container; into.kind == Node::Kind::Array) {
      into.elements.push_back(std::move(value));
    } else {
      into.members.set(open_.back().name, std::move(value));
    }
    return true;
  }

  bool open(const NodePtr& container) {
    if (open_.size() >= limits_.depth) {
      error_ = fmt::format("more than {} levels deep", limits_.depth);
      return false;
    }
    if (!put(container)) return false;
    open_.push_back({.container = container, .name = {}});
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  const Limits& limits_;
  std::vector<Open> open_;
  NodePtr root_;
  std::size_t values_ = 0;
  std::string error_ = "not JSON";
};

class Writer {
 public:
  Writer(Style style, std::size_t limit) : style_(style), limit_(limit) {}

  // False when it became too much.
  bool node(const Node& node, std::size_t depth) {
    constexpr std::size_t kDeepest = 500;
    if (depth > kDeepest || out_.size() > limit_) return false;
    switch (node.kind) {
      case Node::Kind::Null:
        out_ += "null";
        return true;
      case Node::Kind::Boolean:
        out_ += node.number != 0 ? "true" : "false";
        return true;
      case Node::Kind::Integer:
        fmt::format_to(std::back_inserter(out_), "{}", node.number);
        return true;
      case Node::Kind::Real:
        out_ += node.string;
        return true;
      case Node::Kind::Text:
        text(node.string);
        return true;
      case Node::Kind::Array:
        return array(node, depth);
      case Node::Kind::Object:
        return object(node, depth);
    }
    return false;
  }

  [[nodiscard]] base::Result<std::string> finish(bool complete) {
    if (!complete || out_.size() > limit_) return base::fail("the JSON text would be too long, or too deep");
    return std::move(out_);
  }

 private:
  bool array(const Node& of, std::size_t depth) {
    out_ += '[';
    bool first = true;
    for (const NodePtr& element : of.elements) {
      separate(first, depth);
      if (!node(*element, depth + 1)) return false;
    }
    close(']', first, depth);
    return true;
  }

  bool object(const Node& of, std::size_t depth) {
    out_ += '{';
    bool first = true;
    for (const auto& [name, value] : of.members.list()) {
      separate(first, depth);
      text(name);
      out_ += style_ == Style::Spaced || style_ == Style::Pretty ? ": " : ":";
      if (!node(*value, depth + 1)) return false;
    }
    close('}', first, depth);
    return true;
  }

  void separate(bool& first, std::size_t depth) {
    if (!first) out_ += ',';
    first = false;
    if (style_ == Style::Spaced) out_ += ' ';
    if (style_ == Style::Pretty) line(depth + 1);
  }

  void close(char bracket, bool empty, std::size_t depth) {
    if (style_ == Style::Spaced) out_ += ' ';
    if (style_ == Style::Pretty && !empty) line(depth);
    out_ += bracket;
  }

  void line(std::size_t depth) {
    constexpr std::size_t kIndent = 2;
    out_ += '\n';
    out_.append(depth * kIndent, ' ');
  }

  void text(std::string_view text) {
    out_ += '"';
    while (!text.empty()) {
      const std::size_t size = base::utf8_length(text);
      if (size == 0) {
        out_ += "\xEF\xBF\xBD";
        text.remove_prefix(1);
      } else if (size == 1) {
        character(text.front());
        text.remove_prefix(1);
      } else {
        out_ += text.substr(0, size);
        text.remove_prefix(size);
      }
    }
    out_ += '"';
  }

  void character(char c) {
    constexpr std::string_view kNamed = "\"\\/\b\f\n\r\t";
    constexpr std::string_view kNames = "\"\\/bfnrt";
    const std::size_t at = kNamed.find(c);
    if (at != std::string_view::npos && (c != '/' || style_ != Style::CompactPlainSlashes)) {
      out_ += '\\';
      out_ += kNames[at];
    } else if (static_cast<unsigned char>(c) < ' ') {
      fmt::format_to(std::back_inserter(out_), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out_ += c;
    }
  }

  Style style_;
  std::size_t limit_;
  std::string out_;
};

}  // namespace

base::Result<NodePtr> parse(std::string_view text, const Limits& limits) {
  if (text.size() > limits.bytes)
    return base::fail(fmt::format("{} bytes; max_size allows {}", text.size(), limits.bytes));
  Builder builder(limits);
  const bool complete = nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  return builder.finish(complete);
}

base::Result<std::string> write(const Node& node, Style style, std::size_t limit) {
  Writer writer(style, limit);
  const bool complete = writer.node(node, 0);
  return writer.finish(complete);
}

}  // namespace carillon::json
