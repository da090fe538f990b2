// SPDX-License-Identifier: Apache-2.0
// json: the declaration page.
#include "modules/json/json.h"

namespace carillon::json {
namespace {

using namespace module;

constexpr auto kParameters = std::to_array({
    parameter<&Json::enable_long_quoting>("enable_long_quoting", "1: integers beyond 32 bits are texts."),
    parameter<&Json::max_size>("max_size", "Bytes of one JSON text, read or written."),
    parameter<&Json::max_depth>("max_depth", "Arrays and objects inside one another, in a text that is read."),
    parameter<&Json::max_values>("max_values", "Values in one text."),
});

constexpr auto kFunctions = std::to_array({
    function<&Json::json_link>("json_link", {"dest_id", "source_id"}, kAnyRoute,
                               "Makes both the same document; a link that would make one a part of itself is -1."),
    function<&Json::json_merge>("json_merge", {"main_json", "patch_json", "output_var"}, kAnyRoute,
                                "Merges as RFC 7396 says; a $json as output takes the document, others its text."),
});

constexpr VariableTraits kPath{.sub_name = script::SubName::Required,
                               .indexable = true,
                               .compile_sub_name = &compile_constant<JsonPath, Json>,
                               .escape_in_sub_name = &kEscapeInPath};

constexpr auto kVariables = std::to_array({
    variable<&Json::read<Style::Spaced>, &Json::write>(
        "json",
        "A part of a document of this run: name/key[0][-1]; [] appends, := parses, = stores a text or a number, NULL "
        "removes. A for walks $(json(x)[*]), $(json(x.keys)[*]).",
        kPath),
    variable<&Json::read<Style::Pretty>, &Json::write>("json_pretty", "The same, written with a line for each value.",
                                                       kPath),
    variable<&Json::read<Style::Compact>, &Json::write>("json_compact", "The same, written without blanks.", kPath),
    variable<&Json::read<Style::CompactPlainSlashes>, &Json::write>("json_compact_noescape",
                                                                    "The same, with / instead of \\/.", kPath),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "json",
    .documentation = "JSON documents in scripts. They live as long as the run, as $var does.",
    .parameters = kParameters,
    .functions = kFunctions,
    .variables = kVariables,
    .create = &create<Json>,
};

}  // namespace carillon::json
