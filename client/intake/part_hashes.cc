#include "client/intake/part_hashes.h"

#include <string>

namespace enlace::intake {

PartHashes::PartHashes() : open_(std::make_unique<crypto::Sha256Stream>()) {}

void PartHashes::Add(const CsvRecord& record) {
  std::string bytes;
  AppendU32(bytes, static_cast<uint32_t>(record.fields.size()));
  for (const std::string& field : record.fields) {
    AppendU32(bytes, static_cast<uint32_t>(field.size()));
    bytes += field;
  }
  AppendU32(bytes, static_cast<uint32_t>(record.faults.size()));
  for (const FaultyCell& cell : record.faults) {
    AppendU32(bytes, static_cast<uint32_t>(cell.column));
    AppendU32(bytes, static_cast<uint32_t>(cell.fault));
  }
  open_->Update(bytes);
}

void PartHashes::EndPart() {
  hashes_.push_back(open_->Finish());
  open_ = std::make_unique<crypto::Sha256Stream>();
  open_->Update(AsView(hashes_.back()));
}

bool PartHashes::AgreesWith(const PartHashes& other, size_t part) const {
  return part < other.hashes_.size() && hashes_.at(part) == other.hashes_[part];
}

}  // namespace enlace::intake
