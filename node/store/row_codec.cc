#include "node/store/row_codec.h"

#include <fmt/format.h>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "node/base/check.h"

namespace enlace::store {

std::string SerializeRow(const google::protobuf::MessageLite& row) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    ENLACE_CHECK(row.SerializeToCodedStream(&out));
  }
  return bytes;
}

Status ParseRow(std::string_view bytes, std::string_view table,
                google::protobuf::MessageLite& row) {
  if (row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return absl::OkStatus();
  return Error(Reason::STORE_CORRUPT,
               fmt::format("a row of table {} does not decode; run enlaced verify", table));
}

}  // namespace enlace::store
