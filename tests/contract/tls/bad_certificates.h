#pragma once

#include <string>
#include <vector>

#include "tests/testing/test_ca.h"

// Every way to come with the name `uri` of ARG that must fail, at whatever door.
namespace enlace::testing {

struct BadCertificate {
  std::string name;
  IssuedCertificate certificate;
};

// `other_purpose` makes a certificate that is not for this side.
inline std::vector<BadCertificate> BadCertificates(const TestCa& arg, const TestCa& bra,
                                                   const std::string& uri,
                                                   void (*other_purpose)(CertificateSpec&)) {
  constexpr int64_t kLongAgo = 1600000000;
  const auto spec = [&uri] {
    CertificateSpec plain;
    plain.uris = {uri};
    return plain;
  };
  const auto with = [&spec](void (*change)(CertificateSpec&)) {
    CertificateSpec changed = spec();
    change(changed);
    return changed;
  };
  CertificateSpec two = spec();
  two.uris.push_back("spiffe://arg.demo/person/eva");
  CertificateSpec none = spec();
  none.uris.clear();
  none.subject = uri;     // A name in the subject is no identity.
  const TestCa namesake;  // Same subject as ARG's authority, another key.
  const TestCa below_bra = bra.Intermediate();
  std::string elsewhere = uri;
  elsewhere.replace(elsewhere.find(".demo"), 5, ".real");
  return {
      {"issued by another domain's authority", bra.Issue(uri)},
      {"issued below another domain's authority", below_bra.Issue(uri)},
      {"issued by an authority of the same name", namesake.Issue(uri)},
      {"signed by its own key", SelfSigned(spec())},
      {"expired", arg.Issue(with([](CertificateSpec& bad) { bad.not_after = kLongAgo; }))},
      {"not yet valid",
       arg.Issue(with([](CertificateSpec& bad) { bad.not_before = kValidUntil - 10; }))},
      {"two URIs", arg.Issue(two)},
      {"no URI", arg.Issue(none)},
      {"for another purpose", arg.Issue(with(other_purpose))},
      {"of another network", arg.Issue(elsewhere)},
      {"an authority itself", arg.Issue(with([](CertificateSpec& bad) { bad.is_ca = true; }))},
      {"an authority that may sign nothing", arg.Issue(with([](CertificateSpec& bad) {
         bad.is_ca = true;
         bad.may_sign = false;
       }))},
  };
}

}  // namespace enlace::testing
