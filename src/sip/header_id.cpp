// SPDX-License-Identifier: Apache-2.0
// The table of known headers and the perfect hash that finds an entry by name; both are made by the compiler.
#include "sip/header_id.h"

#include <array>

#include "base/strings.h"

namespace carillon::sip {
namespace {

using enum HeaderId;
using enum HeaderForm;

// In the order of HeaderId. RFC numbers as in the IANA registry of SIP header fields; 0: a draft only.
constexpr std::array<HeaderInfo, kHeaderIdCount> kHeaders = {{
    {Other, "", '\0', List, 0},
    {Accept, "Accept", '\0', List, 3261},
    {AcceptContact, "Accept-Contact", 'a', List, 3841},
    {AcceptEncoding, "Accept-Encoding", '\0', List, 3261},
    {AcceptLanguage, "Accept-Language", '\0', List, 3261},
    {AlertInfo, "Alert-Info", '\0', List, 3261},
    {Allow, "Allow", '\0', List, 3261},
    {AllowEvents, "Allow-Events", 'u', List, 6665},
    {AnswerMode, "Answer-Mode", '\0', Single, 5373},
    {AuthenticationInfo, "Authentication-Info", '\0', Repeated, 3261},
    {Authorization, "Authorization", '\0', Repeated, 3261},
    {CallId, "Call-ID", 'i', Single, 3261},
    {CallInfo, "Call-Info", '\0', List, 3261},
    {Contact, "Contact", 'm', List, 3261},
    {ContentDisposition, "Content-Disposition", '\0', Single, 3261},
    {ContentEncoding, "Content-Encoding", 'e', List, 3261},
    {ContentLanguage, "Content-Language", '\0', List, 3261},
    {ContentLength, "Content-Length", 'l', Single, 3261},
    {ContentType, "Content-Type", 'c', Single, 3261},
    {CSeq, "CSeq", '\0', Single, 3261},
    {Date, "Date", '\0', Single, 3261},
    {Diversion, "Diversion", '\0', List, 5806},
    {ErrorInfo, "Error-Info", '\0', List, 3261},
    {Event, "Event", 'o', Single, 6665},
    {Expires, "Expires", '\0', Single, 3261},
    {FeatureCaps, "Feature-Caps", '\0', List, 6809},
    {FlowTimer, "Flow-Timer", '\0', Single, 5626},
    {From, "From", 'f', Single, 3261},
    {Geolocation, "Geolocation", '\0', List, 6442},
    {GeolocationError, "Geolocation-Error", '\0', Single, 6442},
    {GeolocationRouting, "Geolocation-Routing", '\0', Single, 6442},
    {HistoryInfo, "History-Info", '\0', List, 7044},
    {Identity, "Identity", 'y', Repeated, 8224},
    {IdentityInfo, "Identity-Info", 'n', Single, 4474},
    {InfoPackage, "Info-Package", '\0', Single, 6086},
    {InReplyTo, "In-Reply-To", '\0', List, 3261},
    {Join, "Join", '\0', Single, 3911},
    {MaxBreadth, "Max-Breadth", '\0', Single, 5393},
    {MaxForwards, "Max-Forwards", '\0', Single, 3261},
    {MimeVersion, "MIME-Version", '\0', Single, 3261},
    {MinExpires, "Min-Expires", '\0', Single, 3261},
    {MinSE, "Min-SE", '\0', Single, 4028},
    {Organization, "Organization", '\0', Single, 3261},
    {PAccessNetworkInfo, "P-Access-Network-Info", '\0', List, 7315},
    {PAssertedIdentity, "P-Asserted-Identity", '\0', List, 3325},
    {PAssertedService, "P-Asserted-Service", '\0', List, 6050},
    {PAssociatedUri, "P-Associated-URI", '\0', List, 7315},
    {Path, "Path", '\0', List, 3327},
    {PCalledPartyId, "P-Called-Party-ID", '\0', Single, 7315},
    {PChargingVector, "P-Charging-Vector", '\0', Single, 7315},
    {PEarlyMedia, "P-Early-Media", '\0', List, 5009},
    {PPreferredIdentity, "P-Preferred-Identity", '\0', List, 3325},
    {PPreferredService, "P-Preferred-Service", '\0', List, 6050},
    {Priority, "Priority", '\0', Single, 3261},
    {Privacy, "Privacy", '\0', Single, 3323},
    {ProxyAuthenticate, "Proxy-Authenticate", '\0', Repeated, 3261},
    {ProxyAuthorization, "Proxy-Authorization", '\0', Repeated, 3261},
    {ProxyRequire, "Proxy-Require", '\0', List, 3261},
    {PVisitedNetworkId, "P-Visited-Network-ID", '\0', List, 7315},
    {RAck, "RAck", '\0', Single, 3262},
    {Reason, "Reason", '\0', List, 3326},
    {RecordRoute, "Record-Route", '\0', List, 3261},
    {RecvInfo, "Recv-Info", '\0', List, 6086},
    {ReferredBy, "Referred-By", 'b', Single, 3892},
    {ReferSub, "Refer-Sub", '\0', Single, 4488},
    {ReferTo, "Refer-To", 'r', Single, 3515},
    {RejectContact, "Reject-Contact", 'j', List, 3841},
    {RemotePartyId, "Remote-Party-ID", '\0', List, 0},
    {Replaces, "Replaces", '\0', Single, 3891},
    {ReplyTo, "Reply-To", '\0', Single, 3261},
    {RequestDisposition, "Request-Disposition", 'd', List, 3841},
    {Require, "Require", '\0', List, 3261},
    {ResourcePriority, "Resource-Priority", '\0', List, 4412},
    {RetryAfter, "Retry-After", '\0', Single, 3261},
    {Route, "Route", '\0', List, 3261},
    {RSeq, "RSeq", '\0', Single, 3262},
    {SecurityClient, "Security-Client", '\0', List, 3329},
    {SecurityServer, "Security-Server", '\0', List, 3329},
    {SecurityVerify, "Security-Verify", '\0', List, 3329},
    {Server, "Server", '\0', Single, 3261},
    {ServiceRoute, "Service-Route", '\0', List, 3608},
    {SessionExpires, "Session-Expires", 'x', Single, 4028},
    {SessionId, "Session-ID", '\0', Single, 7989},
    {SipETag, "SIP-ETag", '\0', Single, 3903},
    {SipIfMatch, "SIP-If-Match", '\0', Single, 3903},
    {Subject, "Subject", 's', Single, 3261},
    {SubscriptionState, "Subscription-State", '\0', Single, 6665},
    {Supported, "Supported", 'k', List, 3261},
    {SuppressIfMatch, "Suppress-If-Match", '\0', Single, 5839},
    {TargetDialog, "Target-Dialog", '\0', Single, 4538},
    {Timestamp, "Timestamp", '\0', Single, 3261},
    {To, "To", 't', Single, 3261},
    {Unsupported, "Unsupported", '\0', List, 3261},
    {UserAgent, "User-Agent", '\0', Single, 3261},
    {UserToUser, "User-to-User", '\0', List, 7433},
    {Via, "Via", 'v', List, 3261},
    {Warning, "Warning", '\0', List, 3261},
    {WwwAuthenticate, "WWW-Authenticate", '\0', Repeated, 3261},
}};

consteval bool in_order() {
  for (std::size_t i = 0; i < kHeaders.size(); ++i) {
    if (kHeaders[i].id != static_cast<HeaderId>(i)) return false;
  }
  return true;
}
static_assert(in_order(), "kHeaders follows HeaderId");

constexpr unsigned kSlotBits = 10;

// Length and four letters tell all known names apart; bit 0x20 makes letters lower case.
constexpr std::uint32_t slot_of(std::string_view name, std::uint32_t seed) {
  const auto letter = [name](std::size_t at) { return static_cast<std::uint32_t>(name[at] | 0x20) & 0xffU; };
  const std::size_t size = name.size();
  const std::uint32_t key = letter(0) ^ (letter(size / 2) << 6) ^ (letter(size - 1) << 12) ^ (letter(size / 4) << 18) ^
                            (static_cast<std::uint32_t>(size) << 25);
  return (key * seed) >> (32 - kSlotBits);
}

struct Slots {
  std::uint32_t seed = 0;
  std::array<HeaderId, std::size_t{1} << kSlotBits> ids{};
};

// Tries multipliers until no two names share a slot.
consteval Slots make_slots() {
  for (std::uint32_t seed = 0x9e3779b1U, tries = 0; tries < 4000; ++tries, seed = seed * 1664525U + 1013904223U) {
    Slots slots;
    slots.seed = seed | 1U;
    bool unique = true;
    for (std::size_t i = 1; i < kHeaders.size() && unique; ++i) {
      HeaderId& slot = slots.ids[slot_of(kHeaders[i].name, slots.seed)];
      unique = slot == Other;
      slot = kHeaders[i].id;
    }
    if (unique) return slots;
  }
  return {};
}
constexpr Slots kSlots = make_slots();
static_assert(kSlots.seed != 0, "a multiplier without collisions exists");

consteval std::array<HeaderId, 256> make_compact_forms() {
  std::array<HeaderId, 256> ids{};
  for (const HeaderInfo& header : kHeaders) {
    if (header.compact == '\0') continue;
    ids[static_cast<unsigned char>(header.compact)] = header.id;
    ids[static_cast<unsigned char>(base::to_upper(header.compact))] = header.id;
  }
  return ids;
}
constexpr std::array<HeaderId, 256> kCompactForms = make_compact_forms();

}  // namespace

const HeaderInfo& header_info(HeaderId id) { return kHeaders[static_cast<std::size_t>(id)]; }

HeaderId parse_header_name(std::string_view name) {
  if (name.size() < 2) return name.empty() ? Other : kCompactForms[static_cast<unsigned char>(name.front())];
  const HeaderId id = kSlots.ids[slot_of(name, kSlots.seed)];
  const std::string_view known = kHeaders[static_cast<std::size_t>(id)].name;
  // Nearly everybody writes the canonical spelling, which one memcmp confirms.
  return known == name || base::iequals(known, name) ? id : Other;
}

}  // namespace carillon::sip
