// SPDX-License-Identifier: Apache-2.0
// See stream.h.
#include "modules/cachedb_redis/stream.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/ip.h"
#include "storage/driver.h"

namespace carillon::cachedb_redis {
namespace {

using std::chrono::steady_clock;

std::unexpected<base::Error> lost(std::string message) {
  return base::fail(std::move(message), static_cast<int>(storage::Fault::Unavailable));
}

std::string tls_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "the peer has closed";
  char text[256];
  ERR_error_string_n(code, text, sizeof text);
  return text;
}

// False when `until` came first.
bool wait_for(int descriptor, short events, base::TimePoint until) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now()).count();
    pollfd polled{.fd = descriptor, .events = events, .revents = 0};
    const int ready = ::poll(&polled, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0 || left <= 0) return false;
  }
}

void set_option(int descriptor, int level, int name, int value) {
  static_cast<void>(::setsockopt(descriptor, level, name, &value, sizeof value));
}

struct FreeAddresses {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};

// A connected socket, or -1 with errno.
int connect_to(const addrinfo& address, base::TimePoint until) {
  const int descriptor = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol);
  if (descriptor < 0) return -1;
  int error = 0;
  if (::connect(descriptor, address.ai_addr, address.ai_addrlen) != 0) {
    error = errno;
    if (error == EINPROGRESS) {
      socklen_t size = sizeof error;
      if (!wait_for(descriptor, POLLOUT, until)) {
        error = ETIMEDOUT;
      } else if (::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        error = errno;
      }
    }
  }
  if (error == 0) return descriptor;
  ::close(descriptor);
  errno = error;
  return -1;
}

}  // namespace

// --- Tls -------------------------------------------------------------------------------------------------------------

base::Result<std::shared_ptr<const Tls>> Tls::make(const Options& options) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  if (context == nullptr) return base::fail("TLS: " + tls_error());
  const std::shared_ptr<const Tls> tls(new Tls(context, options.verify));
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(context, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  const bool trusted = options.ca.empty() ? SSL_CTX_set_default_verify_paths(context) == 1
                                          : SSL_CTX_load_verify_file(context, options.ca.c_str()) == 1;
  if (!trusted) return base::fail("TLS: " + options.ca + ": " + tls_error());
  if (!options.cert.empty()) {
    const std::string& key = options.key.empty() ? options.cert : options.key;
    if (SSL_CTX_use_certificate_chain_file(context, options.cert.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
      return base::fail("TLS: " + options.cert + ": " + tls_error());
    }
  }
  return tls;
}

Tls::~Tls() { SSL_CTX_free(context_); }

// --- Stream ----------------------------------------------------------------------------------------------------------

void Stream::FreeSsl::operator()(SSL* ssl) const noexcept { SSL_free(ssl); }

Stream::Stream(Stream&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      ssl_(std::move(other.ssl_)),
      tls_wants_write_(other.tls_wants_write_) {}

Stream::~Stream() {
  ssl_.reset();
  if (descriptor_ >= 0) ::close(descriptor_);
}

base::Result<Stream> Stream::connect(const Address& to, const Options& options, base::TimePoint until) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int failed = ::getaddrinfo(to.host.c_str(), std::to_string(to.port).c_str(), &hints, &list);
  if (failed != 0) return lost(to.text() + ": " + ::gai_strerror(failed));
  const std::unique_ptr<addrinfo, FreeAddresses> addresses(list);
  int descriptor = -1;
  for (const addrinfo* one = list; one != nullptr && descriptor < 0; one = one->ai_next) {
    descriptor = connect_to(*one, until);
  }
  if (descriptor < 0) return lost(to.text() + ": " + std::strerror(errno));
  Stream stream(descriptor);
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  if (options.keepalive.count() > 0) {
    const int seconds = static_cast<int>(std::min<std::int64_t>(options.keepalive.count(), 32'000));
    set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, std::max(seconds / 3, 1));
  }
  if (options.tls != nullptr) {
    if (auto started = stream.start_tls(*options.tls, to.host, until); !started) {
      return lost(to.text() + ": " + started.error().message);
    }
  }
  return stream;
}

base::Result<> Stream::start_tls(const Tls& tls, const std::string& host, base::TimePoint until) {
  ssl_.reset(SSL_new(tls.context_));
  if (ssl_ == nullptr || SSL_set_fd(ssl_.get(), descriptor_) != 1) return base::fail("TLS: " + tls_error());
  if (base::IpAddress::parse(host)) {
    if (tls.verify_) X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
    if (tls.verify_) SSL_set1_host(ssl_.get(), host.c_str());
  }
  while (true) {
    ERR_clear_error();
    const int result = SSL_connect(ssl_.get());
    if (result == 1) return {};
    const int why = SSL_get_error(ssl_.get(), result);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return base::fail("TLS: " + tls_error());
    if (!wait_for(descriptor_, why == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN, until)) {
      return base::fail("TLS: no answer in time");
    }
  }
}

base::Result<std::size_t> Stream::tls_result(int result, const char* doing) {
  tls_wants_write_ = false;
  if (result > 0) return static_cast<std::size_t>(result);
  const int why = SSL_get_error(ssl_.get(), result);
  tls_wants_write_ = why == SSL_ERROR_WANT_WRITE;
  if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return 0;
  return lost(std::string(doing) + ": " + tls_error());
}

base::Result<std::size_t> Stream::read(std::span<char> into) {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    return tls_result(SSL_read(ssl_.get(), into.data(), static_cast<int>(into.size())), "reading");
  }
  while (true) {
    const ssize_t size = ::recv(descriptor_, into.data(), into.size(), 0);
    if (size > 0) return static_cast<std::size_t>(size);
    if (size == 0) return lost("the server has closed the connection");
    if (errno == EAGAIN) return 0;
    if (errno != EINTR) return lost(std::string("reading: ") + std::strerror(errno));
  }
}

base::Result<std::size_t> Stream::write(std::string_view bytes) {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    const auto size = static_cast<int>(std::min<std::size_t>(bytes.size(), 1U << 20));
    return tls_result(SSL_write(ssl_.get(), bytes.data(), size), "writing");
  }
  while (true) {
    const ssize_t size = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size >= 0) return static_cast<std::size_t>(size);
    if (errno == EAGAIN) return 0;
    if (errno != EINTR) return lost(std::string("writing: ") + std::strerror(errno));
  }
}

bool Stream::wait(bool to_write, base::TimePoint until) const {
  const bool out = to_write || tls_wants_write_;
  return wait_for(descriptor_, static_cast<short>(out ? POLLIN | POLLOUT : POLLIN), until);
}

bool Stream::is_quiet() const {
  pollfd polled{.fd = descriptor_, .events = POLLIN, .revents = 0};
  return ::poll(&polled, 1, 0) == 0;
}

}  // namespace carillon::cachedb_redis
