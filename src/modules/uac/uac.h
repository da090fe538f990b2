// SPDX-License-Identifier: Apache-2.0
// uac: requests that pass in another name, and with credentials of ours. The other side of the dialog and the responses
// see the names they know.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "module/module.h"
#include "modules/dialog/api.h"
#include "modules/uac/replaced_uri.h"
#include "modules/uac/rewritten.h"
#include "modules/uac_auth/api.h"
#include "routing/route_listener.h"

namespace carillon::uac {

using module::Parsed;
using module::RouteContext;
using module::Verdict;

// From or To.
enum class Side : std::uint8_t { From, To };

class Uac final : public module::Module, private routing::RouteListener {
 public:
  using Uses = module::Optional<uac_auth::CredentialService, dialog::DialogService>;

  [[nodiscard]] base::Result<> start(module::Services& services) override;

  // Until 2.4 the URI could stand alone.
  [[nodiscard]] static std::optional<script::ArgumentOrder> uri_alone(std::span<const std::string_view> literals) {
    static constexpr std::uint8_t kSecond[] = {1};
    return literals.size() == 1 ? std::optional<script::ArgumentOrder>(kSecond) : std::nullopt;
  }

  // --- functions
  Verdict uac_replace_from(RouteContext& context, std::optional<std::string_view> display, std::string_view uri) {
    return replace(context, Side::From, display, uri);
  }
  Verdict uac_replace_to(RouteContext& context, std::optional<std::string_view> display, std::string_view uri) {
    return replace(context, Side::To, display, uri);
  }
  Verdict uac_restore_from(RouteContext& context) { return Verdict::of(restore_name(context, Side::From)); }
  Verdict uac_restore_to(RouteContext& context) { return Verdict::of(restore_name(context, Side::To)); }
  Verdict uac_auth(RouteContext& context, const std::optional<Parsed<uac_auth::Algorithms>>& algorithms);
  Verdict uac_inc_cseq(RouteContext& context, int by);

  // --- parameters
  std::string rr_from_store_param = "vsf";
  std::string rr_to_store_param = "vst";
  std::string restore_mode = "auto";
  std::string restore_passwd;
  bool force_dialog = false;

 private:
  enum class Mode : std::uint8_t { None, Manual, Auto };

  void on_route(RouteContext& context) override;
  Verdict replace(RouteContext& context, Side side, std::optional<std::string_view> display, std::string_view uri);
  // Gives a request that follows our Record-Route the name that its receiver knows instead of what `side` was replaced
  // by. False when nothing was, or it can't be found out.
  bool restore_name(RouteContext& context, Side side);
  [[nodiscard]] const std::string& param_of(Side side) const {
    return side == Side::From ? rr_from_store_param : rr_to_store_param;
  }
  // Whether the number of CSeq may be raised so that all that follows in the dialog fits (RFC 3261 section 22.2).
  [[nodiscard]] bool may_count_on(const RouteContext& context) const;
  bool set_cseq(RouteContext& context, std::uint32_t offset);
  // Gives the request that goes out once more the next number.
  void count_on(RouteContext& context, Rewritten& kept);
  // That of the request or its transaction; made when there is none.
  [[nodiscard]] Rewritten& rewritten(RouteContext& context) const;

  Mode mode_ = Mode::Auto;
  std::optional<ReplacedUri> replaced_;
  uac_auth::CredentialService* credentials_ = nullptr;
  dialog::DialogService* dialogs_ = nullptr;  // null: not loaded
};

}  // namespace carillon::uac
