// SPDX-License-Identifier: Apache-2.0
// sipmsgops: tests of a message and edits of its headers. An edit is recorded and shows when the message is sent: the
// tests keep seeing the message as received.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "module/module.h"
#include "sip/method.h"

namespace carillon::sipmsgops {

using module::RouteContext;
using module::Verdict;

// "INVITE|BYE": known methods as bits, others by name. Without regard to case, as scripts write them.
struct MethodNames {
  sip::MethodSet known;
  std::vector<std::string> others;

  [[nodiscard]] static base::Result<MethodNames> parse(std::string_view text);
  [[nodiscard]] bool contains(const sip::Message& message) const;
};

// One or more complete header lines, each with its CRLF: nothing else may get into a message.
struct HeaderLines {
  std::string text;
  [[nodiscard]] static base::Result<HeaderLines> parse(std::string_view text);
};

// "type/subtype", with parameters if there are any: the Content-Type of a body.
struct MediaType {
  std::string text;
  [[nodiscard]] static base::Result<MediaType> parse(std::string_view text);
};

// remove_body_part(): "revert" keeps what would go and removes the rest.
struct Revert {
  [[nodiscard]] static base::Result<Revert> parse(std::string_view text);
};

// The letters of sipmsg_validate().
struct ValidateFlags {
  bool sdp = false;              // s
  bool headers = false;          // h
  bool no_max_forwards = false;  // m
  bool request_uri = false;      // r
  bool from = false;             // f
  bool to = false;               // t
  bool contact = false;          // c

  [[nodiscard]] static base::Result<ValidateFlags> parse(std::string_view text);
};

class Sipmsgops final : public module::Module {
 public:
  using Text = std::string_view;
  using OptionalText = std::optional<std::string_view>;

  // --- headers of the message (headers.cpp)
  Verdict append_hf(RouteContext& context, const module::Parsed<HeaderLines>& lines, OptionalText anchor);
  Verdict insert_hf(RouteContext& context, const module::Parsed<HeaderLines>& lines, OptionalText anchor);
  Verdict append_urihf(RouteContext& context, Text prefix, Text suffix);
  Verdict remove_hf(RouteContext& context, Text name);
  Verdict remove_hf_re(RouteContext& context, const module::Pattern& name);
  Verdict remove_hf_glob(RouteContext& context, Text pattern);
  Verdict is_present_hf(RouteContext& context, Text name);
  Verdict get_glob_headers_values(RouteContext& context, Text pattern, module::Output names, module::Output values);

  // --- responses of ours, and the response being relayed (replies.cpp)
  Verdict append_to_reply(RouteContext& context, const module::Parsed<HeaderLines>& lines);
  Verdict append_body_to_reply(RouteContext& context, Text body);
  Verdict append_time(RouteContext& context);
  Verdict change_reply_status(RouteContext& context, int code, Text reason);

  // --- list headers (list_headers.cpp)
  Verdict list_hdr_has_option(RouteContext& context, Text name, Text option);
  Verdict list_hdr_add_option(RouteContext& context, Text name, Text option);
  Verdict list_hdr_remove_option(RouteContext& context, Text name, Text option);

  // --- questions about the whole message (conditions.cpp, validate.cpp)
  Verdict is_method(RouteContext& context, const module::Parsed<MethodNames>& names);
  Verdict has_totag(RouteContext& context);
  Verdict is_privacy(RouteContext& context, Text value);
  Verdict is_uri_user_e164(RouteContext& context, Text uri);
  Verdict sip_to_json(RouteContext& context, module::Output json);
  Verdict sipmsg_validate(RouteContext& context, const std::optional<module::Parsed<ValidateFlags>>& flags,
                          const std::optional<module::Output>& problem);

  // --- the body and its parts, with the edits made so far (body_parts.cpp)
  Verdict has_body_part(RouteContext& context, OptionalText mime);
  Verdict add_body_part(RouteContext& context, Text body, const module::Parsed<MediaType>& mime,
                        const std::optional<module::Parsed<HeaderLines>>& headers);
  Verdict remove_body_part(RouteContext& context, OptionalText mime,
                           const std::optional<module::Parsed<Revert>>& revert);
  Verdict get_updated_body_part(RouteContext& context, OptionalText mime, module::Output variable);

  // --- the session description, with the edits made so far (sdp_edits.cpp)
  Verdict codec_exists(RouteContext& context, Text name, OptionalText clock);
  Verdict codec_exists_re(RouteContext& context, const module::Pattern& name);
  Verdict codec_delete(RouteContext& context, Text name, OptionalText clock);
  Verdict codec_delete_re(RouteContext& context, const module::Pattern& name);
  Verdict codec_delete_except_re(RouteContext& context, const module::Pattern& name);
  Verdict codec_move_up(RouteContext& context, Text name, OptionalText clock);
  Verdict codec_move_up_re(RouteContext& context, const module::Pattern& name);
  Verdict codec_move_down(RouteContext& context, Text name, OptionalText clock);
  Verdict codec_move_down_re(RouteContext& context, const module::Pattern& name);
  Verdict stream_exists(RouteContext& context, const module::Pattern& media,
                        const std::optional<module::Pattern>& transport);
  Verdict stream_delete(RouteContext& context, const module::Pattern& media,
                        const std::optional<module::Pattern>& transport);
  Verdict is_audio_on_hold(RouteContext& context);

  // --- the Request-URI (request_uri.cpp)
  Verdict ruri_has_param(RouteContext& context, Text name, OptionalText value);
  Verdict ruri_add_param(RouteContext& context, Text param);
  Verdict ruri_del_param(RouteContext& context, Text name);
  Verdict ruri_tel2sip(RouteContext& context);
};

}  // namespace carillon::sipmsgops
