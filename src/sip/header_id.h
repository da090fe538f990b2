// SPDX-License-Identifier: Apache-2.0
// The header fields we know by number: canonical name, compact form, how several values are written, and the RFC.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace carillon::sip {

enum class HeaderId : std::uint8_t {
  Other,  // any header without an entry here; told apart by name
  Accept,
  AcceptContact,
  AcceptEncoding,
  AcceptLanguage,
  AlertInfo,
  Allow,
  AllowEvents,
  AnswerMode,
  AuthenticationInfo,
  Authorization,
  CallId,
  CallInfo,
  Contact,
  ContentDisposition,
  ContentEncoding,
  ContentLanguage,
  ContentLength,
  ContentType,
  CSeq,
  Date,
  Diversion,
  ErrorInfo,
  Event,
  Expires,
  FeatureCaps,
  FlowTimer,
  From,
  Geolocation,
  GeolocationError,
  GeolocationRouting,
  HistoryInfo,
  Identity,
  IdentityInfo,
  InfoPackage,
  InReplyTo,
  Join,
  MaxBreadth,
  MaxForwards,
  MimeVersion,
  MinExpires,
  MinSE,
  Organization,
  PAccessNetworkInfo,
  PAssertedIdentity,
  PAssertedService,
  PAssociatedUri,
  Path,
  PCalledPartyId,
  PChargingVector,
  PEarlyMedia,
  PPreferredIdentity,
  PPreferredService,
  Priority,
  Privacy,
  ProxyAuthenticate,
  ProxyAuthorization,
  ProxyRequire,
  PVisitedNetworkId,
  RAck,
  Reason,
  RecordRoute,
  RecvInfo,
  ReferredBy,
  ReferSub,
  ReferTo,
  RejectContact,
  RemotePartyId,
  Replaces,
  ReplyTo,
  RequestDisposition,
  Require,
  ResourcePriority,
  RetryAfter,
  Route,
  RSeq,
  SecurityClient,
  SecurityServer,
  SecurityVerify,
  Server,
  ServiceRoute,
  SessionExpires,
  SessionId,
  SipETag,
  SipIfMatch,
  Subject,
  SubscriptionState,
  Supported,
  SuppressIfMatch,
  TargetDialog,
  Timestamp,
  To,
  Unsupported,
  UserAgent,
  UserToUser,
  Via,
  Warning,
  WwwAuthenticate,
  Count_,
};

inline constexpr std::size_t kHeaderIdCount = static_cast<std::size_t>(HeaderId::Count_);

enum class HeaderForm : std::uint8_t {
  Single,    // one line, one value
  List,      // values separated by commas, or spread over several lines, or both (RFC 3261 section 7.3.1)
  Repeated,  // several lines, but a comma belongs to the value (challenges and credentials)
};

struct HeaderInfo {
  HeaderId id = HeaderId::Other;
  std::string_view name;  // canonical spelling, as we write it
  char compact = '\0';    // lower case, or NUL when there is none
  HeaderForm form = HeaderForm::List;
  std::uint16_t rfc = 0;  // where the header is defined; 0: only a draft
};

// The entry of an id; for Other an entry with an empty name.
[[nodiscard]] const HeaderInfo& header_info(HeaderId id);

// Without regard to case; compact forms included. Constant time.
[[nodiscard]] HeaderId parse_header_name(std::string_view name);

}  // namespace carillon::sip
