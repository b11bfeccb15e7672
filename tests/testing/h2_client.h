#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <string_view>

#include "tests/testing/test_ca.h"

// HTTP/2 over TLS by hand: frames that no honest client sends, as fast as a socket takes them.
// It checks nothing about the server.
namespace enlace::testing {

namespace h2 {

enum Type : uint8_t {
  kData = 0,
  kHeaders = 1,
  kReset = 3,
  kSettings = 4,
  kPing = 6,
  kWindowUpdate = 8,
  kContinuation = 9,
};
inline constexpr uint8_t kEndStream = 1;
inline constexpr uint8_t kAck = 1;
inline constexpr uint8_t kEndHeaders = 4;

inline void AppendNumber(std::string& text, uint32_t number, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(number >> (8 * i));
}

inline std::string Frame(Type type, uint8_t flags, uint32_t stream, std::string_view payload) {
  std::string frame;
  AppendNumber(frame, static_cast<uint32_t>(payload.size()), 3);
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  AppendNumber(frame, stream, 4);
  return frame.append(payload);
}

// A name that has an index, and a value of up to 126 bytes, both kept in the dynamic table.
inline std::string Kept(char name, std::string_view value) {
  return std::string(1, static_cast<char>(0x40 | name)) + static_cast<char>(value.size()) +
         std::string(value);
}

// The headers of a gRPC call; of those after the first of a connection six bytes are enough.
inline std::string FirstCall(std::string_view path) {
  return "\x83\x87" + Kept(4, path) + Kept(1, "node") + Kept(31, "application/grpc") +
         std::string("\x40\x02te\x08trailers");
}
inline std::string NextCall() { return "\x83\x87\xc1\xc0\xbf\xbe"; }

// A message in gRPC's frame.
inline std::string Message(std::string_view bytes, bool compressed = false) {
  std::string message(1, compressed ? '\1' : '\0');
  AppendNumber(message, static_cast<uint32_t>(bytes.size()), 4);
  return message.append(bytes);
}

inline std::string Reset(uint32_t stream) {
  return Frame(kReset, 0, stream, std::string("\0\0\0\x08", 4));
}

}  // namespace h2

class H2Client {
 public:
  // To `port` of the loopback address, from any other of it. `certificate` may be null.
  explicit H2Client(uint16_t port, const IssuedCertificate* certificate,
                    const std::string& source = "127.0.0.1")
      : context_(SSL_CTX_new(TLS_client_method())), port_(port), source_(source) {
    std::signal(SIGPIPE, SIG_IGN);  // Being cut is an answer here.
    const unsigned char alpn[] = {2, 'h', '2'};
    SSL_CTX_set_alpn_protos(context_.get(), alpn, sizeof(alpn));
    if (certificate != nullptr) Show(*certificate);
  }
  ~H2Client() { Close(); }
  H2Client(const H2Client&) = delete;
  H2Client& operator=(const H2Client&) = delete;

  bool ConnectTcp() {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in from{};
    from.sin_family = AF_INET;
    inet_pton(AF_INET, source_.c_str(), &from.sin_addr);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(port_);
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return bind(fd_, reinterpret_cast<sockaddr*>(&from), sizeof(from)) == 0 &&
           connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0;
  }

  // TCP, TLS, the preface and an empty SETTINGS frame. With TLS 1.3 a server that refuses the
  // certificate lets this succeed, and cuts then.
  bool Connect(bool acknowledge = true) {
    if (!ConnectTcp()) return false;
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), fd_);
    timeval timeout{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    if (SSL_connect(ssl_.get()) != 1) return false;
    fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
    SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    std::string hello = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + h2::Frame(h2::kSettings, 0, 0, "");
    if (acknowledge) hello += h2::Frame(h2::kSettings, h2::kAck, 0, "");
    return Send(hello);
  }

  // All of it; false when the server cut the connection, or took nothing for `patience_ms`.
  // What the server sends meanwhile is read and dropped, unless `deaf`.
  bool Send(std::string_view bytes, int patience_ms = 10'000) {
    while (!bytes.empty()) {
      if (!deaf_ && !Drop()) return false;
      ERR_clear_error();
      const int sent = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
      if (sent > 0) {
        bytes.remove_prefix(static_cast<size_t>(sent));
        continue;
      }
      if (SSL_get_error(ssl_.get(), sent) != SSL_ERROR_WANT_WRITE) return false;
      pollfd ready{fd_, static_cast<short>(deaf_ ? POLLOUT : POLLOUT | POLLIN), 0};
      if (poll(&ready, 1, patience_ms) <= 0) return false;
    }
    return true;
  }
  // As received, of one read; empty when there is none within `patience_ms`.
  std::string Receive(int patience_ms) {
    pollfd ready{fd_, POLLIN, 0};
    if (SSL_pending(ssl_.get()) == 0 && poll(&ready, 1, patience_ms) <= 0) return "";
    std::string bytes(16'384, '\0');
    const int size = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    bytes.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return bytes;
  }
  // True as soon as the server has ended the connection.
  bool AwaitCut(int patience_ms) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
    while (std::chrono::steady_clock::now() < end) {
      pollfd ready{fd_, POLLIN, 0};
      if (poll(&ready, 1, 20) > 0 && !(ssl_ == nullptr ? DropPlain() : Drop())) return true;
    }
    return false;
  }
  void SetDeaf() { deaf_ = true; }
  int fd() const { return fd_; }
  void Close() {
    ssl_.reset();
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  template <auto Free>
  struct Freed {
    template <typename T>
    void operator()(T* object) const {
      Free(object);
    }
  };

  void Show(const IssuedCertificate& certificate) {
    const auto bio = [](const std::string& pem) {
      return std::unique_ptr<BIO, Freed<BIO_free>>(
          BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    };
    const std::unique_ptr<X509, Freed<X509_free>> leaf(
        PEM_read_bio_X509(bio(certificate.certificate_pem).get(), nullptr, nullptr, nullptr));
    SSL_CTX_use_certificate(context_.get(), leaf.get());
    const std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>> key(
        PEM_read_bio_PrivateKey(bio(certificate.private_key_pem).get(), nullptr, nullptr, nullptr));
    SSL_CTX_use_PrivateKey(context_.get(), key.get());
    const auto chain = bio(certificate.intermediates_pem);
    while (X509* extra = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)) {
      SSL_CTX_add_extra_chain_cert(context_.get(), extra);  // Takes it.
    }
  }
  bool Drop() {
    char buffer[4096];
    while (true) {
      ERR_clear_error();
      const int size = SSL_read(ssl_.get(), buffer, sizeof(buffer));
      if (size <= 0) return SSL_get_error(ssl_.get(), size) == SSL_ERROR_WANT_READ;
    }
  }
  bool DropPlain() {
    char buffer[4096];
    return recv(fd_, buffer, sizeof(buffer), MSG_DONTWAIT) > 0;
  }

  const std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context_;
  const uint16_t port_;
  const std::string source_;
  std::unique_ptr<SSL, Freed<SSL_free>> ssl_;
  int fd_ = -1;
  bool deaf_ = false;
};

}  // namespace enlace::testing
