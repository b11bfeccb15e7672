#include "node/store/anchor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "node/base/bytes.h"
#include "node/base/check.h"

namespace enlace::store {
namespace {

constexpr std::string_view kMagic = "ENLANCH1";
constexpr size_t kGenerationAt = 8;
constexpr size_t kInstanceAt = 16;
constexpr size_t kSequenceAt = 32;
constexpr size_t kFilesAt = 40;
constexpr size_t kChecksumAt = kAnchorSlotBytes - 4;
constexpr size_t kSlots = 2;

std::optional<AnchorSlot> DecodeAnchorSlot(std::string_view bytes) {
  if (bytes.size() != kAnchorSlotBytes || !bytes.starts_with(kMagic)) return std::nullopt;
  if (Crc32c(bytes.substr(0, kChecksumAt)) != ReadU32(bytes, kChecksumAt)) return std::nullopt;
  return AnchorSlot{
      ReadU64(bytes, kGenerationAt),
      {std::string(bytes.substr(kInstanceAt, kInstanceIdBytes)),
       ReadU64(bytes, kSequenceAt),
       {ReadU64(bytes, kFilesAt), ReadU64(bytes, kFilesAt + 8), ReadU32(bytes, kFilesAt + 16)}}};
}

Status WriteAt(const FileDescriptor& file, const std::string& path, std::string_view bytes,
               size_t offset) {
  while (!bytes.empty()) {
    const ssize_t written =
        pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return FileError(path, "writing", errno);
    bytes.remove_prefix(static_cast<size_t>(written));
    offset += static_cast<size_t>(written);
  }
  return absl::OkStatus();
}

Status WriteNew(const std::string& path, const AnchorState& state, int flags) {
  ENLACE_ASSIGN_OR_RETURN(const FileDescriptor file, OpenFile(path, O_RDWR | O_CREAT | flags));
  // Generations 1 and 2 in slots 1 and 0: the next write goes to slot 1.
  const std::string bytes = EncodeAnchorSlot(2, state) + EncodeAnchorSlot(1, state);
  ENLACE_RETURN_IF_ERROR(WriteAt(file, path, bytes, 0));
  return SyncFile(file, path);
}

constexpr std::string_view kAdvice =
    "If the data directory is sound and the newest you have, accept it as it is with "
    "`enlaced adopt`, which stops this node's channels until the sizes that its peers hold are "
    "confirmed (see docs/STORAGE_FORMAT.md, \"Recovery\"); otherwise restore a backup (`enlaced "
    "restore`)";

}  // namespace

std::string EncodeAnchorSlot(uint64_t generation, const AnchorState& state) {
  ENLACE_CHECK(state.instance_id.size() == kInstanceIdBytes);
  std::string bytes(kMagic);
  AppendU64(bytes, generation);
  bytes += state.instance_id;
  AppendU64(bytes, state.commit_sequence);
  AppendU64(bytes, state.files.number);
  AppendU64(bytes, state.files.bytes);
  AppendU32(bytes, state.files.crc);
  bytes.resize(kChecksumAt, '\0');
  AppendU32(bytes, Crc32c(bytes));
  return bytes;
}

std::optional<AnchorSlot> ChooseAnchorSlot(std::string_view file) {
  std::optional<AnchorSlot> chosen;
  for (size_t number = 0; number < kSlots && file.size() > number * kAnchorSlotBytes; ++number) {
    std::optional<AnchorSlot> slot =
        DecodeAnchorSlot(file.substr(number * kAnchorSlotBytes, kAnchorSlotBytes));
    // A slot of the other parity is not one that Write made.
    if (!slot.has_value() || slot->generation % kSlots != number) continue;
    if (chosen.has_value() && slot->generation <= chosen->generation) continue;
    chosen = std::move(slot);
  }
  return chosen;
}

Status AnchorFile::Create(const std::string& path, const AnchorState& state) {
  if (access(path.c_str(), F_OK) == 0) {
    return Error(Reason::STORE_EXISTS, fmt::format("there is an anchor at {} already", path));
  }
  ENLACE_RETURN_IF_ERROR(WriteNew(path, state, O_EXCL));
  return SyncParentFolder(path);
}

Status AnchorFile::Replace(const std::string& path, const AnchorState& state) {
  const std::string fresh = path + ".new";
  ENLACE_RETURN_IF_ERROR(WriteNew(fresh, state, O_TRUNC));
  ENLACE_RETURN_IF_ERROR(Rename(fresh, path));
  return SyncParentFolder(path);
}

StatusOr<std::unique_ptr<AnchorFile>> AnchorFile::Open(const std::string& path) {
  StatusOr<FileDescriptor> file = OpenFile(path, O_RDWR);
  if (!file.ok() && ReasonOf(file.status()) == Reason::FILE_UNREADABLE) {
    return Error(Reason::STORE_FORMAT,
                 fmt::format("the anchor {} is missing, so nothing proves that the data directory "
                             "holds all acknowledged writes. Mount its disk, or put the file back. "
                             "{}",
                             path, kAdvice));
  }
  if (!file.ok()) return file.status();
  ENLACE_RETURN_IF_ERROR(LockFile(*file, path));
  std::unique_ptr<AnchorFile> anchor(new AnchorFile(path, *std::move(file)));
  ENLACE_RETURN_IF_ERROR(anchor->Load());
  return anchor;
}

Status AnchorFile::Load() {
  std::string bytes(kSlots * kAnchorSlotBytes, '\0');
  const ssize_t count = pread(file_.get(), bytes.data(), bytes.size(), 0);
  if (count < 0) return FileError(path_, "reading", errno);
  bytes.resize(static_cast<size_t>(count));
  std::optional<AnchorSlot> chosen = ChooseAnchorSlot(bytes);
  if (!chosen.has_value()) {
    return Error(Reason::STORE_CORRUPT,
                 fmt::format("the anchor {} is damaged: neither of its two slots is valid. {}",
                             path_, kAdvice));
  }
  generation_ = chosen->generation;
  state_ = std::move(chosen->state);
  return absl::OkStatus();
}

Status AnchorFile::Write(uint64_t commit_sequence, const kv::FileListMark& files) {
  const AnchorState next{state_.instance_id, commit_sequence, files};
  const uint64_t generation = generation_ + 1;
  ENLACE_RETURN_IF_ERROR(WriteAt(file_, path_, EncodeAnchorSlot(generation, next),
                                 generation % kSlots * kAnchorSlotBytes));
  state_ = next;
  generation_ = generation;
  return absl::OkStatus();
}

Status AnchorFile::Sync() {
#ifdef ENLACE_BREAK_NO_ANCHOR_SYNC
  return absl::OkStatus();
#else
  return SyncFileBytes(file_, path_);
#endif
}

}  // namespace enlace::store
