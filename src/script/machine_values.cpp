// SPDX-License-Identifier: Apache-2.0
// The virtual machine's variables, texts and comparisons.
#include <fmt/format.h>

#include "base/strings.h"
#include "script/machine.h"
#include "script/regex.h"
#include "script/transformations.h"

namespace carillon::script {

using ast::Builtin;

namespace {

// In steps: what is done to a text takes time by its length.
[[nodiscard]] std::uint64_t cost_of(std::string_view text) { return 1 + text.size() / 16; }
// A regular expression that was stopped has taken about a millisecond.
constexpr std::uint64_t kCostOfGivingUp = 4096;

}  // namespace

// A run that builds text without end is ended.
bool Machine::account(std::size_t text_bytes) {
  text_bytes_ += text_bytes;
  if (text_bytes_ <= code_->limits.max_run_text) return true;
  stop(fmt::format("the script was ended after building {} bytes of text", code_->limits.max_run_text));
  return false;
}

void Machine::combine(const Instruction& in) {
  const Value right = pop();
  const Value left = pop();
  auto result =
      script::combine(static_cast<Operator>(in.flags), left, right, environment_->arena(), code_->limits.max_text);
  if (!result) {
    fail(result.error().message);
    return push(Value::null());
  }
  if (account(result->as_text().size())) push(*result);
}

void Machine::negate(bool complement) {
  const Value value = pop();
  if (!value.has_integer()) {
    fail("only numbers can be negated");
    return push(Value::null());
  }
  push(Value::integer(to_script_integer(complement ? ~value.as_integer() : -value.as_integer())));
}

void Machine::compare(const Instruction& in) {
  const Value right = pop();
  const Value left = pop();
  if (take_failure()) return push(Truth::Error);
  const Truth truth = script::compare(static_cast<CompareOp>(in.flags), left, right);
  if (truth == Truth::Error) report(LogLevel::Warning, "a number is compared with a text; the condition fails");
  push(truth);
}

void Machine::match(const Instruction& in, const Regex* regex) {
  const Value left = pop();
  const bool negated = static_cast<CompareOp>(in.flags) == CompareOp::NotMatch;
  if (take_failure()) return push(Truth::Error);
  if (left.is_null()) return push(negated ? Truth::True : Truth::False);
  const std::string_view text = to_text(left, environment_->arena());
  charge(cost_of(text));
  const auto found = regex->matches(text);
  if (!found) {
    charge(kCostOfGivingUp);
    report(LogLevel::Warning, found.error().message);
    return push(Truth::Error);
  }
  push(*found != negated ? Truth::True : Truth::False);
}

void Machine::match_dynamic(const Instruction& in) {
  const Value pattern = pop();
  if (pattern.is_null() || stack_.back().is_null()) {
    const bool both = pattern.is_null() && stack_.back().is_null();
    stack_.pop_back();
    const bool negated = static_cast<CompareOp>(in.flags) == CompareOp::NotMatch;
    return push(take_failure() ? Truth::Error : negated && !both ? Truth::True : Truth::False);
  }
  const auto regex = cached_regex(to_text(pattern, environment_->arena()), kComparisonRegex);
  if (!regex) {
    stack_.pop_back();
    failed_ = false;
    report(LogLevel::Warning, regex.error().message);
    return push(Truth::Error);
  }
  match(in, regex->get());
}

void Machine::to_truth() {
  const Value value = pop();
  push(take_failure() ? Truth::Error : value.is_true() ? Truth::True : Truth::False);
}

void Machine::from_truth() {
  const Truth truth = top_truth();
  if (truth != Truth::Error) return;
  failed_ = true;
  stack_.back() = Value::null();
}

std::string_view Machine::piece_text(const Value& value) { return to_text_piece(value, environment_->arena()); }

// NULL is an empty text here: no "<null>" gets into a message.
void Machine::quote(char delimiter) {
  const std::string_view text = to_text(pop(), environment_->arena());
  if (!account(2 * text.size())) return;
  const std::span<char> out = environment_->arena().characters(2 * text.size());
  std::size_t size = 0;
  for (const char c : text) {
    if (c == '\\' || c == delimiter) out[size++] = '\\';
    out[size++] = c;
  }
  push(Value::text({out.data(), size}));
}

void Machine::concat(std::size_t count) {
  if (count == 1 && stack_.back().has_text()) return;
  scratch_.assign(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
  stack_.resize(stack_.size() - count);
  join(scratch_, {});
}

void Machine::join(std::span<const Value> pieces, std::string_view separator) {
  std::size_t size = 0;
  for (const Value& piece : pieces) {
    constexpr std::size_t kLongestNumber = 20;
    size += (piece.has_text() ? piece.as_text().size() : kLongestNumber) + separator.size();
  }
  if (!account(size)) return;
  const std::span<char> out = environment_->arena().characters(size);
  std::size_t at = 0;
  for (const Value& piece : pieces) {
    if (at != 0) at += separator.copy(out.data() + at, separator.size());
    const std::string_view text = piece_text(piece);
    at += text.copy(out.data() + at, text.size());
  }
  if (at > code_->limits.max_text) {
    fail(fmt::format("a text of {} bytes; pv_print_buf_size allows {}", at, code_->limits.max_text));
    return push(Value::null());
  }
  push(Value::text({out.data(), at}));
}

void Machine::transform(const TransformSite& site) {
  std::span<const Argument> arguments = site.arguments;
  if (!site.dynamic.empty()) {
    std::copy(site.arguments.begin(), site.arguments.end(), arguments_.begin());
    for (auto position = site.dynamic.rbegin(); position != site.dynamic.rend(); ++position) {
      arguments_[*position].value = pop();
    }
    arguments = std::span<const Argument>(arguments_).first(site.arguments.size());
  }
  const Value input = stack_.back();
  if (input.is_null()) return;
  stack_.pop_back();
  charge(cost_of(input.as_text()));
  const ReadResult result = site.declaration->apply(*environment_, *site.declaration, input, arguments);
  if (!account(result.value().as_text().size())) return;
  push_result(result);
}

// --- Reading ---------------------------------------------------------------------------------------------------------

ReadResult Machine::read(const VariableRef& ref) {
  switch (ref.storage) {
    case VariableRef::Storage::Local:
      return local(ref.slot);
    case VariableRef::Storage::Avp:
      return environment_->avps().get({ref.sub_name, ref.slot}, ref.index.kind == Index::Kind::At ? ref.index.at : 0);
    case VariableRef::Storage::Host:
      break;
  }
  const ReadResult result = ref.declaration->read(*environment_, ref);
  if (result.is_pending() || result.is_error()) return result;
  return with_text(result.value());
}

// The server's numbers compare with texts too, as in OpenSIPS: $T_reply_code == "486".
Value Machine::with_text(const Value& value) {
  if (!value.has_integer() || value.has_text()) return value;
  return Value::both(to_text(value, environment_->arena()), value.as_integer());
}

void Machine::read_other(const VariableSite& site) {
  const VariableRef ref = resolve(site);
  if (site.all) return read_all(site, ref);
  push_result(read_site(site, ref));
}

// A variable of the language or of the host.
ReadResult Machine::read_site(const VariableSite& site, const VariableRef& ref) {
  const bool stored = site.builtin == Builtin::None || site.builtin == Builtin::Local || site.builtin == Builtin::Avp;
  return stored ? read(ref) : ReadResult(read_builtin(site, ref));
}

// [*]: every value, joined.
void Machine::read_all(const VariableSite& site, const VariableRef& ref) {
  if (ref.declaration != nullptr && ref.declaration->read_all != nullptr) {
    return push_result(ref.declaration->read_all(*environment_, ref));
  }
  scratch_.clear();
  VariableRef element = ref;
  element.index = {Index::Kind::At, 0};
  for (; static_cast<std::uint32_t>(element.index.at) < code_->limits.max_loop_iterations; ++element.index.at) {
    const ReadResult next = read_site(site, element);
    if (next.is_pending() || next.is_error()) failed_ = true;
    if (next.is_pending() || next.is_error() || next.value().is_null()) break;
    scratch_.push_back(next.value());
  }
  if (scratch_.empty()) return push(Value::null());
  join(scratch_, ", ");
}

void Machine::for_next(const VariableSite& site) {
  VariableRef ref = resolve(site);
  ref.index = {Index::Kind::At, static_cast<std::int32_t>(loops_.back() - 1)};
  push_result(read_site(site, ref));
}

Value Machine::read_builtin(const VariableSite& site, const VariableRef& ref) {
  switch (site.builtin) {
    case Builtin::Param:
      return parameter(site, ref.sub_name);
    case Builtin::Return: {
      const auto number = site.dynamic_sub_name ? base::parse_number<std::uint16_t>(ref.sub_name).value_or(UINT16_MAX)
                                                : static_cast<std::uint16_t>(site.number);
      return number < returned_.size() ? returned_[number] : Value::null();
    }
    case Builtin::ReturnCode:
      return with_text(Value::integer(rc_));
    case Builtin::RouteCurrent:
    case Builtin::RouteName:
    case Builtin::RouteType:
      return route_value(site.builtin, ref.index);
    default:
      return Value::null();
  }
}

// By position from 1, or by the name an event gave it.
Value Machine::parameter(const VariableSite& site, std::string_view name) const {
  const Frame& frame = frames_.back();
  const auto number = site.dynamic_sub_name ? base::parse_number<std::uint16_t>(name).value_or(0)
                                            : static_cast<std::uint16_t>(std::max(site.number, 0));
  if (number > 0) return number <= frame.count ? stack_[frame.parameters + number - 1] : Value::null();
  for (const NamedValue& named : named_) {
    if (named.name == name) return named.value;
  }
  return Value::null();
}

// 0 is the current route, 1 its caller, -1 the outermost.
Value Machine::route_value(Builtin builtin, const Index& index) const {
  const auto depth = resolve_index(index.kind == Index::Kind::At ? index.at : 0, frames_.size());
  if (!depth) return Value::null();
  const RouteId route = frames_[frames_.size() - 1 - *depth].route;
  if (builtin == Builtin::RouteCurrent) return Value::text(code_->route_code[route].label);
  const RouteInfo& info = code_->routes[route];
  if (builtin == Builtin::RouteType) return Value::text(keyword_of(info.kind));
  return info.name.empty() ? Value::null() : Value::text(info.name);
}

VariableRef Machine::resolve(const VariableSite& site) {
  VariableRef ref = site.ref;
  if (site.dynamic_index) {
    const Value index = pop();
    if (!index.has_integer()) fail("an index has to be a number");
    ref.index = {Index::Kind::At, static_cast<std::int32_t>(index.as_integer())};
  }
  if (site.dynamic_sub_name) {
    ref.sub_name = to_text(pop(), environment_->arena());
    ref.compiled = nullptr;
    if (ref.storage == VariableRef::Storage::Avp) ref.slot = avp_hash(ref.sub_name);
    if (ref.storage == VariableRef::Storage::Local) ref.slot = slot_of(ref.sub_name);
  }
  return ref;
}

// A $var whose name is built at run time.
std::uint32_t Machine::slot_of(std::string_view name) {
  if (const auto known = code_->locals.find(name); known != code_->locals.end()) return known->second;
  const auto first = static_cast<std::uint32_t>(code_->locals.size());
  for (std::uint32_t i = 0; i < late_locals_.size(); ++i) {
    if (late_locals_[i] == name) return first + i;
  }
  constexpr std::size_t kMaxLateLocals = 1000;
  if (late_locals_.size() >= kMaxLateLocals) {
    fail(fmt::format("more than {} variables are named at run time", kMaxLateLocals));
    return first;
  }
  late_locals_.push_back(name);
  locals_.emplace_back();
  return first + static_cast<std::uint32_t>(late_locals_.size()) - 1;
}

// A launched run writes to the $var of another program position: slots it does not know yet are made.
Value& Machine::local(std::uint32_t slot) {
  if (slot >= locals_.size()) locals_.resize(slot + 1);
  return locals_[slot];
}

// --- Writing ---------------------------------------------------------------------------------------------------------

void Machine::store(const Instruction& in, bool in_condition) {
  const Value value = pop();
  const VariableRef ref = resolve(code_->variables[in.operand]);
  bool written = false;
  if (!take_failure()) {
    switch (static_cast<StoreMode>(in.flags)) {
      case StoreMode::Assign:
        written = write(ref, value, WriteMode::Assign);
        break;
      case StoreMode::Replace:
        written = write(ref, value, WriteMode::Replace);
        break;
      case StoreMode::Update:
        written = update(ref, static_cast<Operator>(in.count), value);
        break;
      case StoreMode::Iterate:
        written = write(ref, value, WriteMode::Iterate);
        break;
    }
  }
  done(written ? 1 : -1);
  if (in_condition) push(written ? Truth::True : Truth::False);
}

bool Machine::write(const VariableRef& ref, const Value& value, WriteMode mode) {
  switch (ref.storage) {
    case VariableRef::Storage::Local:
      local(ref.slot) = value;
      return true;
    case VariableRef::Storage::Avp:
      return write_avp(ref, value, mode);
    case VariableRef::Storage::Host:
      break;
  }
  if (ref.declaration->write == nullptr) return false;
  const auto result = ref.declaration->write(*environment_, ref, value, mode);
  if (!result) report(LogLevel::Error, fmt::format("${}: {}", ref.declaration->name, result.error().message));
  return result.has_value();
}

// = pushes, and takes the top value away when NULL is assigned; := forgets what was there.
bool Machine::write_avp(const VariableRef& ref, const Value& value, WriteMode mode) {
  AvpList& avps = environment_->avps();
  const AvpName name(ref.sub_name, ref.slot);
  if (ref.index.kind == Index::Kind::At) {
    return value.is_null() ? avps.remove(name, ref.index.at) : avps.set(name, ref.index.at, value);
  }
  if (mode == WriteMode::Replace) avps.remove_all(name);
  if (value.is_null()) {
    if (mode != WriteMode::Replace) avps.remove(name);
    return true;
  }
  if (!account(value.as_text().size())) return false;
  if (ref.index.kind == Index::Kind::Append) {
    avps.append(name, value);
  } else {
    avps.push(name, value);
  }
  return true;
}

bool Machine::update(const VariableRef& ref, Operator operation, const Value& operand) {
  if (ref.storage == VariableRef::Storage::Host && ref.declaration->update != nullptr) {
    const auto result = ref.declaration->update(*environment_, ref, operation, operand);
    if (!result) report(LogLevel::Error, fmt::format("${}: {}", ref.declaration->name, result.error().message));
    return result.has_value();
  }
  const ReadResult before = read(ref);
  if (before.is_pending() || before.is_error()) return false;
  const auto result = combine_into(operation, before.value(), operand, environment_->arena(), code_->limits.max_text);
  if (!result) {
    report(LogLevel::Warning, result.error().message);
    return false;
  }
  return account(result->as_text().size()) && write(ref, *result, WriteMode::Assign);
}

}  // namespace carillon::script
