// SPDX-License-Identifier: Apache-2.0
// JSON documents as scripts change them: trees whose parts may stand in several places at once (json_link).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace carillon::json {

class Node;
// Shared because json_link() puts one node into several containers. One run's, so one thread's at a time.
using NodePtr = std::shared_ptr<Node>;

// The members of an object, in the order in which they came.
class Members {
 public:
  using Member = std::pair<std::string, NodePtr>;

  Members();
  ~Members();
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  [[nodiscard]] Node* find(std::string_view name) const;
  [[nodiscard]] const NodePtr* find_shared(std::string_view name) const;
  void set(std::string_view name, NodePtr value);
  bool erase(std::string_view name);
  [[nodiscard]] const std::vector<Member>& list() const { return list_; }
  [[nodiscard]] std::vector<Member> take() { return std::move(list_); }

 private:
  static constexpr std::size_t kSmall = 16;  // up to so many are looked through
  [[nodiscard]] std::size_t place_of(std::string_view name) const;

  std::vector<Member> list_;
  struct Places;
  mutable std::unique_ptr<Places> places_;  // of a large object, made when something is looked for
};

class Node {
 public:
  enum class Kind : std::uint8_t { Null, Boolean, Integer, Real, Text, Array, Object };

  Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  // Not by recursion: links make trees of any depth.
  ~Node();

  [[nodiscard]] static NodePtr integer(std::int64_t number);
  [[nodiscard]] static NodePtr text(std::string_view text);
  [[nodiscard]] static NodePtr of(Kind kind);

  [[nodiscard]] bool is_container() const { return kind == Kind::Array || kind == Kind::Object; }

  Kind kind = Kind::Null;
  std::int64_t number = 0;  // Integer, Boolean
  std::string string;       // Text; of a Real the number as it was written
  std::vector<NodePtr> elements;
  Members members;
};

struct Limits {
  std::size_t bytes = 1U << 20;
  std::size_t depth = 64;
  std::size_t values = 100'000;
};

[[nodiscard]] base::Result<NodePtr> parse(std::string_view text, const Limits& limits);

// As json-c writes them, whose output OpenSIPS's scripts know.
enum class Style : std::uint8_t {
  Spaced,               // { "a": [ 1, 2 ] }
  Compact,              // {"a":[1,2]}
  CompactPlainSlashes,  // the same with "/" instead of "\/"
  Pretty,               // a line for each value
};
// Bytes that aren't UTF-8 are written as U+FFFD. An error beyond `limit` bytes, or when links nest too deep.
[[nodiscard]] base::Result<std::string> write(const Node& node, Style style, std::size_t limit);

// RFC 7396: what `target` becomes by `patch`, whose parts it then shares.
[[nodiscard]] NodePtr merge_patch(const NodePtr& target, const NodePtr& patch);

// Whether `wanted` is `from` or somewhere below it.
[[nodiscard]] bool reaches(const Node& from, const Node& wanted);

}  // namespace carillon::json
