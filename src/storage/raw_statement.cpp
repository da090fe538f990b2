// SPDX-License-Identifier: Apache-2.0
// See raw_statement.h.
#include "storage/raw_statement.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "base/strings.h"
#include "storage/driver.h"

namespace carillon::storage {
namespace {

struct Token {
  enum class Kind : std::uint8_t { End, Word, Quoted, Text, Number, Sign, Bad } kind = Kind::End;
  std::string text;
};

constexpr bool is_word(char c) { return base::is_alpha(c) || base::is_digit(c) || c == '_' || c == '.'; }

class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_(text) { advance(); }

  [[nodiscard]] const Token& peek() const { return token_; }
  Token take() {
    Token taken = std::move(token_);
    advance();
    return taken;
  }
  // Takes the next token when it is that word (without regard to case) or sign.
  bool accept(std::string_view text) {
    const bool word = token_.kind == Token::Kind::Word && base::iequals(token_.text, text);
    const bool sign = token_.kind == Token::Kind::Sign && token_.text == text;
    if (word || sign) advance();
    return word || sign;
  }

 private:
  void advance() {
    rest_ = base::trim(rest_);
    if (rest_.empty()) {
      token_ = {};
      return;
    }
    const char first = rest_.front();
    if (first == '\'' || first == '"' || first == '`') {
      read_quoted(first);
      return;
    }
    std::size_t size = 0;
    const bool number = base::is_digit(first) || ((first == '-' || first == '+') && rest_.size() > 1 &&
                                                  (base::is_digit(rest_[1]) || rest_[1] == '.'));
    if (number || is_word(first)) {
      size = 1;
      while (size < rest_.size() && is_word(rest_[size])) ++size;
      token_ = {number ? Token::Kind::Number : Token::Kind::Word, std::string(rest_.substr(0, size))};
    } else {
      const std::string_view two = rest_.substr(0, 2);
      size = two == "<=" || two == ">=" || two == "<>" || two == "!=" ? 2 : 1;
      token_ = {Token::Kind::Sign, std::string(rest_.substr(0, size))};
    }
    rest_.remove_prefix(size);
  }

  // A doubled quote stands for one.
  void read_quoted(char quote) {
    token_ = {quote == '\'' ? Token::Kind::Text : Token::Kind::Quoted, {}};
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      if (rest_[at] == quote) {
        if (at + 1 == rest_.size() || rest_[at + 1] != quote) {
          rest_.remove_prefix(at + 1);
          return;
        }
        ++at;
      }
      token_.text += rest_[at];
    }
    rest_ = {};
    token_.kind = Token::Kind::Bad;
  }

  std::string_view rest_;
  Token token_;
};

std::unexpected<base::Error> wrong(std::string_view why) {
  return base::fail(fmt::format("the statement is not understood: {}", why), static_cast<int>(Fault::Other));
}

class Parser {
 public:
  explicit Parser(const RawStatement& statement) : tokens_(statement.text), parameters_(statement.parameters) {}

  base::Result<ParsedStatement> parse() {
    auto parsed = statement();
    if (!parsed) return parsed;
    tokens_.accept(";");
    if (tokens_.peek().kind != Token::Kind::End) return wrong("more than one statement, or text behind it");
    if (used_ != parameters_.size()) return wrong("it has not as many ? as there are parameters");
    return parsed;
  }

 private:
  base::Result<ParsedStatement> statement() {
    if (tokens_.accept("select")) return select();
    if (tokens_.accept("insert")) return insert();
    if (tokens_.accept("update")) return update();
    if (tokens_.accept("delete")) return remove();
    return wrong("SELECT, INSERT, UPDATE or DELETE is expected");
  }

  base::Result<> expect(std::string_view text) {
    if (tokens_.accept(text)) return {};
    return wrong(fmt::format("'{}' is expected", text));
  }

  base::Result<std::string> name() {
    const Token token = tokens_.take();
    if (token.kind == Token::Kind::Word || token.kind == Token::Kind::Quoted) return token.text;
    return wrong("a name is expected");
  }

  base::Result<Value> value() {
    if (tokens_.accept("?")) {
      if (used_ == parameters_.size()) return wrong("it has more ? than there are parameters");
      return parameters_[used_++];
    }
    if (tokens_.accept("null")) return Null{};
    Token token = tokens_.take();
    if (token.kind == Token::Kind::Text) return std::move(token.text);
    if (token.kind != Token::Kind::Number) return wrong("a value is expected");
    if (const auto number = base::parse_number<std::int64_t>(token.text)) return *number;
    double real = 0;
    const char* end = token.text.data() + token.text.size();
    const auto [stop, error] = std::from_chars(token.text.data(), end, real);
    if (error != std::errc{} || stop != end) return wrong("a number is expected");
    return real;
  }

  base::Result<std::vector<std::string>> names() {
    std::vector<std::string> result;
    do {
      auto one = name();
      if (!one) return std::unexpected(std::move(one.error()));
      result.push_back(std::move(*one));
    } while (tokens_.accept(","));
    return result;
  }

  std::optional<Comparison> comparison() {
    if (tokens_.accept("=")) return Comparison::Equal;
    if (tokens_.accept("!=") || tokens_.accept("<>")) return Comparison::NotEqual;
    if (tokens_.accept("<")) return Comparison::Less;
    if (tokens_.accept("<=")) return Comparison::LessOrEqual;
    if (tokens_.accept(">")) return Comparison::Greater;
    if (tokens_.accept(">=")) return Comparison::GreaterOrEqual;
    if (tokens_.accept("like")) return Comparison::Like;
    return std::nullopt;
  }

  base::Result<Condition> condition() {
    auto column = name();
    if (!column) return std::unexpected(std::move(column.error()));
    if (tokens_.accept("is")) {
      const Comparison test = tokens_.accept("not") ? Comparison::NotEqual : Comparison::Equal;
      if (auto null = expect("null"); !null) return std::unexpected(std::move(null.error()));
      return Condition{.column = std::move(*column), .comparison = test, .value = Null{}};
    }
    const auto test = comparison();
    if (!test) return wrong("an operator is expected");
    auto operand = value();
    if (!operand) return std::unexpected(std::move(operand.error()));
    return Condition{.column = std::move(*column), .comparison = *test, .value = std::move(*operand)};
  }

  base::Result<Conditions> where() {
    Conditions result;
    if (!tokens_.accept("where")) return result;
    do {
      auto one = condition();
      if (!one) return std::unexpected(std::move(one.error()));
      result.push_back(std::move(*one));
    } while (tokens_.accept("and"));
    return result;
  }

  base::Result<> selection(Select& select, bool& count) {
    if (tokens_.accept("*")) return {};
    auto columns = names();
    if (!columns) return std::unexpected(std::move(columns.error()));
    if (columns->size() == 1 && base::iequals(columns->front(), "count") && tokens_.accept("(")) {
      count = true;
      if (auto star = expect("*"); !star) return star;
      return expect(")");
    }
    select.columns = std::move(*columns);
    return {};
  }

  base::Result<ParsedStatement> select() {
    Select select;
    bool count = false;
    if (auto columns = selection(select, count); !columns) return std::unexpected(std::move(columns.error()));
    if (auto from = expect("from"); !from) return std::unexpected(std::move(from.error()));
    auto table = name();
    if (!table) return std::unexpected(std::move(table.error()));
    auto tests = where();
    if (!tests) return std::unexpected(std::move(tests.error()));
    select.table = std::move(*table);
    select.where = std::move(*tests);
    if (tokens_.accept("order")) {
      if (auto by = expect("by"); !by) return std::unexpected(std::move(by.error()));
      auto column = name();
      if (!column) return std::unexpected(std::move(column.error()));
      select.order_by = std::move(*column);
      select.descending = tokens_.accept("desc");
      if (!select.descending) tokens_.accept("asc");
    }
    if (tokens_.accept("limit")) {
      const auto limit = base::parse_number<std::uint64_t>(tokens_.take().text);
      if (!limit || *limit == 0) return wrong("LIMIT takes a number");
      select.limit = *limit;
    }
    return ParsedStatement{.what = std::move(select), .count = count};
  }

  base::Result<> row(Rows& rows) {
    if (auto open = expect("("); !open) return open;
    std::size_t cells = 0;
    do {
      auto cell = value();
      if (!cell) return std::unexpected(std::move(cell.error()));
      rows.values.push_back(std::move(*cell));
      ++cells;
    } while (tokens_.accept(","));
    if (cells != rows.columns.size()) return wrong("not as many values as columns");
    return expect(")");
  }

  base::Result<ParsedStatement> insert() {
    if (auto into = expect("into"); !into) return std::unexpected(std::move(into.error()));
    auto table = name();
    if (!table) return std::unexpected(std::move(table.error()));
    if (auto open = expect("("); !open) return std::unexpected(std::move(open.error()));
    auto columns = names();
    if (!columns) return std::unexpected(std::move(columns.error()));
    if (auto close = expect(")"); !close) return std::unexpected(std::move(close.error()));
    if (auto values = expect("values"); !values) return std::unexpected(std::move(values.error()));
    Insert insert{.table = std::move(*table), .rows = {.columns = std::move(*columns), .values = {}}};
    do {
      if (auto read = row(insert.rows); !read) return std::unexpected(std::move(read.error()));
    } while (tokens_.accept(","));
    return ParsedStatement{.what = Write(std::move(insert))};
  }

  base::Result<ParsedStatement> update() {
    auto table = name();
    if (!table) return std::unexpected(std::move(table.error()));
    if (auto set = expect("set"); !set) return std::unexpected(std::move(set.error()));
    Update update{.table = std::move(*table), .columns = {}, .values = {}};
    do {
      auto column = name();
      if (!column) return std::unexpected(std::move(column.error()));
      if (auto equal = expect("="); !equal) return std::unexpected(std::move(equal.error()));
      auto cell = value();
      if (!cell) return std::unexpected(std::move(cell.error()));
      update.columns.push_back(std::move(*column));
      update.values.push_back(std::move(*cell));
    } while (tokens_.accept(","));
    auto tests = where();
    if (!tests) return std::unexpected(std::move(tests.error()));
    update.where = std::move(*tests);
    return ParsedStatement{.what = Write(std::move(update))};
  }

  base::Result<ParsedStatement> remove() {
    if (auto from = expect("from"); !from) return std::unexpected(std::move(from.error()));
    auto table = name();
    if (!table) return std::unexpected(std::move(table.error()));
    auto tests = where();
    if (!tests) return std::unexpected(std::move(tests.error()));
    return ParsedStatement{.what = Write(Delete{.table = std::move(*table), .where = std::move(*tests)})};
  }

  Tokens tokens_;
  const std::vector<Value>& parameters_;
  std::size_t used_ = 0;
};

}  // namespace

base::Result<ParsedStatement> parse_statement(const RawStatement& statement) { return Parser(statement).parse(); }

}  // namespace carillon::storage
