// SPDX-License-Identifier: Apache-2.0
// The steering program. Sockets are numbered in the order they were bound, which is that of the workers.
#include "net/steering.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <sys/socket.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

namespace carillon::net {

namespace {

// Offsets from the start of the network header (RFC 791 section 3.1, RFC 8200 section 3).
constexpr std::uint32_t kNetwork = static_cast<std::uint32_t>(SKF_NET_OFF);
constexpr std::uint32_t kV4Source = kNetwork + 12;
constexpr std::uint32_t kV6Source = kNetwork + 8;
constexpr std::uint32_t kV6Header = 40;
constexpr std::uint32_t kRandom = static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_RANDOM);

// Scratch memory.
constexpr std::uint32_t kAddress = 0;  // 32 bits of the source address, or of all its words
constexpr std::uint32_t kPort = 1;

class Program {
 public:
  void add(unsigned code, std::uint32_t operand = 0) {
    code_.push_back({static_cast<std::uint16_t>(code), 0, 0, operand});
  }
  // Goes on if A == operand, otherwise skips `skipped` instructions.
  void skip_unless_equal(std::uint32_t operand, std::uint8_t skipped) {
    code_.push_back({BPF_JMP | BPF_JEQ | BPF_K, 0, skipped, operand});
  }
  [[nodiscard]] sock_fprog compiled() { return {static_cast<std::uint16_t>(code_.size()), code_.data()}; }

 private:
  std::vector<sock_filter> code_;
};

std::uint32_t folded(const base::IpAddress& address) {
  std::uint32_t all = 0;
  const std::string_view bytes = address.bytes();
  for (std::size_t at = 0; at < bytes.size(); at += sizeof all) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    all ^= ntohl(word);
  }
  return all;
}

void load_source_v4(Program& program) {
  program.add(BPF_LD | BPF_W | BPF_ABS, kV4Source);
  program.add(BPF_ST, kAddress);
  program.add(BPF_LD | BPF_B | BPF_ABS, kNetwork);  // the header's length, in words
  program.add(BPF_ALU | BPF_AND | BPF_K, 0x0f);
  program.add(BPF_ALU | BPF_LSH | BPF_K, 2);
  program.add(BPF_MISC | BPF_TAX);
  program.add(BPF_LD | BPF_H | BPF_IND, kNetwork);
  program.add(BPF_ST, kPort);
}

// Datagrams with extension headers are spread by what stands where the port would be: constant for a source.
void load_source_v6(Program& program) {
  program.add(BPF_LD | BPF_W | BPF_ABS, kV6Source);
  for (std::uint32_t word = 1; word < 4; ++word) {
    program.add(BPF_MISC | BPF_TAX);
    program.add(BPF_LD | BPF_W | BPF_ABS, kV6Source + 4 * word);
    program.add(BPF_ALU | BPF_XOR | BPF_X);
  }
  program.add(BPF_ST, kAddress);
  program.add(BPF_LD | BPF_H | BPF_ABS, kNetwork + kV6Header);
  program.add(BPF_ST, kPort);
}

Program make_program(base::Family family, const Steering& steering) {
  Program program;
  if (family == base::Family::V6) {
    load_source_v6(program);
  } else {
    load_source_v4(program);
  }
  if (steering.heavy) {
    program.skip_unless_equal(steering.heavy->port, 5);  // A holds the port
    program.add(BPF_LD | BPF_MEM, kAddress);
    program.skip_unless_equal(folded(steering.heavy->address), 3);
    program.add(BPF_LD | BPF_W | BPF_ABS, kRandom);
    program.add(BPF_ALU | BPF_MOD | BPF_K, steering.active);
    program.add(BPF_RET | BPF_A);
  }
  program.add(BPF_LDX | BPF_MEM, kPort);
  program.add(BPF_LD | BPF_MEM, kAddress);
  program.add(BPF_ALU | BPF_MUL | BPF_K, 0x85eb'ca6bU);
  program.add(BPF_ALU | BPF_XOR | BPF_X);
  program.add(BPF_ALU | BPF_MUL | BPF_K, 0x9e37'79b1U);
  program.add(BPF_ALU | BPF_RSH | BPF_K, 16);
  program.add(BPF_ALU | BPF_MOD | BPF_K, steering.active);
  program.add(BPF_RET | BPF_A);
  return program;
}

}  // namespace

bool attach_steering(int socket, base::Family family, const Steering& steering) {
  Program program = make_program(family, steering);
  const sock_fprog compiled = program.compiled();
  return ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &compiled, sizeof compiled) == 0;
}

}  // namespace carillon::net
