#include "node/crypto/certificate.h"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <ctime>

#include "node/base/check.h"
#include "node/crypto/hash.h"
#include "node/crypto/openssl_ptr.h"

namespace enlace::crypto {
namespace {

// Far above what a handshake carries; a bundle holds a few certificates.
constexpr size_t kPemBytesMax = 1 << 20;
constexpr size_t kCertificatesMax = 64;
constexpr int kChainDepthMax = 4;

OpensslPtr<BIO> ReadOnly(std::string_view pem) {
  ENLACE_CHECK(pem.size() <= kPemBytesMax);
  const char* bytes = pem.empty() ? "" : pem.data();  // OpenSSL refuses a null pointer.
  OpensslPtr<BIO> bio(BIO_new_mem_buf(bytes, static_cast<int>(pem.size())));
  ENLACE_CHECK(bio != nullptr);
  return bio;
}

// No password is ever asked for on a terminal.
int NoPassword(char*, int, int, void*) { return 0; }

Status TooLarge() { return Error(Reason::KEY_INVALID, "a certificate file is larger than 1 MiB"); }

// True when reading ended because no further PEM block began.
bool AtEnd() {
  const unsigned long code = ERR_peek_last_error();  // NOLINT(google-runtime-int)
  return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

StatusOr<std::vector<OpensslPtr<X509>>> ReadCertificates(std::string_view pem) {
  std::vector<OpensslPtr<X509>> certificates;
  if (pem.size() > kPemBytesMax) return TooLarge();
  ERR_clear_error();
  const auto bio = ReadOnly(pem);
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr)) {
    certificates.emplace_back(certificate);
    if (certificates.size() > kCertificatesMax) {
      return Error(Reason::KEY_INVALID, "more than 64 certificates in one file");
    }
  }
  if (!AtEnd()) {
    return Error(Reason::KEY_INVALID, "a certificate is not whole: " + TakeOpensslError());
  }
  ERR_clear_error();
  return certificates;
}

StatusOr<std::vector<OpensslPtr<X509_CRL>>> ReadCrls(std::string_view pem) {
  std::vector<OpensslPtr<X509_CRL>> crls;
  if (pem.size() > kPemBytesMax) return TooLarge();
  ERR_clear_error();
  const auto bio = ReadOnly(pem);
  while (X509_CRL* crl = PEM_read_bio_X509_CRL(bio.get(), nullptr, NoPassword, nullptr)) {
    crls.emplace_back(crl);
    if (crls.size() > kCertificatesMax) {
      return Error(Reason::KEY_INVALID, "more than 64 revocation lists in one file");
    }
  }
  if (!AtEnd()) {
    return Error(Reason::KEY_INVALID, "a revocation list is not whole: " + TakeOpensslError());
  }
  ERR_clear_error();
  return crls;
}

StatusOr<OpensslPtr<X509>> ReadFirst(std::string_view pem) {
  if (pem.size() > kPemBytesMax) return TooLarge();
  ERR_clear_error();
  const auto bio = ReadOnly(pem);
  OpensslPtr<X509> certificate(PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr));
  if (certificate == nullptr) {
    return Error(Reason::KEY_INVALID, "no whole certificate in PEM form: " + TakeOpensslError());
  }
  return certificate;
}

int64_t UnixSeconds(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return timegm(&parts);
}

std::vector<std::string> UriNames(const X509* certificate) {
  std::vector<std::string> uris;
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
    uris.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                      static_cast<size_t>(ASN1_STRING_length(uri)));
  }
  GENERAL_NAMES_free(names);
  return uris;
}

std::string SubjectText(const X509* certificate) {
  const OpensslPtr<BIO> bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &text);
  return size <= 0 ? std::string() : std::string(text, static_cast<size_t>(size));
}

StatusOr<Hash> SpkiFingerprint(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) {
    return Error(Reason::KEY_INVALID,
                 "the certificate's key is not readable: " + TakeOpensslError());
  }
  const Hash hash = Sha256({reinterpret_cast<const char*>(der), static_cast<size_t>(size)});
  OPENSSL_free(der);
  return hash;
}

Status Untrusted(const std::string& why) {
  return Error(Reason::IDENTITY_UNTRUSTED, "the certificate chain is refused: " + why);
}

// A stack that borrows its certificates.
struct StackDeleter {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using StackPtr = std::unique_ptr<STACK_OF(X509), StackDeleter>;

StatusOr<OpensslPtr<X509_STORE>> AnchorStore(std::string_view anchors_pem,
                                             std::string_view crls_pem) {
  ENLACE_ASSIGN_OR_RETURN(const auto anchors, ReadCertificates(anchors_pem));
  ENLACE_ASSIGN_OR_RETURN(const auto crls, ReadCrls(crls_pem));
  if (anchors.empty()) return Untrusted("there are no trust anchors for its domain");
  OpensslPtr<X509_STORE> store(X509_STORE_new());
  ENLACE_CHECK(store != nullptr);
  for (const auto& anchor : anchors) {
    ENLACE_CHECK(X509_STORE_add_cert(store.get(), anchor.get()) == 1);
  }
  for (const auto& crl : crls) {
    ENLACE_CHECK(X509_STORE_add_crl(store.get(), crl.get()) == 1);
  }
  return store;
}

void SetRules(X509_STORE_CTX* context, Purpose purpose, bool check_revocation, int64_t now) {
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context);
  unsigned long flags = X509_V_FLAG_X509_STRICT;  // NOLINT(google-runtime-int)
  if (check_revocation) flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
  X509_VERIFY_PARAM_set_flags(rules, flags);
  X509_VERIFY_PARAM_set_time(rules, now);
  X509_VERIFY_PARAM_set_depth(rules, kChainDepthMax);
  // Level 2: at least 112 bits of security, so no RSA under 2048 bits and no SHA-1.
  X509_VERIFY_PARAM_set_auth_level(rules, 2);
  X509_VERIFY_PARAM_set_purpose(
      rules, purpose == Purpose::kClient ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_trust(
      rules, purpose == Purpose::kClient ? X509_TRUST_SSL_CLIENT : X509_TRUST_SSL_SERVER);
}

// X509_check_ca knows more forms of "CA" than the purpose check refuses, but not the one that
// says CA and may sign no certificate.
bool IsAuthority(X509* certificate) {
  return X509_check_ca(certificate) != 0 ||
         (X509_get_extension_flags(certificate) & EXFLAG_CA) != 0;
}

}  // namespace

StatusOr<CertificateInfo> ReadCertificate(std::string_view pem) {
  ENLACE_ASSIGN_OR_RETURN(const auto certificate, ReadFirst(pem));
  CertificateInfo info;
  info.uris = UriNames(certificate.get());
  info.subject = SubjectText(certificate.get());
  info.not_before = UnixSeconds(X509_get0_notBefore(certificate.get()));
  info.not_after = UnixSeconds(X509_get0_notAfter(certificate.get()));
  info.is_ca = IsAuthority(certificate.get());
  ENLACE_ASSIGN_OR_RETURN(info.spki_fingerprint, SpkiFingerprint(certificate.get()));
  ERR_clear_error();
  return info;
}

Status VerifyChain(std::string_view leaf_pem, std::string_view intermediates_pem,
                   std::string_view anchors_pem, std::string_view crls_pem, Purpose purpose,
                   int64_t now) {
  ENLACE_ASSIGN_OR_RETURN(const auto leaf, ReadFirst(leaf_pem));
  ENLACE_ASSIGN_OR_RETURN(const auto intermediates, ReadCertificates(intermediates_pem));
  ENLACE_ASSIGN_OR_RETURN(const auto store, AnchorStore(anchors_pem, crls_pem));
  if (IsAuthority(leaf.get())) return Untrusted("a certificate authority is no caller");
  // The purpose check accepts a leaf without the extension, which then fits every purpose.
  if ((X509_get_extension_flags(leaf.get()) & EXFLAG_XKUSAGE) == 0) {
    return Untrusted("it does not say what it is for (extended key usage)");
  }

  const StackPtr presented(sk_X509_new_null());
  for (const auto& certificate : intermediates) {
    ENLACE_CHECK(sk_X509_push(presented.get(), certificate.get()) > 0);
  }
  const OpensslPtr<X509_STORE_CTX> context(X509_STORE_CTX_new());
  ENLACE_CHECK(context != nullptr);
  ENLACE_CHECK(X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), presented.get()) == 1);
  SetRules(context.get(), purpose, !crls_pem.empty(), now);
  const int verified = X509_verify_cert(context.get());
  ERR_clear_error();
  if (verified == 1) return absl::OkStatus();
  const int error = X509_STORE_CTX_get_error(context.get());
  return Untrusted(X509_verify_cert_error_string(error));
}

Status CheckKeyPair(std::string_view certificate_pem, std::string_view private_key_pem) {
  ENLACE_ASSIGN_OR_RETURN(const auto certificate, ReadFirst(certificate_pem));
  if (private_key_pem.size() > kPemBytesMax) return TooLarge();
  const auto bio = ReadOnly(private_key_pem);
  const OpensslPtr<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  if (key == nullptr) {
    return Error(Reason::KEY_INVALID,
                 "no readable private key in PEM form (keys with a password are not supported): " +
                     TakeOpensslError());
  }
  const bool matches = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (matches) return absl::OkStatus();
  return Error(Reason::KEY_INVALID, "the private key does not belong to the certificate");
}

}  // namespace enlace::crypto
