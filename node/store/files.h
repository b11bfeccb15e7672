#pragma once

#include <cstdint>
#include <string>

#include "node/base/error.h"
#include "node/base/file_descriptor.h"

// The few file operations whose order and sync matter. All failures are STORE_FAILED with
// the path and the system's words unless said.
namespace enlace::store {

Status FileError(const std::string& path, const std::string& doing, int error_number);

// Opens with O_CLOEXEC. FILE_UNREADABLE when it does not exist.
StatusOr<FileDescriptor> OpenFile(const std::string& path, int flags, int mode = 0600);

// Holds the file for this process until it is closed; STORE_LOCKED when another (or
// another opening of this one) holds it.
Status LockFile(const FileDescriptor& file, const std::string& path);

// Makes all of a file survive a loss of power; the second one only its bytes, for a file whose
// size has not changed.
Status SyncFile(const FileDescriptor& file, const std::string& path);
Status SyncFileBytes(const FileDescriptor& file, const std::string& path);

// How many syncs of files and folders this process has done by the functions here; tests see
// by it whether one is missing.
uint64_t SyncsDone();

// Makes creations, renames and removals in `folder` survive a loss of power.
Status SyncFolder(const std::string& folder);
Status SyncParentFolder(const std::string& path);

Status Rename(const std::string& from, const std::string& to);

}  // namespace enlace::store
