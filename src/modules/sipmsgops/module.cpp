// SPDX-License-Identifier: Apache-2.0
// sipmsgops: the declaration page.
#include "modules/sipmsgops/sipmsgops.h"

namespace carillon::sipmsgops {
namespace {

using namespace module;

constexpr script::RouteMask kMessageRoutes = kRequest | kFailure | kReply | kBranch | kLocal;

constexpr auto kFunctions = std::to_array({
    function<&Sipmsgops::append_hf>("append_hf", {"lines", "behind"}, kMessageRoutes,
                                    "Adds header lines behind the last header, or behind the first so named."),
    function<&Sipmsgops::insert_hf>("insert_hf", {"lines", "before"}, kMessageRoutes,
                                    "Adds header lines before the first header, or before the first so named."),
    function<&Sipmsgops::append_urihf>("append_urihf", {"prefix", "suffix"}, kRequest | kFailure | kBranch,
                                       "Adds a header made of prefix, the received Request-URI and suffix."),
    function<&Sipmsgops::remove_hf>("remove_hf", {"name"}, kMessageRoutes,
                                    "Removes every header of that name, compact forms too; false when there is none."),
    function<&Sipmsgops::remove_hf_re>("remove_hf_re", {"name_pattern"}, kMessageRoutes,
                                       "Removes every header whose name matches a regular expression."),
    function<&Sipmsgops::remove_hf_glob>("remove_hf_glob", {"name_pattern"}, kMessageRoutes,
                                         "Removes every header whose name matches a shell pattern."),
    function<&Sipmsgops::is_present_hf>("is_present_hf", {"name"}, kMessageRoutes,
                                        "Whether the message was received with such a header."),
    function<&Sipmsgops::get_glob_headers_values>(
        "get_glob_headers_values", {"name_pattern", "names", "values"}, kMessageRoutes,
        "Names and values of the headers that match a shell pattern, into two AVPs."),
    function<&Sipmsgops::append_to_reply>("append_to_reply", {"lines"}, kRequest | kFailure | kBranch | kError,
                                          "Adds header lines to every response made here to this request."),
    function<&Sipmsgops::append_body_to_reply>("append_body_to_reply", {"body"}, kRequest | kFailure | kBranch | kError,
                                               "The body of responses made here; append_to_reply() gives its type."),
    function<&Sipmsgops::append_time>("append_time", kRequest | kFailure | kBranch | kLocal,
                                      "Adds a Date header to responses made here."),
    function<&Sipmsgops::change_reply_status>("change_reply_status", {"code", "reason"}, kReply,
                                              "Status and reason with which this response goes on."),
    function<&Sipmsgops::list_hdr_has_option>("list_hdr_has_option", {"name", "option"}, kMessageRoutes,
                                              "Whether a list header (Supported, Require, ...) holds an option."),
    function<&Sipmsgops::list_hdr_add_option>("list_hdr_add_option", {"name", "option"}, kMessageRoutes,
                                              "Adds an option to a list header, and the header when there is none."),
    function<&Sipmsgops::list_hdr_remove_option>("list_hdr_remove_option", {"name", "option"}, kMessageRoutes,
                                                 "Removes an option from a list header; false when it isn't there."),
    function<&Sipmsgops::is_method>("is_method", {"methods"}, kMessageRoutes,
                                    "Whether the method (of a response: of its CSeq) is one of \"A|B|C\"."),
    function<&Sipmsgops::has_totag>("has_totag", kMessageRoutes, "Whether the message belongs to a dialog."),
    function<&Sipmsgops::is_privacy>("is_privacy", {"value"}, kMessageRoutes,
                                     "Whether Privacy asks for this (\"id\", \"header\", ...)."),
    function<&Sipmsgops::is_uri_user_e164>("is_uri_user_e164", {"uri"}, kRequest | kFailure | kLocal,
                                           "Whether the user part is + and 2 to 15 digits."),
    function<&Sipmsgops::sip_to_json>("sip_to_json", {"json"}, kMessageRoutes,
                                      "The message as JSON: first_line, headers (each a list of values), body."),
    function<&Sipmsgops::sipmsg_validate>(
        "sipmsg_validate", {"flags", "problem"}, kRequest | kFailure | kReply | kBranch,
        "Checks the message; below 0: the number of the first problem, its text in the variable."),
    function<&Sipmsgops::ruri_has_param>("ruri_has_param", {"name", "value"}, kRequest | kFailure | kBranch | kLocal,
                                         "Whether the Request-URI has a parameter, with that value if one is given."),
    function<&Sipmsgops::ruri_add_param>("ruri_add_param", {"param"}, kRequest | kFailure | kBranch | kLocal,
                                         "Adds \"name=value\" to the Request-URI."),
    function<&Sipmsgops::ruri_del_param>("ruri_del_param", {"name"}, kRequest | kFailure | kBranch | kLocal,
                                         "Removes a parameter of the Request-URI; false when it isn't there."),
    function<&Sipmsgops::ruri_tel2sip>("ruri_tel2sip", kRequest | kFailure | kBranch | kLocal,
                                       "Makes a sip: URI of a tel: Request-URI, at the host of From."),
    older("ruri_has_param()",
          function<&Sipmsgops::ruri_has_param>("uri_param", {"name", "value"}, kRequest | kFailure | kBranch | kLocal,
                                               "Older spelling of ruri_has_param().")),
    older("ruri_add_param()",
          function<&Sipmsgops::ruri_add_param>("add_uri_param", {"param"}, kRequest | kFailure | kBranch | kLocal,
                                               "Older spelling of ruri_add_param().")),
    older("ruri_del_param()",
          function<&Sipmsgops::ruri_del_param>("del_uri_param", {"name"}, kRequest | kFailure | kBranch | kLocal,
                                               "Older spelling of ruri_del_param().")),
    older("ruri_tel2sip()", function<&Sipmsgops::ruri_tel2sip>("tel2sip", kRequest | kFailure | kBranch | kLocal,
                                                               "Older spelling of ruri_tel2sip().")),
    function<&Sipmsgops::has_body_part>("has_body_part", {"type"}, kMessageRoutes,
                                        "Whether there is a body, or a part of that type at any level."),
    function<&Sipmsgops::has_body_part>("has_body", {"type"}, kMessageRoutes, "Older name of has_body_part()."),
    function<&Sipmsgops::add_body_part>("add_body_part", {"body", "type", "headers"}, kMessageRoutes,
                                        "Adds a part; a body that has one already becomes a multipart."),
    function<&Sipmsgops::remove_body_part>(
        "remove_body_part", {"type", "revert"}, kMessageRoutes,
        "Removes the parts of a type, with \"revert\" all others, without a type the body; false: there were none."),
    older("remove_body_part()", function<&Sipmsgops::remove_body_part>("strip_body", {"type", "revert"}, kMessageRoutes,
                                                                       "Older spelling of remove_body_part().")),
    function<&Sipmsgops::get_updated_body_part>(
        "get_updated_body_part", {"type", "variable"}, kMessageRoutes,
        "The body, or the first part of a type, as it will be sent; false: there is none."),
    function<&Sipmsgops::codec_exists>("codec_exists", {"name", "clock"}, kMessageRoutes,
                                       "Whether an RTP stream has this codec."),
    function<&Sipmsgops::codec_exists_re>("codec_exists_re", {"name_pattern"}, kMessageRoutes,
                                          "Whether one has a codec whose name matches a regular expression."),
    function<&Sipmsgops::codec_delete>("codec_delete", {"name", "clock"}, kMessageRoutes,
                                       "Removes a codec with its attributes; a stream without any left is rejected."),
    function<&Sipmsgops::codec_delete_re>("codec_delete_re", {"name_pattern"}, kMessageRoutes,
                                          "Removes the codecs whose names match a regular expression."),
    function<&Sipmsgops::codec_delete_except_re>("codec_delete_except_re", {"name_pattern"}, kMessageRoutes,
                                                 "Removes all other codecs."),
    function<&Sipmsgops::codec_move_up>("codec_move_up", {"name", "clock"}, kMessageRoutes,
                                        "Moves a codec to the front of its m= line."),
    function<&Sipmsgops::codec_move_up_re>("codec_move_up_re", {"name_pattern"}, kMessageRoutes,
                                           "Moves the codecs whose names match to the front."),
    function<&Sipmsgops::codec_move_down>("codec_move_down", {"name", "clock"}, kMessageRoutes,
                                          "Moves a codec to the end of its m= line."),
    function<&Sipmsgops::codec_move_down_re>("codec_move_down_re", {"name_pattern"}, kMessageRoutes,
                                             "Moves the codecs whose names match to the end."),
    function<&Sipmsgops::stream_exists>("stream_exists", {"media_pattern", "transport_pattern"}, kMessageRoutes,
                                        "Whether there is a stream of this media, and transport."),
    function<&Sipmsgops::stream_delete>("stream_delete", {"media_pattern", "transport_pattern"}, kMessageRoutes,
                                        "Removes the streams of this media, and transport, with all their lines."),
    function<&Sipmsgops::is_audio_on_hold>("is_audio_on_hold", kMessageRoutes,
                                           "1: held by address 0.0.0.0; 2: by sendonly or inactive; false: not held."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "sipmsgops",
    .documentation = "Tests of a message and edits of its headers.",
    .functions = kFunctions,
    .create = &create<Sipmsgops>,
};

}  // namespace carillon::sipmsgops
