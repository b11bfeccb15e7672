// Header bytes from outside: raw, and as mutations of a good header.
#include <cstdint>
#include <string>

#include "google/protobuf/stubs/logging.h"
#include "node/base/check.h"
#include "node/channel/entry.h"

namespace channel = enlace::channel;

namespace {

void Check(const std::string& raw) {
  const auto header = channel::ParseHeader(raw);
  if (!header.ok()) return;
  ENLACE_CHECK(header->raw == raw);
  ENLACE_CHECK(raw.size() <= channel::kHeaderBytesMax);
  ENLACE_CHECK(!channel::CheckPayload(*header, std::string(32, 'x'), raw).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string good =
      channel::MakeHeader(
          {"training.programme", "subject", enlace::model::Audience::Network(), "payload"},
          std::string(32, 'o'), "key", 0)
          .value()
          .raw;
  // Protobuf writes a line for each text that is not UTF-8.
  static const google::protobuf::LogSilencer silence;
  const std::string input(reinterpret_cast<const char*>(data), size);
  Check(input);
  Check(good + input);
  Check(input + good);
  std::string mutated = good;
  for (size_t i = 0; i + 1 < size && i < 8; i += 2) {
    mutated[data[i] % mutated.size()] = static_cast<char>(data[i + 1]);
  }
  Check(mutated);
  return 0;
}
