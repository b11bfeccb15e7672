#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "tests/testing/test_ca.h"

// A TLS client that checks nothing, shows what it is told to, and can resume a session: what
// an attacker would bring. gRPC's own client can do neither.
namespace enlace::testing {

enum class Entry {
  kLetIn,     // The server spoke HTTP/2 to us.
  kShownOut,  // It ended the connection.
  kNoAnswer,  // Neither within ten seconds; a test that sees this has failed.
};

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using SslSession = std::unique_ptr<SSL_SESSION, Freed<SSL_SESSION_free>>;

class RawTlsClient {
 public:
  // TLS 1.2 or 1.3 alone.
  RawTlsClient(const std::string& address, int version)
      : context_(SSL_CTX_new(TLS_client_method())),
        port_(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)))) {
    std::signal(SIGPIPE, SIG_IGN);  // Being shown out is an answer here, not an end.
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    const unsigned char alpn[] = {2, 'h', '2'};
    SSL_CTX_set_alpn_protos(context_.get(), alpn, sizeof(alpn));
  }

  void Show(const IssuedCertificate& certificate) {
    Use(certificate.certificate_pem, [this](BIO* bio) {
      std::unique_ptr<X509, Freed<X509_free>> leaf(
          PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
      EXPECT_EQ(SSL_CTX_use_certificate(context_.get(), leaf.get()), 1);
    });
    Use(certificate.private_key_pem, [this](BIO* bio) {
      std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>> key(
          PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr));
      EXPECT_EQ(SSL_CTX_use_PrivateKey(context_.get(), key.get()), 1);
    });
    Use(certificate.intermediates_pem, [this](BIO* bio) {
      while (X509* extra = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr)) {
        EXPECT_EQ(SSL_CTX_add_extra_chain_cert(context_.get(), extra), 1);  // Takes it.
      }
    });
  }

  // Connects, says hello in HTTP/2, and waits for what the server does. `resume` may be null.
  Entry Connect(SSL_SESSION* resume = nullptr) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    timeval timeout{10, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.sin_port = htons(port_);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
    const Entry entry = Talk(fd, resume);
    close(fd);
    return entry;
  }

  // Of the last connection.
  SSL_SESSION* session() const { return session_.get(); }
  bool resumed() const { return resumed_; }

 private:
  template <typename Read>
  static void Use(const std::string& pem, Read read) {
    std::unique_ptr<BIO, Freed<BIO_free>> bio(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    read(bio.get());
  }

  Entry Talk(int fd, SSL_SESSION* resume) {
    std::unique_ptr<SSL, Freed<SSL_free>> ssl(SSL_new(context_.get()));
    SSL_set_fd(ssl.get(), fd);
    if (resume != nullptr) SSL_set_session(ssl.get(), resume);
    if (SSL_connect(ssl.get()) != 1) return Ended(ssl.get());
    resumed_ = SSL_session_reused(ssl.get()) == 1;
    // The preface and an empty SETTINGS frame; a server that lets us in answers with its own.
    const std::string hello =
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9);
    SSL_write(ssl.get(), hello.data(), static_cast<int>(hello.size()));
    char frame[9];
    ERR_clear_error();
    if (SSL_read(ssl.get(), frame, sizeof(frame)) <= 0) return Ended(ssl.get());
    session_.reset(SSL_get1_session(ssl.get()));  // With TLS 1.3 it has arrived by now.
    SSL_shutdown(ssl.get());                      // A session that broke off is not resumed.
    return frame[3] == 4 ? Entry::kLetIn : Entry::kNoAnswer;
  }

  static Entry Ended(SSL* ssl) {
    const bool timed_out = SSL_get_error(ssl, -1) == SSL_ERROR_WANT_READ;
    return timed_out ? Entry::kNoAnswer : Entry::kShownOut;
  }

  std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context_;
  const uint16_t port_;
  SslSession session_;
  bool resumed_ = false;
};

}  // namespace enlace::testing
