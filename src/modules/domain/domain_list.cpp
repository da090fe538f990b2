// SPDX-License-Identifier: Apache-2.0
// See domain_list.h.
#include "modules/domain/domain_list.h"

#include <algorithm>
#include <utility>

namespace carillon::domain {

std::string_view parent_domain(std::string_view host) {
  const std::size_t dot = host.find('.');
  return dot == std::string_view::npos ? std::string_view{} : host.substr(dot + 1);
}

void DomainList::add(LocalDomain domain) {
  std::string name = domain.name;
  domains_.try_emplace(std::move(name), Numbered{std::move(domain), domains_.size()});
}

const LocalDomain* DomainList::find(std::string_view host) const {
  if (const auto found = domains_.find(host); found != domains_.end()) return &found->second.domain;
  for (host = parent_domain(host); !host.empty(); host = parent_domain(host)) {
    const auto found = domains_.find(host);
    if (found != domains_.end() && found->second.domain.accept_subdomain) return &found->second.domain;
  }
  return nullptr;
}

std::vector<const LocalDomain*> DomainList::all() const {
  std::vector<const LocalDomain*> list(domains_.size());
  for (const auto& [name, numbered] : domains_) list[numbered.number] = &numbered.domain;
  return list;
}

}  // namespace carillon::domain
