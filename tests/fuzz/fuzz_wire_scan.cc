// The scan of raw requests never reads out of bounds, and what it accepts the parser accepts
// without keeping a field that it does not know.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "enlace/exchange/v1/case_service.pb.h"
#include "node/rpc/wire_scan.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  enlace::exchange::v1::ImportCaseRecordsRequest message;
  if (!enlace::rpc::ScanWire(bytes, *message.GetDescriptor(), 1000).ok()) return 0;
  if (!message.ParseFromArray(data, static_cast<int>(size))) std::abort();
  if (!message.GetReflection()->GetUnknownFields(message).empty()) std::abort();
  return 0;
}
