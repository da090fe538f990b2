// SPDX-License-Identifier: Apache-2.0
// Questions about who is registered, and removals: is_registered() and its kin, remove(), remove_ip_port().
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/strings.h"
#include "modules/registrar/registrar.h"
#include "routing/flag_names.h"
#include "routing/proxy.h"
#include "shard/suspension.h"
#include "sip/edit_list.h"
#include "sip/header_lines.h"

namespace carillon::registrar {
namespace {

using module::kFalse;
using module::kTrue;
using usrloc::AorRecord;
using usrloc::Bindings;
using usrloc::Contact;

// AoRs after which a removal lets others run.
constexpr std::size_t kRemovalStep = 1000;

// The URI that a contact is really reached by.
base::Result<sip::Uri> source_of(const Contact& contact) {
  return sip::Uri::parse(contact.received().empty() ? contact.uri() : contact.received());
}

bool same_host(std::string_view a, std::string_view b) {
  const auto one = base::IpAddress::parse(a);
  const auto other = base::IpAddress::parse(b);
  return one && other ? *one == *other : base::iequals(a, b);
}

bool comes_from(const Contact& contact, std::string_view host, std::optional<int> port) {
  const auto source = source_of(contact);
  return source && same_host(source->host, host) && (!port || *port == source->port_or_default());
}

bool goes_by(const Contact& contact, std::string_view next_hop) {
  if (contact.path().empty()) return comes_from(contact, next_hop, std::nullopt);
  const auto hop = sip::NameAddr::parse(*sip::CommaList(contact.path()).begin());
  const auto uri = hop ? hop->uri() : base::fail("no hop");
  return uri && same_host(uri->host, next_hop);
}

std::string_view plain_instance(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
  if (text.size() >= 2 && text.front() == '<') text = text.substr(1, text.size() - 2);
  return text;
}

bool is_given(const std::optional<std::string_view>& text) { return text && !text->empty(); }

// Whether an AoR has a contact, and what attr_avp kept with the best.
class Presence {
 public:
  Presence(RouteContext& context, const Rules& rules) : context_(context), rules_(rules) {}

  void look_at(const AorRecord& record) {
    const std::int64_t now = context_.proxy().clock().unix_seconds();
    const auto valid = std::ranges::find_if(record, [now](const Contact& c) { return c.is_valid_at(now); });
    registered_ = valid != record.end();
    if (registered_ && !rules_.attr_avp().empty()) attr_ = context_.keep(valid->attr());
  }
  [[nodiscard]] module::Verdict verdict() const {
    if (registered_) rules_.add_attr(context_, attr_);
    return module::Verdict::of(registered_);
  }

 private:
  RouteContext& context_;
  const Rules& rules_;
  bool registered_ = false;
  std::string_view attr_;
};

}  // namespace

base::Task<Verdict> Registrar::remove(RouteContext& context, Constant<DomainName> domain, std::string_view aor,
                                      std::optional<std::string_view> contact, std::optional<std::string_view> next_hop,
                                      std::optional<std::string_view> instance,
                                      std::optional<std::string_view> branch_flag) {
  const auto name = aor_of(aor);
  if (!name) co_return kFalse;
  std::uint32_t flag = 0;
  if (is_given(branch_flag)) {
    const auto mask = flag_names_->mask(routing::FlagSpace::Branch, *branch_flag);
    if (!mask) co_return kFalse;
    flag = *mask;
  }
  // Arguments don't outlive a pause.
  const std::string uri(contact.value_or(""));
  const std::string hop(next_hop.value_or(""));
  const std::string device(plain_instance(instance.value_or("")));
  const auto removed =
      co_await locations().change(*domain->domain->table, context.proxy().shard(), *name, [&](Bindings& bindings) {
        const Contact* named = uri.empty() ? nullptr : bindings.record().find({.uri = uri});
        bindings.erase_if([&](const Contact& binding) {
          return (uri.empty() || &binding == named) && (hop.empty() || goes_by(binding, hop)) &&
                 (device.empty() || binding.instance() == device) &&
                 (flag == 0 || (binding.branch_flags() & flag) != 0);
        });
      });
  co_return Verdict::of(removed.has_value());
}

base::Task<Verdict> Registrar::remove_ip_port(RouteContext& context, std::string_view address, int port,
                                              Constant<DomainName> domain, std::optional<std::string_view> aor) {
  usrloc::LocationTable& table = *domain->domain->table;
  const std::optional<int> wanted_port = port == 0 ? std::nullopt : std::optional(port);
  // The argument doesn't outlive a pause.
  const std::string host(address);
  std::size_t removed = 0;
  std::size_t since_pause = 0;
  const auto remove_from = [&](Bindings& bindings) {
    ++since_pause;
    removed += bindings.erase_if([&](const Contact& binding) { return comes_from(binding, host, wanted_port); });
  };
  shard::Shard& shard = context.proxy().shard();
  if (is_given(aor)) {
    const auto name = aor_of(*aor);
    if (!name) co_return kFalse;
    const auto changed = co_await locations().change(table, shard, *name, remove_from);
    co_return Verdict::of(changed && removed != 0);
  }
  if (!locations().is_in_memory()) {
    // Rows can't be looked for by what stands inside of them: those of each AoR are read.
    const auto names = co_await locations().aors(table, shard);
    if (!names) co_return kFalse;
    for (const std::string& name : *names)
      static_cast<void>(co_await locations().change(table, shard, name, remove_from));
    co_return Verdict::of(removed != 0);
  }
  for (std::size_t partition = 0; partition < usrloc::LocationTable::partitions(); ++partition) {
    table.change_each_in(partition, remove_from);
    if (since_pause >= kRemovalStep) {
      since_pause = 0;
      co_await shard.sleep(std::chrono::milliseconds(1));
    }
  }
  co_return Verdict::of(removed != 0);
}

Eventual Registrar::is_registered(RouteContext& context, Constant<DomainName> domain,
                                  std::optional<std::string_view> aor) {
  auto name = default_aor(context, aor);
  if (!name) return kFalse;
  if (!locations().is_in_memory()) return is_registered_in_database(context, domain, std::move(*name));
  Presence presence(context, *this);
  domain->domain->table->read(*name, [&](const AorRecord& record) { presence.look_at(record); });
  return presence.verdict();
}

// Of 1.x and 2.x.
Eventual Registrar::registered(RouteContext& context, Constant<DomainName> domain,
                               std::optional<std::string_view> aor) {
  if (aor) return is_registered(context, domain, aor);
  const std::string uri(context.request_target().uri);
  return is_registered(context, domain, uri);
}

base::Task<Verdict> Registrar::is_registered_in_database(RouteContext& context, Constant<DomainName> domain,
                                                         std::string name) const {
  Presence presence(context, *this);
  static_cast<void>(co_await locations().read(*domain->domain->table, context.proxy().shard(), name,
                                              [&](const AorRecord& record) { presence.look_at(record); }));
  co_return presence.verdict();
}

base::Task<Verdict> Registrar::is_contact_registered(RouteContext& context, Constant<DomainName> domain,
                                                     std::optional<std::string_view> aor,
                                                     std::optional<std::string_view> contact,
                                                     std::optional<std::string_view> call_id) {
  const auto name = default_aor(context, aor);
  if (!name) co_return kFalse;
  // Arguments don't outlive a pause.
  std::string uri(contact.value_or(""));
  const std::string wanted_call_id(call_id.value_or(""));
  if (uri.empty() && wanted_call_id.empty()) {
    for (const sip::ListItem item : context.message().items(sip::HeaderId::Contact)) {
      const auto first = sip::NameAddr::parse(item.value);
      if (first) uri = first->uri_text;
      break;
    }
    if (uri.empty()) co_return kFalse;
  }
  const std::int64_t now = context.proxy().clock().unix_seconds();
  bool registered = false;
  static_cast<void>(
      co_await locations().read(*domain->domain->table, context.proxy().shard(), *name, [&](const AorRecord& record) {
        const Contact* named = uri.empty() ? nullptr : record.find({.uri = uri});
        registered = std::ranges::any_of(record, [&](const Contact& binding) {
          return binding.is_valid_at(now) && (uri.empty() || &binding == named) &&
                 (wanted_call_id.empty() || binding.call_id() == wanted_call_id);
        });
      }));
  co_return Verdict::of(registered);
}

base::Task<Verdict> Registrar::is_ip_registered(RouteContext& context, Constant<DomainName> domain,
                                                std::optional<std::string_view> aor, Output addresses,
                                                std::optional<Output> ports) {
  const auto name = default_aor(context, aor);
  if (!name) co_return kFalse;
  const std::int64_t now = context.proxy().clock().unix_seconds();
  struct Source {
    std::string host;
    std::optional<int> port;
  };
  // One address, or as many as the AVP has values; ports go with them by their place.
  std::vector<Source> sources;
  for (int index = 0;; ++index) {
    const script::Value address = addresses.read_at(index);
    if (!address.has_text()) break;
    const script::Value port = ports ? ports->read_at(index) : script::Value::null();
    const auto wanted_port = port.has_integer() ? std::optional(static_cast<int>(port.as_integer())) : std::nullopt;
    sources.push_back({std::string(address.as_text()), wanted_port});
  }
  bool registered = false;
  static_cast<void>(
      co_await locations().read(*domain->domain->table, context.proxy().shard(), *name, [&](const AorRecord& record) {
        registered = std::ranges::any_of(record, [&](const Contact& binding) {
          return binding.is_valid_at(now) && std::ranges::any_of(sources, [&binding](const Source& source) {
                   return comes_from(binding, source.host, source.port);
                 });
        });
      }));
  co_return Verdict::of(registered);
}

Verdict Registrar::add_sock_hdr(RouteContext& context, std::string_view name) {
  const auto listeners = context.proxy().transport().listeners();
  const auto socket = static_cast<std::size_t>(context.flow().listener);
  if (socket >= listeners.size()) return kFalse;
  const std::string line = fmt::format("{}: {}\r\n", name, listeners[socket].name);
  if (!sip::are_header_lines(line)) return kFalse;
  sip::append_header(context.decision.edits, context.message(), line);
  return kTrue;
}

}  // namespace carillon::registrar
