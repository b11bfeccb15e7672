// regional.csv and releases as others hand them to us: any bytes end in a status.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/stubs/logging.h"
#include "node/base/check.h"
#include "node/release/content.h"
#include "node/report/csv.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // The library writes a line for every text that is not UTF-8.
  static auto* const quiet = google::protobuf::SetLogHandler(nullptr);
  (void)quiet;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto lines = enlace::report::ParseCsv(bytes);
  if (lines.ok()) {
    // What parses has one form of bytes: written again it is the same.
    std::string again;
    bool whole = true;
    for (const auto& fields : *lines) {
      whole = whole && fields.size() == enlace::report::kColumnCount;
      if (!whole) break;
      enlace::report::Row row;
      std::copy(fields.begin(), fields.end(), row.begin());
      again += enlace::report::CsvLine(row);
    }
    ENLACE_CHECK(!whole || again == bytes);
  }
  const auto content = enlace::release::ParseContent(bytes);
  if (content.ok()) {
    ENLACE_CHECK(enlace::release::ParseContent(enlace::release::ContentBytes(*content)).ok());
  }
  enlace::channel::v1::Release release;
  if (release.ParseFromArray(data, static_cast<int>(size))) {
    (void)enlace::release::OpenRelease(release);
  }
  return 0;
}
