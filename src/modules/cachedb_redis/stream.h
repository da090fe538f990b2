// SPDX-License-Identifier: Apache-2.0
// A connection to a Redis server as bytes, plain or TLS, for threads that may wait; every wait has an end.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "modules/cachedb_redis/slots.h"

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;

namespace carillon::cachedb_redis {

// How connections are encrypted: one for all of a store. Any thread.
class Tls {
 public:
  struct Options {
    std::string ca;    // a file of trusted certificates; empty: the system's
    std::string cert;  // our own, and its key: files in PEM
    std::string key;
    bool verify = true;  // the server's certificate, and that it is for the host
  };
  [[nodiscard]] static base::Result<std::shared_ptr<const Tls>> make(const Options& options);
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

 private:
  friend class Stream;
  explicit Tls(SSL_CTX* context, bool verify) : context_(context), verify_(verify) {}
  SSL_CTX* context_;
  bool verify_;
};

// One thread at a time. After an error of no further use.
class Stream {
 public:
  struct Options {
    std::shared_ptr<const Tls> tls;  // null: plain; shared by the connections that use it
    std::chrono::seconds keepalive{10};
  };

  [[nodiscard]] static base::Result<Stream> connect(const Address& to, const Options& options, base::TimePoint until);
  Stream(Stream&& other) noexcept;
  Stream& operator=(Stream&&) = delete;
  ~Stream();

  // Without waiting: how many bytes, 0 when none can be now. The peer's closing is an error.
  [[nodiscard]] base::Result<std::size_t> read(std::span<char> into);
  [[nodiscard]] base::Result<std::size_t> write(std::string_view bytes);
  // Until bytes can be read, or also (`to_write`) written; false when `until` came first. Call read() until it returns
  // 0 before.
  [[nodiscard]] bool wait(bool to_write, base::TimePoint until) const;
  // Nothing has come, and the peer hasn't closed.
  [[nodiscard]] bool is_quiet() const;

 private:
  struct FreeSsl {
    void operator()(SSL* ssl) const noexcept;
  };

  explicit Stream(int descriptor) : descriptor_(descriptor) {}
  [[nodiscard]] base::Result<> start_tls(const Tls& tls, const std::string& host, base::TimePoint until);
  [[nodiscard]] base::Result<std::size_t> tls_result(int result, const char* doing);

  int descriptor_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  bool tls_wants_write_ = false;
};

}  // namespace carillon::cachedb_redis
