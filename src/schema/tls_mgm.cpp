// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group tls_mgm, for the module tls_mgm.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kTlsMgmColumns = std::to_array<Column>({
    auto_id(),
    character("domain", 64),
    character("match_ip_address", 255).null(),
    character("match_sip_domain", 255).null(),
    integer("type").or_default("1"),
    character("method", 16).null().or_default("SSLv23"),
    integer("verify_cert").null().or_default("1"),
    integer("require_cert").null().or_default("1"),
    blob("certificate").null(),
    blob("private_key").null(),
    integer("crl_check_all").null().or_default("0"),
    character("crl_dir", 255).null(),
    blob("ca_list").null(),
    character("ca_dir", 255).null(),
    character("cipher_list", 255).null(),
    blob("dh_params").null(),
    character("ec_curve", 255).null(),
});
constexpr auto kTlsMgmKeys = std::to_array<Key>({
    unique_key("domain,type"),
});

}  // namespace

constinit const TableSpec kTlsMgmTable = {
    .name = "tls_mgm", .version = 3, .group = "tls_mgm", .columns = kTlsMgmColumns, .keys = kTlsMgmKeys};

}  // namespace carillon::schema
