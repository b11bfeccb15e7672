#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "node/base/error.h"
#include "node/kv/engine.h"
#include "node/store/files.h"

// The anchor: a small file outside the data directory that says which commit is surely on
// disk, and how far the engine's list of files reached. RocksDB opens without complaint after
// its live log was deleted or its MANIFEST was cut; a start that finds less than the anchor
// names is refused.
//
// Two slots of 4,096 bytes, each in a block of its own, written in turn and never grown:
//
//   0 "ENLANCH1" | 8 generation (u64) | 16 instance id (16) | 32 commit sequence (u64)
//   | 40 file list: number (u64), bytes (u64), CRC-32C (u32)
//   | 60 zeros, kept for channel sizes and roots | 4092 CRC-32C of all before (u32)
//
// The valid slot with the higher generation holds. A loss of power can tear only the slot
// being written; the other one is then one commit group older.
namespace enlace::store {

inline constexpr size_t kAnchorSlotBytes = 4096;
inline constexpr size_t kInstanceIdBytes = 16;

struct AnchorState {
  std::string instance_id;  // Of the store that it belongs to; 16 bytes.
  uint64_t commit_sequence = 0;
  kv::FileListMark files;
  bool operator==(const AnchorState&) const = default;
};

// One slot's bytes; pinned by tests/golden/anchor.txt. Pure.
std::string EncodeAnchorSlot(uint64_t generation, const AnchorState& state);

struct AnchorSlot {
  uint64_t generation = 0;
  AnchorState state;
};
// The slot that holds, of the bytes of a whole file; nothing when neither is valid. Pure.
std::optional<AnchorSlot> ChooseAnchorSlot(std::string_view file);

// Where commits are anchored. Used by one thread at a time.
class Anchor {
 public:
  virtual ~Anchor() = default;
  virtual const AnchorState& state() const = 0;
  // In the page cache when OK, which outlives this process.
  virtual Status Write(uint64_t commit_sequence, const kv::FileListMark& files) = 0;
  // Makes the last Write survive a loss of power.
  virtual Status Sync() = 0;
};

class AnchorFile final : public Anchor {
 public:
  // Makes the file, synced with its folder. STORE_EXISTS when there is one.
  static Status Create(const std::string& path, const AnchorState& state);
  // Puts a new file in place of any old one, atomically.
  static Status Replace(const std::string& path, const AnchorState& state);
  // Locks and reads it. STORE_FORMAT when it is missing, STORE_LOCKED, STORE_CORRUPT when
  // neither slot is valid; the texts say how to go on.
  static StatusOr<std::unique_ptr<AnchorFile>> Open(const std::string& path);

  const AnchorState& state() const override { return state_; }
  // Writes the older slot.
  Status Write(uint64_t commit_sequence, const kv::FileListMark& files) override;
  Status Sync() override;

 private:
  AnchorFile(std::string path, FileDescriptor file)
      : path_(std::move(path)), file_(std::move(file)) {}
  Status Load();

  const std::string path_;
  const FileDescriptor file_;
  AnchorState state_;
  uint64_t generation_ = 0;
};

}  // namespace enlace::store
