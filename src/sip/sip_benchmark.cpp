// SPDX-License-Identifier: Apache-2.0
// What parsing and writing one message costs, beside a newline scan of the same bytes as the machine's yardstick.
#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <string>

#include "sip/edit_list.h"
#include "sip/message.h"
#include "sip/response_builder.h"

namespace carillon::sip {
namespace {

// An INVITE of 1 KiB as a phone behind one proxy sends it.
const std::string& invite() {
  static const std::string kInvite = [] {
    std::string head =
        "INVITE sip:bob@biloxi.example.com SIP/2.0\r\n"
        "Via: SIP/2.0/UDP proxy.atlanta.example.com:5060;branch=z9hG4bK2d4790.1;rport\r\n"
        "Via: SIP/2.0/UDP pc33.atlanta.example.com:5066;branch=z9hG4bKnashds8;received=192.0.2.4\r\n"
        "Record-Route: <sip:proxy.atlanta.example.com;lr>\r\n"
        "Max-Forwards: 69\r\n"
        "From: \"Alice Liddell\" <sip:alice@atlanta.example.com>;tag=9fxced76sl\r\n"
        "To: \"Bob\" <sip:bob@biloxi.example.com>\r\n"
        "Call-ID: 3848276298220188511@atlanta.example.com\r\n"
        "CSeq: 2 INVITE\r\n"
        "Contact: <sip:alice@192.0.2.4:5066;transport=udp>\r\n"
        "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE\r\n"
        "Supported: replaces, timer, path, outbound\r\n"
        "User-Agent: Example Softphone 4.2.1\r\n"
        "Session-Expires: 1800\r\n"
        "Content-Type: application/sdp\r\n";
    std::string sdp =
        "v=0\r\no=alice 2890844526 2890844526 IN IP4 192.0.2.4\r\ns=-\r\nc=IN IP4 192.0.2.4\r\nt=0 0\r\n"
        "m=audio 49172 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n";
    const std::string length = "Content-Length: 000\r\n\r\n";
    while (head.size() + length.size() + sdp.size() + 6 <= 1024) sdp += "a=x:1\r\n";
    return head + "Content-Length: " + std::to_string(sdp.size()) + "\r\n\r\n" + sdp;
  }();
  return kInvite;
}

void set_bytes(benchmark::State& state) {
  state.SetBytesProcessed(static_cast<std::int64_t>(invite().size()) * state.iterations());
}

void BM_NewlineScan(benchmark::State& state) {
  const std::string& bytes = invite();
  for (auto _ : state) {
    int lines = 0;
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    while ((at = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)))) != nullptr) {
      ++lines;
      ++at;
    }
    benchmark::DoNotOptimize(lines);
  }
  set_bytes(state);
}
BENCHMARK(BM_NewlineScan);

// The budget: under 400 ns.
void BM_Index(benchmark::State& state) {
  Message message;
  for (auto _ : state) benchmark::DoNotOptimize(message.index(invite()));
  set_bytes(state);
}
BENCHMARK(BM_Index);

// With the checks that parse Via, From, To, CSeq and the Request-URI.
void BM_IndexAndValidate(benchmark::State& state) {
  Message message;
  for (auto _ : state) benchmark::DoNotOptimize(message.assign(invite()));
  set_bytes(state);
}
BENCHMARK(BM_IndexAndValidate);

void add_proxy_edits(EditList& edits, const Message& message) {
  stamp_top_via(edits, message, "192.0.2.1", 5060);
  prepend_header(edits, message, "Record-Route: <sip:192.0.2.9;lr>\r\n");
  prepend_header(edits, message, "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1f.7a3bd2c90e.0\r\n");
  set_header(edits, message, HeaderId::MaxForwards, "68");
  replace_request_uri(edits, message, "sip:bob@198.51.100.7:5060;transport=udp");
}

void BM_RecordProxyEdits(benchmark::State& state) {
  Message message;
  message.assign(invite());
  EditList edits;
  for (auto _ : state) {
    edits.clear();
    add_proxy_edits(edits, message);
    benchmark::DoNotOptimize(edits);
  }
}
BENCHMARK(BM_RecordProxyEdits);

void BM_WriteProxyEdits(benchmark::State& state) {
  Message message;
  message.assign(invite());
  EditList edits;
  add_proxy_edits(edits, message);
  std::array<char, 4096> out{};
  for (auto _ : state) benchmark::DoNotOptimize(write(message, edits, out));
  set_bytes(state);
}
BENCHMARK(BM_WriteProxyEdits);

void BM_BuildResponse(benchmark::State& state) {
  Message message;
  message.assign(invite());
  for (auto _ : state) {
    benchmark::DoNotOptimize(build_response(
        message, {.status = 404, .to_tag = "a6c85cf", .received = "192.0.2.1", .rport = 5060, .server = "Carillon"}));
  }
}
BENCHMARK(BM_BuildResponse);

void BM_ParseUri(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Uri::parse("sip:alice@192.0.2.4:5066;transport=udp"));
}
BENCHMARK(BM_ParseUri);

}  // namespace
}  // namespace carillon::sip
