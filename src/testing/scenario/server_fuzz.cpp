// SPDX-License-Identifier: Apache-2.0
// Any bytes against the whole server, as datagrams of a caller and a callee and on a connection: nothing crashes,
// nothing malformed leaves, and in the end nothing is left. Pieces are separated by "\n%%" and a letter that says what
// they are.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/log.h"
#include "base/strings.h"
#include "testing/peer.h"
#include "testing/scenario/text_message.h"
#include "testing/scenario/wire_check.h"
#include "testing/scenario/world.h"

namespace carillon::testing {
namespace {

constexpr const char* kScript = R"script(
route {
  sipmsg_validate("shrftc", $var(problem));
  sip_to_json($var(json));
  $var(text) = "$rm $ru $rU $rd $rp $fu $fn $ft $tu $tn $ci $cs $cl $ua $ct $ai $di $rt $rb $(hdr(Via)[-1])";
  $var(text) = $(ct.fields(uri)[-1]) + $(ru{uri.user}{s.unescape.user}) + $(fu{uri.params}) + $(hdr(Via){via.branch});
  is_audio_on_hold();
  is_privacy("id");
  remove_hf("Subject");
  remove_hf_glob("x-*");
  list_hdr_remove_option("Supported", "path");
  list_hdr_add_option("Allow", "PRACK");
  if (!mf_process_maxfwd_header(10)) {
    send_reply(483, "Too Many Hops");
    exit;
  }
  if (has_totag()) {
    loose_route();
    t_relay();
    exit;
  }
  if (is_method("CANCEL")) {
    if (t_check_trans()) t_relay();
    exit;
  }
  t_check_trans();
  if (is_method("REGISTER")) {
    save("location");
    exit;
  }
  loose_route();
  record_route();
  if (!lookup("location", "branch")) $du = "sip:10.0.0.12:5060";
  t_on_branch("branches");
  t_on_reply("replies");
  t_on_failure("failures");
  if (is_method("NOTIFY")) forward();
  else if (!t_relay()) send_reply(500, "Server Error");
}
branch_route[branches] {
  append_hf("P-Hint: $rU\r\n");
}
onreply_route[replies] {
  $var(text) = "$rs $rr $(hdr(Contact)) $rb";
  remove_hf("Server");
}
failure_route[failures] {
  if (t_check_status("486|408")) {
    $ru = "sip:voicemail@10.0.0.12:5060";
    t_relay();
  }
})script";

const base::Endpoint kServer = *base::Endpoint::parse("10.0.0.1:5060");
const base::Endpoint kAlice = *base::Endpoint::parse("10.0.0.11:5060");
const base::Endpoint kBob = *base::Endpoint::parse("10.0.0.12:5060");

// As received, but for what a receiver may be strict about.
bool is_lenient(std::string_view bytes) {
  const std::string_view line = bytes.substr(0, bytes.find("\r\n"));
  if (!line.starts_with("SIP/2.0 ") && !line.ends_with(" SIP/2.0")) return true;  // "sip/2.0" passes as it came
  // Responses to what is refused have what it had.
  return (line.starts_with("SIP/2.0 4") || line.starts_with("SIP/2.0 505")) && wire_fault(bytes)->ends_with(" headers");
}

class Fuzzed {
 public:
  Fuzzed() {
    World::Setup setup;
    setup.path = "fuzz";
    setup.script = kScript;
    const auto started = world_.start(setup);
    CARILLON_ASSERT(started.has_value());
    alice_ = std::make_unique<DatagramPeer>(world_.network(), kAlice);
    bob_ = std::make_unique<DatagramPeer>(world_.network(), kBob);
  }

  void run(std::string_view input) {
    play('a', input.substr(0, input.find("\n%%")));
    for (std::size_t at = input.find("\n%%"); at != std::string_view::npos && at + 3 < input.size();) {
      const std::size_t next = input.find("\n%%", at + 3);
      play(input[at + 3], input.substr(at + 4, next == std::string_view::npos ? next : next - at - 4));
      at = next;
    }
    finish();
  }

 private:
  void play(char kind, std::string_view bytes) {
    switch (kind) {
      case 'b':
        bob_->send(kServer, bytes);
        break;
      case 's':
        if (!stream_)
          stream_ = StreamPeer::connect(world_.network(), {.remote = kServer, .local = {kAlice.address, 0}});
        static_cast<void>(stream_->send(bytes));
        break;
      case 'r':
        answer(bytes);
        break;
      case 't':
        world_.advance(std::chrono::milliseconds(base::parse_number<std::uint16_t>(bytes).value_or(500)));
        break;
      default:
        alice_->send(kServer, bytes);
    }
    settle();
  }

  // Bob answers what he received last, with the status the piece begins with and its other lines as headers.
  void answer(std::string_view piece) {
    if (!last_request_) return;
    TextMessage response("SIP/2.0 " + std::string(piece.substr(0, piece.find('\n'))));
    for (const TextMessage::Header& header : last_request_->headers()) {
      for (const char* copied : {"Via", "From", "To", "Call-ID", "CSeq", "Record-Route"}) {
        if (!is_same_header(header.name, copied)) continue;
        const bool tag = copied == std::string_view("To") && last_request_->tag_of("To").empty();
        response.add(copied, tag ? header.value + ";tag=bob" : header.value);
      }
    }
    response.add("Contact", "<sip:bob@10.0.0.12:5060>");
    bob_->send(kServer, response.write());
  }

  void settle() {
    world_.advance(base::Duration::zero());
    for (auto* const peer : {alice_.get(), bob_.get()}) {
      while (const auto datagram = peer->take()) {
        CARILLON_ASSERT(!wire_fault(datagram->bytes) || is_lenient(datagram->bytes));
        auto message = TextMessage::parse(datagram->bytes);
        if (peer == bob_.get() && message && message->is_request()) last_request_ = std::move(message);
      }
    }
    if (stream_) static_cast<void>(stream_->take());
  }

  void finish() {
    for (const base::Endpoint& peer : {kAlice, kBob}) world_.network().set_black_hole(peer.address);
    world_.advance(std::chrono::minutes(10));
    CARILLON_ASSERT(world_.statistics().read("tm:inuse_transactions").front().value == 0);
  }

  World world_;
  std::unique_ptr<DatagramPeer> alice_;
  std::unique_ptr<DatagramPeer> bob_;
  std::unique_ptr<StreamPeer> stream_;
  std::optional<TextMessage> last_request_;
};

}  // namespace
}  // namespace carillon::testing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  carillon::log::set_level(carillon::log::Level::Alert);
  constexpr std::size_t kMaxDatagram = 60'000;
  if (size > kMaxDatagram) return 0;
  carillon::testing::Fuzzed().run({reinterpret_cast<const char*>(data), size});
  return 0;
}
