#include "tests/testing/test_ca.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <fstream>

#include "node/base/check.h"
#include "node/crypto/hash.h"
#include "node/crypto/openssl_ptr.h"

namespace enlace::testing {
namespace {

using crypto::OpensslPtr;

// Threads of gRPC can end after OpenSSL's clean-up at exit and leave their error state behind,
// which LeakSanitizer reports now and then. Without that clean-up each thread frees its own.
[[maybe_unused]] const int kWithoutCleanUp = OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);

OpensslPtr<EVP_PKEY> MakeKey(KeyType type) {
  EVP_PKEY* key = nullptr;
  switch (type) {
    case KeyType::kEcP256:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
      break;
    case KeyType::kEd25519:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
      break;
    case KeyType::kRsa2048:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{2048});
      break;
    case KeyType::kRsa1024:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{1024});
      break;
  }
  ENLACE_CHECK(key != nullptr);
  return OpensslPtr<EVP_PKEY>(key);
}

template <typename Write>
std::string ToPem(Write write) {
  const OpensslPtr<BIO> bio(BIO_new(BIO_s_mem()));
  ENLACE_CHECK(write(bio.get()) == 1);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

std::string CertificatePem(X509* certificate) {
  return ToPem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

std::string KeyPem(EVP_PKEY* key) {
  return ToPem([&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

const EVP_MD* Digest(EVP_PKEY* key, bool sha1) {
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return nullptr;
  return sha1 ? EVP_sha1() : EVP_sha256();
}

void SetName(X509_NAME* name, const std::string& common_name) {
  ENLACE_CHECK(
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(common_name.data()),
                                 static_cast<int>(common_name.size()), -1, 0) == 1);
}

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  ENLACE_CHECK(extension != nullptr);
  ENLACE_CHECK(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

void AddName(GENERAL_NAMES* names, int type, const std::string& text) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_IA5STRING* value = ASN1_IA5STRING_new();
  ENLACE_CHECK(ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) == 1);
  GENERAL_NAME_set0_value(name, type, value);
  ENLACE_CHECK(sk_GENERAL_NAME_push(names, name) > 0);
}

// Built by hand, so that names may hold bytes that a configuration text cannot.
void AddSubjectNames(X509* certificate, const CertificateSpec& spec) {
  if (spec.uris.empty() && spec.dns_names.empty()) return;
  GENERAL_NAMES* names = GENERAL_NAMES_new();
  for (const std::string& uri : spec.uris) AddName(names, GEN_URI, uri);
  for (const std::string& dns : spec.dns_names) AddName(names, GEN_DNS, dns);
  ENLACE_CHECK(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0) == 1);
  GENERAL_NAMES_free(names);
}

OpensslPtr<X509> NewCertificate(EVP_PKEY* key, const std::string& subject, int64_t not_before,
                                int64_t not_after) {
  OpensslPtr<X509> certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  std::string serial = crypto::RandomBytes(16);
  serial[0] = static_cast<char>((static_cast<unsigned char>(serial[0]) & 0x3f) | 0x40);
  BIGNUM* number = BN_bin2bn(reinterpret_cast<const unsigned char*>(serial.data()), 16, nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get()));
  BN_free(number);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), not_before);
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), not_after);
  SetName(X509_get_subject_name(certificate.get()), subject);
  ENLACE_CHECK(X509_set_pubkey(certificate.get(), key) == 1);
  return certificate;
}

std::string SerialText(X509* certificate) {
  BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr);
  char* text = BN_bn2hex(number);
  std::string result(text);
  OPENSSL_free(text);
  BN_free(number);
  return result;
}

void Sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key, bool sha1) {
  ENLACE_CHECK(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1);
  AddExtension(certificate, issuer, NID_subject_key_identifier, "hash");
  if (issuer != certificate) {
    AddExtension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
  }
  ENLACE_CHECK(X509_sign(certificate, issuer_key, Digest(issuer_key, sha1)) > 0);
}

// Null issuer: signed by its own key.
IssuedCertificate IssueLeaf(const CertificateSpec& spec, X509* issuer, EVP_PKEY* issuer_key) {
  const auto key = MakeKey(spec.key);
  const auto certificate = NewCertificate(key.get(), spec.subject, spec.not_before, spec.not_after);
  X509* signer = issuer == nullptr ? certificate.get() : issuer;
  AddExtension(certificate.get(), signer, NID_basic_constraints,
               spec.is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  AddExtension(certificate.get(), signer, NID_key_usage,
               spec.is_ca && spec.may_sign ? "critical,digitalSignature,keyCertSign"
                                           : "critical,digitalSignature");
  if (spec.extended_usage && (spec.client || spec.server)) {
    AddExtension(certificate.get(), signer, NID_ext_key_usage,
                 spec.client && spec.server ? "clientAuth,serverAuth"
                 : spec.client              ? "clientAuth"
                                            : "serverAuth");
  }
  AddSubjectNames(certificate.get(), spec);
  Sign(certificate.get(), signer, issuer == nullptr ? key.get() : issuer_key, spec.sha1);
  return {CertificatePem(certificate.get()), {}, KeyPem(key.get()), SerialText(certificate.get())};
}

}  // namespace

struct TestCa::State {
  OpensslPtr<EVP_PKEY> key;
  OpensslPtr<X509> certificate;
  std::string anchor_pem;
  std::string intermediates_pem;  // This authority and those above it but the root.

  State(const CaSpec& spec, const State* parent)
      : key(MakeKey(spec.key)),
        certificate(NewCertificate(key.get(), spec.subject, spec.not_before, spec.not_after)) {
    X509* issuer = parent == nullptr ? certificate.get() : parent->certificate.get();
    AddExtension(certificate.get(), issuer, NID_basic_constraints,
                 spec.path_length < 0
                     ? "critical,CA:TRUE"
                     : "critical,CA:TRUE,pathlen:" + std::to_string(spec.path_length));
    AddExtension(certificate.get(), issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
    Sign(certificate.get(), issuer, parent == nullptr ? key.get() : parent->key.get(), false);
    const std::string pem = CertificatePem(certificate.get());
    anchor_pem = parent == nullptr ? pem : parent->anchor_pem;
    if (parent != nullptr) intermediates_pem = pem + parent->intermediates_pem;
  }
};

TestCa::TestCa(const CaSpec& spec) : state_(std::make_unique<State>(spec, nullptr)) {}
TestCa::TestCa(std::unique_ptr<State> state) : state_(std::move(state)) {}
TestCa::~TestCa() = default;
TestCa::TestCa(TestCa&&) noexcept = default;
TestCa& TestCa::operator=(TestCa&&) noexcept = default;

const std::string& TestCa::anchor_pem() const { return state_->anchor_pem; }

TestCa TestCa::Intermediate(const CaSpec& spec) const {
  return TestCa(std::make_unique<State>(spec, state_.get()));
}

IssuedCertificate TestCa::Issue(const CertificateSpec& spec) const {
  IssuedCertificate issued = IssueLeaf(spec, state_->certificate.get(), state_->key.get());
  issued.intermediates_pem = state_->intermediates_pem;
  return issued;
}

IssuedCertificate TestCa::Issue(const std::string& uri) const {
  CertificateSpec spec;
  spec.uris = {uri};
  return Issue(spec);
}

std::string TestCa::Crl(const std::vector<std::string>& revoked_serials, int64_t this_update,
                        int64_t next_update) const {
  const OpensslPtr<X509_CRL> crl(X509_CRL_new());
  X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(state_->certificate.get()));
  ASN1_TIME* time = ASN1_TIME_set(nullptr, this_update);
  X509_CRL_set1_lastUpdate(crl.get(), time);
  for (const std::string& serial : revoked_serials) {
    BIGNUM* number = nullptr;
    ENLACE_CHECK(BN_hex2bn(&number, serial.c_str()) > 0);
    ASN1_INTEGER* integer = BN_to_ASN1_INTEGER(number, nullptr);
    X509_REVOKED* revoked = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(revoked, integer);
    X509_REVOKED_set_revocationDate(revoked, time);
    X509_CRL_add0_revoked(crl.get(), revoked);
    ASN1_INTEGER_free(integer);
    BN_free(number);
  }
  ASN1_TIME_free(time);
  time = ASN1_TIME_set(nullptr, next_update);
  X509_CRL_set1_nextUpdate(crl.get(), time);
  ASN1_TIME_free(time);
  ASN1_INTEGER* crl_number = ASN1_INTEGER_new();
  ASN1_INTEGER_set(crl_number, 1);
  X509_CRL_add1_ext_i2d(crl.get(), NID_crl_number, crl_number, 0, 0);
  ASN1_INTEGER_free(crl_number);
  X509V3_CTX context;
  X509V3_set_ctx(&context, state_->certificate.get(), nullptr, nullptr, crl.get(), 0);
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, &context, NID_authority_key_identifier, "keyid:always");
  ENLACE_CHECK(extension != nullptr);
  X509_CRL_add_ext(crl.get(), extension, -1);
  X509_EXTENSION_free(extension);
  ENLACE_CHECK(X509_CRL_sign(crl.get(), state_->key.get(), Digest(state_->key.get(), false)) > 0);
  return ToPem([&](BIO* bio) { return PEM_write_bio_X509_CRL(bio, crl.get()); });
}

IssuedCertificate SelfSigned(const CertificateSpec& spec) {
  return IssueLeaf(spec, nullptr, nullptr);
}

CertificateFiles WriteFiles(const IssuedCertificate& certificate, const std::string& folder,
                            std::string_view name) {
  const std::string stem = folder + "/" + std::string(name);
  std::ofstream(stem + ".crt", std::ios::binary) << certificate.ChainPem();
  std::ofstream(stem + ".key", std::ios::binary) << certificate.private_key_pem;
  std::filesystem::permissions(
      stem + ".key", std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return {stem + ".crt", stem + ".key"};
}

}  // namespace enlace::testing
