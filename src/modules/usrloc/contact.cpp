// SPDX-License-Identifier: Apache-2.0
// See contact.h.
#include "modules/usrloc/contact.h"

#include <cstring>
#include <limits>
#include <new>

#include "base/assert.h"

namespace carillon::usrloc {
namespace {

std::size_t text_size(const ContactFields& fields) {
  return fields.uri.size() + fields.received.size() + fields.path.size() + fields.call_id.size() +
         fields.instance.size() + fields.attr.size() + fields.keys.size();
}

}  // namespace

bool ContactFields::storable() const { return text_size(*this) <= std::numeric_limits<std::uint16_t>::max(); }

Contact::Ptr Contact::make(const ContactFields& fields, std::uint64_t id, UserAgents& agents) {
  CARILLON_ASSERT(fields.storable());
  void* memory = ::operator new(sizeof(Contact) + text_size(fields));
  return Ptr(::new (memory) Contact(fields, id, agents));
}

void Contact::Delete::operator()(Contact* contact) const noexcept {
  // The list behind it goes one by one: recursion would be as deep as the list is long.
  Ptr next = std::move(contact->next_);
  contact->~Contact();
  ::operator delete(contact);
  while (next) next = std::move(next->next_);
}

Contact::Contact(const ContactFields& fields, std::uint64_t id, UserAgents& agents)
    : agent_(agents.intern(fields.user_agent)), id_(id) {
  uri_end_ = append(0, fields.uri);
  received_end_ = append(uri_end_, fields.received);
  path_end_ = append(received_end_, fields.path);
  call_id_end_ = append(path_end_, fields.call_id);
  instance_end_ = append(call_id_end_, fields.instance);
  attr_end_ = append(instance_end_, fields.attr);
  keys_end_ = append(attr_end_, fields.keys);
  refresh(fields);
}

std::uint16_t Contact::append(std::uint16_t at, std::string_view text) {
  if (!text.empty()) std::memcpy(reinterpret_cast<char*>(this + 1) + at, text.data(), text.size());
  return static_cast<std::uint16_t>(at + text.size());
}

void Contact::refresh(const ContactFields& fields) {
  expires_ = fields.expires;
  last_modified_ = fields.last_modified;
  connection_ = fields.connection;
  cseq_ = fields.cseq;
  flags_ = fields.flags;
  branch_flags_ = fields.branch_flags;
  methods_ = fields.methods;
  reg_id_ = fields.reg_id;
  q_ = fields.q.value_or(kNoQ);
  socket_ = fields.socket;
  refresh_asked_ = false;
}

bool Contact::has_texts_of(const ContactFields& fields) const {
  return uri() == fields.uri && received() == fields.received && path() == fields.path && call_id() == fields.call_id &&
         instance() == fields.instance && attr() == fields.attr && keys() == fields.keys &&
         user_agent() == fields.user_agent;
}

std::string_view Contact::state() const {
  if (!in_database_) return "CS_NEW";
  return unwritten_ ? "CS_DIRTY" : "CS_SYNC";
}

ContactFields Contact::fields() const {
  return {.uri = uri(),
          .received = received(),
          .path = path(),
          .call_id = call_id(),
          .instance = instance(),
          .attr = attr(),
          .keys = keys(),
          .user_agent = user_agent(),
          .expires = expires_,
          .last_modified = last_modified_,
          .cseq = cseq_,
          .flags = flags_,
          .branch_flags = branch_flags_,
          .methods = methods_,
          .reg_id = reg_id_,
          .q = q(),
          .socket = socket_,
          .connection = connection_};
}

}  // namespace carillon::usrloc
