// SPDX-License-Identifier: Apache-2.0
// Reading and writing JSON. nlohmann's reader checks the grammar and UTF-8; what it finds is counted here as it comes.
#include "management/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace carillon::management {
namespace {

// Gathers values from the outside in: a container is finished before it is put into the one around it. A callback that
// returns false ends the reading.
class Builder {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  explicit Builder(const Json::Limits& limits) : limits_(limits) {}

  bool null() { return put(Json()); }
  bool boolean(bool value) { return put(Json(value)); }
  bool number_integer(number_integer_t value) { return put(Json(value)); }
  bool number_unsigned(number_unsigned_t value) { return put(Json(value)); }
  bool number_float(number_float_t value, const string_t&) { return put(Json(value)); }
  bool string(string_t& value) { return put(Json(std::move(value))); }
  bool binary(binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Json::object()); }
  bool key(string_t& name) {
    open_.back().name = std::move(name);
    return true;
  }
  bool end_object() { return close(); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) {
    error_ = fmt::format("not JSON at byte {}", position);
    return false;
  }

  base::Result<Json> finish(bool complete) {
    if (complete) return std::move(result_);
    return base::fail(std::move(error_));
  }

 private:
  struct Open {
    Json container;
    std::string name;  // of the member that comes next
  };

  bool open(Json container) {
    if (open_.size() >= limits_.depth) return refuse(fmt::format("more than {} levels deep", limits_.depth));
    open_.push_back({.container = std::move(container), .name = {}});
    return true;
  }

  bool close() {
    Json finished = std::move(open_.back().container);
    open_.pop_back();
    return put(std::move(finished));
  }

  bool put(Json value) {
    if (++values_ > limits_.values) return refuse(fmt::format("more than {} values", limits_.values));
    if (open_.empty()) {
      result_ = std::move(value);
    } else if (Open& around = open_.back(); around.container.if_object() != nullptr) {
      around.container.add(std::move(around.name), std::move(value));
    } else {
      around.container.push_back(std::move(value));
    }
    return true;
  }

  bool refuse(std::string why) {
    error_ = std::move(why);
    return false;
  }

  const Json::Limits& limits_;
  std::vector<Open> open_;
  std::size_t values_ = 0;
  Json result_;
  std::string error_;
};

bool is_plain(char c) { return c >= ' ' && c < '\x7f' && c != '"' && c != '\\'; }

void write_string(const std::string& value, std::string& out) {
  if (std::ranges::all_of(value, is_plain)) {
    out += '"';
    out += value;
    out += '"';
  } else {
    out += nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
}

class Writer {
 public:
  explicit Writer(int indent) : indent_(indent) {}

  void write(const Json& value) {
    if (const auto* array = value.if_array()) {
      write_all(*array, '[', ']', [this](const Json& item) { write(item); });
    } else if (const auto* object = value.if_object()) {
      write_all(*object, '{', '}', [this](const Json::Member& member) {
        write_string(member.name, text);
        text += indent_ < 0 ? ":" : ": ";
        write(member.value);
      });
    } else {
      write_scalar(value);
    }
  }

  std::string text;

 private:
  void write_scalar(const Json& value) {
    if (const auto* string = value.if_string()) {
      write_string(*string, text);
    } else if (const auto* integer = value.if_integer()) {
      text += std::to_string(*integer);
    } else if (const auto* real = value.if_real()) {
      text += nlohmann::json(*real).dump();  // the shortest that reads back the same; null when it isn't finite
    } else if (const auto* boolean = value.if_bool()) {
      text += *boolean ? "true" : "false";
    } else if (const std::string* written = value.written_text()) {
      text += std::string_view(*written).substr(std::min(written->find_first_not_of(' '), written->size()));
    } else {
      text += "null";
    }
  }

  template <typename Items, typename WriteItem>
  void write_all(const Items& items, char open, char close, WriteItem write_item) {
    text += open;
    ++level_;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) text += ',';
      new_line();
      write_item(items[i]);
    }
    --level_;
    if (!items.empty()) new_line();
    text += close;
  }

  void new_line() {
    if (indent_ < 0) return;
    text += '\n';
    text.append(static_cast<std::size_t>(indent_) * level_, ' ');
  }

  const int indent_;
  std::size_t level_ = 0;
};

}  // namespace

const Json* Json::find(std::string_view name) const {
  const Object* object = if_object();
  if (object == nullptr) return nullptr;
  const auto found = std::ranges::find(*object, name, &Member::name);
  return found != object->end() ? &found->value : nullptr;
}

Json& Json::push_back(Json value) {
  if (is_null()) value_ = Array{};
  return std::get<Array>(value_).emplace_back(std::move(value));
}

Json& Json::add(std::string name, Json value) {
  if (is_null()) value_ = Object{};
  return std::get<Object>(value_).emplace_back(std::move(name), std::move(value)).value;
}

Json Json::written(std::string text) {
  Json json;
  json.value_ = Written{std::move(text)};
  return json;
}

std::string* Json::if_written() {
  auto* written = std::get_if<Written>(&value_);
  return written == nullptr ? nullptr : &written->text;
}

const std::string* Json::written_text() const {
  const auto* written = std::get_if<Written>(&value_);
  return written == nullptr ? nullptr : &written->text;
}

std::string Json::text(int indent) const {
  Writer writer(indent);
  writer.write(*this);
  return std::move(writer.text);
}

base::Result<Json> Json::parse(std::string_view text, const Limits& limits) {
  if (text.size() > limits.bytes) return base::fail(fmt::format("more than {} bytes", limits.bytes));
  // JSON has no such byte anywhere; nlohmann's reader would take it for the end.
  if (text.contains('\0')) return base::fail(fmt::format("not JSON at byte {}", text.find('\0') + 1));
  Builder builder(limits);
  const bool complete = nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  return builder.finish(complete);
}

bool operator==(const Json& a, const Json& b) { return a.value_ == b.value_; }

std::string indented(std::string text, int spaces) {
  constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
  const auto json = Json::parse(text, {.bytes = kNoLimit, .depth = 1000, .values = kNoLimit});
  return json ? json->text(spaces) : text;
}

}  // namespace carillon::management
