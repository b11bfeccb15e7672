// Any bytes as the content of a record: what is accepted is the one form of what it says. Raw, and
// as mutations of a good content.
#include <cstdint>
#include <string>

#include "node/base/check.h"
#include "node/model/case_wire.h"

namespace model = enlace::model;

namespace {

void Check(const std::string& bytes) {
  model::CaseContent content;
  if (!model::ParseContentWire(bytes, content)) return;
  ENLACE_CHECK(model::ContentWire(content) == bytes);
}

std::string Good() {
  model::CaseContent content;
  content.registration_year = 2020;
  content.registration_quarter = 1;
  for (uint32_t i = 1; i < 5; ++i) {
    content.singles[i] = {i * 100, model::Missing::kNone};
    content.sets[32 + i] = {uint64_t{0xf0} << i, uint64_t{0x0f} << (40 + i),
                            model::Missing::kUnknown};
  }
  return model::ContentWire(content);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string good = Good();
  const std::string input(reinterpret_cast<const char*>(data), size);
  Check(input);
  Check(good + input);
  std::string mutated = good;
  for (size_t i = 0; i + 1 < size && i < 4; i += 2) {
    mutated[data[i] % mutated.size()] = static_cast<char>(data[i + 1]);
  }
  Check(mutated);
  return 0;
}
