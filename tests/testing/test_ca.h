#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// Certificate authorities and certificates of every kind, good and bad, made in memory
// for tests. Nothing here is ever installed anywhere.
namespace enlace::testing {

// Valid around both the real clock and ManualClock unless said otherwise.
inline constexpr int64_t kValidFrom = 1577836800;   // 2020-01-01
inline constexpr int64_t kValidUntil = 2366841600;  // 2045-01-01

enum class KeyType { kEcP256, kEd25519, kRsa2048, kRsa1024 };

struct CertificateSpec {
  std::vector<std::string> uris;
  std::vector<std::string> dns_names;
  std::string subject = "test";
  bool client = true;          // Extended key usage clientAuth.
  bool server = true;          // Extended key usage serverAuth.
  bool extended_usage = true;  // False leaves the extension out.
  bool is_ca = false;
  bool may_sign = true;  // Key usage keyCertSign, of one that is a CA.
  int64_t not_before = kValidFrom;
  int64_t not_after = kValidUntil;
  KeyType key = KeyType::kEcP256;
  bool sha1 = false;
};

struct IssuedCertificate {
  std::string certificate_pem;    // The leaf alone.
  std::string intermediates_pem;  // What is presented beside it; empty under a root.
  std::string private_key_pem;
  std::string serial;  // Hexadecimal, for Revoke().

  std::string ChainPem() const { return certificate_pem + intermediates_pem; }
};

struct CaSpec {
  std::string subject = "test authority";
  int64_t not_before = kValidFrom;
  int64_t not_after = kValidUntil;
  KeyType key = KeyType::kEcP256;
  int path_length = -1;  // -1 leaves it open.
};

class TestCa {
 public:
  explicit TestCa(const CaSpec& spec = {});
  ~TestCa();
  TestCa(TestCa&&) noexcept;
  TestCa& operator=(TestCa&&) noexcept;

  // The root's certificate: what goes into a trust bundle.
  const std::string& anchor_pem() const;

  // An authority below this one.
  TestCa Intermediate(const CaSpec& spec = {}) const;

  IssuedCertificate Issue(const CertificateSpec& spec) const;
  // The usual case: one URI, good for both sides.
  IssuedCertificate Issue(const std::string& uri) const;

  // A revocation list of this authority that names the given serials.
  std::string Crl(const std::vector<std::string>& revoked_serials, int64_t this_update = kValidFrom,
                  int64_t next_update = kValidUntil) const;

 private:
  struct State;
  explicit TestCa(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A certificate signed by its own key.
IssuedCertificate SelfSigned(const CertificateSpec& spec);

struct CertificateFiles {
  std::string certificate_file;  // Leaf, then intermediates.
  std::string private_key_file;
};
// Writes <folder>/<name>.crt and <folder>/<name>.key (mode 0600).
CertificateFiles WriteFiles(const IssuedCertificate& certificate, const std::string& folder,
                            std::string_view name);

}  // namespace enlace::testing
