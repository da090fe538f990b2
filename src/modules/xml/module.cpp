// SPDX-License-Identifier: Apache-2.0
// xml: the declaration page.
#include "modules/xml/xml.h"

namespace carillon::xml {
namespace {

using namespace module;

constexpr auto kParameters = std::to_array({
    parameter<&Xml::max_size>("max_size", "Bytes of one text that becomes XML."),
});

constexpr auto kVariables = std::to_array({
    variable<&Xml::read, &Xml::write>(
        "xml",
        "A document of this run, or a part: name/root/element[1], with .val its text, with .attr/name an attribute. An "
        "element is assigned what comes to be in it; NULL removes.",
        {.sub_name = script::SubName::Required,
         .compile_sub_name = &compile_constant<XmlPath, Xml>,
         .escape_in_sub_name = &kEscapeInPath}),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "xml",
    .documentation = "XML documents in scripts. They live as long as the run, as $var does.",
    .parameters = kParameters,
    .variables = kVariables,
    .create = &create<Xml>,
};

}  // namespace carillon::xml
