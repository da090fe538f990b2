// SPDX-License-Identifier: Apache-2.0
// The JSON-RPC envelope: what a request must look like, and the answer it gets.
#include "management/json_rpc.h"

#include <algorithm>
#include <expected>
#include <optional>
#include <utility>

#include "base/strings.h"

namespace carillon::management {
namespace {

// The member whose name is `name` in any case; nullptr when there is none.
const Json* find_member(const Json::Object& object, std::string_view name) {
  for (const Json::Member& member : object) {
    if (base::iequals(member.name, name)) return &member.value;
  }
  return nullptr;
}

std::string answer(std::string name, Json value, Json id, int indent) {
  Json::Object object;
  object.emplace_back("jsonrpc", "2.0");
  object.emplace_back(std::move(name), std::move(value));
  object.emplace_back("id", std::move(id));
  return Json(std::move(object)).text(indent);
}

// A result that is written already and long is not copied: what goes before it takes the place of its leading blanks.
std::string enclose(std::string result, const Json& id) {
  const std::string_view before = R"({"jsonrpc":"2.0","result":)";
  const std::size_t begin = std::min(result.find_first_not_of(' '), result.size());
  if (begin >= before.size()) {
    result.replace(begin - before.size(), before.size(), before);
  } else {
    result.insert(0, before);
  }
  result += ",\"id\":";
  result += id.text();
  result += '}';
  return result;
}

std::string failed(CommandError error, Json id, int indent) {
  Json::Object object;
  object.emplace_back("code", error.code);
  object.emplace_back("message", std::move(error.message));
  if (!error.data.empty()) object.emplace_back("data", std::move(error.data));
  return answer("error", Json(std::move(object)), std::move(id), indent);
}

// What a handler's error looks like to the caller.
CommandError outcome(base::Error error) {
  switch (error.code) {
    case kInvalidParameters:
      return {.code = kInvalidParameters, .message = "Invalid params", .data = std::move(error.message)};
    case 0:
    case kServerError:
      return {.code = kServerError, .message = "Server error", .data = std::move(error.message)};
    default:
      return {.code = error.code, .message = std::move(error.message), .data = {}};
  }
}

// A number is echoed as a whole one, as OpenSIPS does. Nothing when `id` is none.
std::optional<Json> echo_of(const Json& id) {
  if (id.is_null() || id.if_string() != nullptr || id.if_integer() != nullptr) return id;
  constexpr double kLargest = 9e18;
  const double* real = id.if_real();
  if (real == nullptr || !(*real > -kLargest && *real < kLargest)) return std::nullopt;
  return Json(static_cast<std::int64_t>(*real));
}

struct Request {
  std::string method;
  Json parameters;
  std::optional<Json> id;  // none: a notification
};

struct Refusal {
  CommandError error;
  Json id;
};

std::expected<Request, Refusal> read_request(const std::string& text) {
  auto json = Json::parse(text);
  if (!json) {
    return std::unexpected(Refusal{
        .error = {.code = kParseError, .message = "Parse error", .data = std::move(json.error().message)}, .id = {}});
  }
  const auto invalid = [](std::string why, Json id) {
    return std::unexpected(Refusal{
        .error = {.code = kInvalidRequest, .message = "Invalid Request", .data = std::move(why)}, .id = std::move(id)});
  };
  const Json::Object* object = json->if_object();
  if (object == nullptr) return invalid("not an object", {});

  Request request;
  if (const Json* id = find_member(*object, "id")) {
    request.id = echo_of(*id);
    if (!request.id) return invalid("bad id", {});
  }
  const Json id = request.id.value_or(Json());
  const Json* version = find_member(*object, "jsonrpc");
  if (version == nullptr || *version != Json("2.0")) return invalid("jsonrpc is not \"2.0\"", id);
  const Json* method = find_member(*object, "method");
  if (method == nullptr || method->if_string() == nullptr) return invalid("method is not a string", id);
  request.method = *method->if_string();
  if (const Json* parameters = find_member(*object, "params")) {
    const bool structured = parameters->if_array() != nullptr || parameters->if_object() != nullptr;
    if (!structured) return invalid("params is neither an array nor an object", id);
    request.parameters = *parameters;
  }
  return request;
}

}  // namespace

base::Task<std::string> JsonRpc::handle(std::string text, int indent) const {
  auto request = read_request(text);
  if (!request) co_return failed(std::move(request.error().error), std::move(request.error().id), indent);

  const bool notification = !request->id.has_value();
  Json id = std::move(request->id).value_or(Json());
  auto call = commands_.resolve(request->method, request->parameters);
  if (!call) {
    if (notification) co_return std::string();
    co_return failed(std::move(call.error()), std::move(id), indent);
  }
  base::Task<base::Result<Json>> run = call->command->handler(std::move(call->parameters));
  base::Result<Json> result = co_await run;
  if (notification) co_return std::string();
  if (!result) co_return failed(outcome(std::move(result.error())), std::move(id), indent);
  if (result->is_null()) {
    co_return failed(outcome({.message = "Command handler returned null", .code = kServerError}), std::move(id),
                     indent);
  }
  if (std::string* written = result->if_written()) co_return enclose(std::move(*written), id);
  co_return answer("result", std::move(*result), std::move(id), indent);
}

base::Result<> InlineDispatcher::dispatch(std::string request, Done done) {
  base::start(rpc_.handle(std::move(request)), std::move(done));
  return {};
}

}  // namespace carillon::management
