#include "client/intake/part_hashes.h"

#include <string>

#include "client/intake/sink.h"

namespace enlace::intake {

PartHashes::PartHashes() : open_(std::make_unique<crypto::Sha256Stream>()) {}

void PartHashes::Add(const CsvRecord& record) {
  std::string bytes;
  AppendU32(bytes, static_cast<uint32_t>(record.fields.size()));
  bytes += JoinCells(record.fields);
  AppendU32(bytes, static_cast<uint32_t>(record.faults.size()));
  for (const FaultyCell& cell : record.faults) {
    AppendU32(bytes, static_cast<uint32_t>(cell.column));
    AppendU32(bytes, static_cast<uint32_t>(cell.fault));
  }
  open_->Update(bytes);
  if (record.row % kBatchRowsMax == 0) End();
}

void PartHashes::End() {
  hashes_.push_back(open_->Finish());
  open_ = std::make_unique<crypto::Sha256Stream>();
  open_->Update(AsView(hashes_.back()));
}

bool PartHashes::AgreesWith(const PartHashes& other, uint64_t last_row) const {
  const uint64_t part = (last_row - 1) / kBatchRowsMax;
  return part < other.hashes_.size() && hashes_.at(part) == other.hashes_[part];
}

}  // namespace enlace::intake
