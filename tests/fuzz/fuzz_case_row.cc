// Any bytes as a stored row of a record: refused, or read as protobuf reads it.
#include <cstdint>
#include <string>

#include "enlace/storage/v1/records.pb.h"
#include "google/protobuf/stubs/logging.h"
#include "node/base/check.h"
#include "node/store/case_row.h"

namespace store = enlace::store;

namespace {

void Check(const std::string& bytes) {
  std::string converted;
  const auto row = store::ParseCaseRow(bytes, converted);
  if (!row.ok()) return;
  enlace::storage::v1::StoredCaseRevision message;
  // An entity that is not UTF-8 is no entity to protobuf.
  if (!message.ParseFromString(bytes)) return;
  ENLACE_CHECK(row->entity == message.entity());
  ENLACE_CHECK(row->nonce == message.nonce());
  ENLACE_CHECK(row->reference == message.reference());
  ENLACE_CHECK(row->revision == message.revision());
  enlace::model::CaseContent content;
  static_cast<void>(store::DecodeContent(row->content, content));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const google::protobuf::LogSilencer silence;
  const std::string input(reinterpret_cast<const char*>(data), size);
  store::CaseRowView row;
  row.entity = "police";
  row.nonce = "nonce..";
  row.revision = 1;
  row.create_time_ms = 1'700'000'000'000;
  row.content = input;
  const std::string good = store::EncodeCaseRow(row);
  Check(input);
  Check(good);
  Check(good + input);
  std::string mutated = good;
  for (size_t i = 0; i + 1 < size && i < 4; i += 2) {
    mutated[data[i] % mutated.size()] = static_cast<char>(data[i + 1]);
  }
  Check(mutated);
  return 0;
}
