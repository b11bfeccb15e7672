// Notes and verifier keys from outside: raw, and as a body that the owner did sign, so that
// what lies behind the signature check is reached too.
#include <cstdint>
#include <string>

#include "node/base/check.h"
#include "node/channel/checkpoint.h"

using enlace::channel::OpenCheckpoint;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto key = enlace::crypto::SigningKey::FromSeed(std::string(32, 'k')).value();
  static const std::string name = "demo/ARG/training";
  static const std::string key_id =
      enlace::HexDecode(
          enlace::channel::VerifierKeyText(name, key.public_key()).substr(name.size() + 1, 8))
          .value();
  const std::string input(reinterpret_cast<const char*>(data), size);
  // Nobody but the key's holder can make a note that opens.
  ENLACE_CHECK(!OpenCheckpoint(input, name, key.public_key()).ok());

  for (const std::string& body : {input, name + "\n" + input, name + "\n7\n" + input + "\n"}) {
    const std::string note = body + "\n\xE2\x80\x94 " + name + " " +
                             enlace::Base64Encode(key_id + key.Sign(body)) + "\n";
    const auto opened = OpenCheckpoint(note, name, key.public_key());
    if (!opened.ok()) continue;
    // What opens has one text only: signing it again gives the same first three lines.
    const std::string again = enlace::channel::SignCheckpoint(*opened, key);
    const std::string lines = again.substr(0, again.find("\n\n") + 1);
    ENLACE_CHECK(body.compare(0, lines.size(), lines) == 0);
  }
  const auto parsed = enlace::channel::ParseVerifierKey(input);
  if (parsed.ok()) {
    ENLACE_CHECK(enlace::channel::VerifierKeyText(parsed->name, parsed->key) == input);
  }
  return 0;
}
