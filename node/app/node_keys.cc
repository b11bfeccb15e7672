#include "node/app/node_keys.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "node/base/bytes.h"
#include "node/config/yaml.h"
#include "node/crypto/hash.h"
#include "node/store/files.h"

namespace enlace::app {
namespace {

constexpr size_t kKeyBytes = 32;

Status Refused(const std::string& path, std::string_view step) {
  return Error(Reason::STORE_FAILED,
               fmt::format("cannot {} {}: {}", step, path, std::strerror(errno)), {{"path", path}});
}

Status WriteAll(int file, const std::string& path, const std::string& content) {
  size_t written = 0;
  while (written < content.size()) {
    const ssize_t count = write(file, content.data() + written, content.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Refused(path, "write");
    written += static_cast<size_t>(count);
  }
  return fsync(file) == 0 ? absl::OkStatus() : Refused(path, "sync");
}

constexpr char kSigningName[] = "channel.key";
constexpr char kSubjectName[] = "subject.key";

std::string SigningFile(const DataLayout& layout) { return layout.keys + "/" + kSigningName; }
std::string SubjectFile(const DataLayout& layout) { return layout.keys + "/" + kSubjectName; }

Status MakeKeysFolder(const DataLayout& layout) {
  if (mkdir(layout.keys.c_str(), 0700) == 0 || errno == EEXIST) return absl::OkStatus();
  return Refused(layout.keys, "make");
}

// `text` is what stands in the file `path`.
StatusOr<std::string> ParseKey(std::string text, const std::string& path) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::optional<std::string> key = Base64Decode(text);
  if (!key.has_value() || key->size() != kKeyBytes) {
    return Error(Reason::KEY_INVALID, path + ": expected one line, base64 of 32 bytes",
                 {{"path", path}});
  }
  return *std::move(key);
}

StatusOr<std::string> ReadKey(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    return Error(Reason::STORE_FORMAT,
                 "no key file " + path + "; was this directory made by `enlaced init`?",
                 {{"path", path}});
  }
  if ((status.st_mode & 077) != 0) {
    return Error(Reason::KEY_INVALID, "group or others may use this key; chmod 600 " + path,
                 {{"path", path}});
  }
  ENLACE_ASSIGN_OR_RETURN(std::string text, config::ReadFile(path));
  return ParseKey(std::move(text), path);
}

}  // namespace

Status WriteNewFile(const std::string& path, const std::string& content, unsigned mode) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) {
    if (errno == EEXIST) {
      return Error(Reason::STORE_EXISTS, path + " is there already", {{"path", path}});
    }
    return Refused(path, "make");
  }
  const Status status = WriteAll(file, path, content);
  close(file);
  ENLACE_RETURN_IF_ERROR(status);
  return store::SyncParentFolder(path);
}

Status ReplaceFile(const std::string& path, const std::string& content, unsigned mode) {
  const std::string part = path + ".part";
  std::error_code ignored;
  std::filesystem::remove(part, ignored);
  Status replaced = WriteNewFile(part, content, mode);
  if (replaced.ok() && rename(part.c_str(), path.c_str()) != 0) replaced = Refused(path, "replace");
  if (!replaced.ok()) {
    std::filesystem::remove(part, ignored);
    return replaced;
  }
  return store::SyncParentFolder(path);
}

StatusOr<store::ChannelKeys> CreateKeys(const DataLayout& layout) {
  ENLACE_RETURN_IF_ERROR(MakeKeysFolder(layout));
  store::ChannelKeys keys{crypto::SigningKey::Generate(), crypto::RandomBytes(kKeyBytes)};
  for (const auto& [name, content] : ToKeyFiles(keys)) {
    ENLACE_RETURN_IF_ERROR(WriteNewFile(layout.keys + "/" + name, content, 0600));
  }
  return keys;
}

const std::vector<std::string>& KeyFileNames() {
  static const std::vector<std::string> names = {kSigningName, kSubjectName};
  return names;
}

KeyFiles ToKeyFiles(const store::ChannelKeys& keys) {
  return {{kSigningName, Base64Encode(keys.signing.seed()) + "\n"},
          {kSubjectName, Base64Encode(keys.subject_key) + "\n"}};
}

StatusOr<store::ChannelKeys> FromKeyFiles(const KeyFiles& files) {
  std::map<std::string, std::string> keys;
  for (const auto& [name, content] : files) {
    ENLACE_ASSIGN_OR_RETURN(keys[name], ParseKey(content, name));
  }
  for (const std::string& name : KeyFileNames()) {
    if (keys.count(name) == 0) return Error(Reason::KEY_INVALID, "there is no file " + name);
  }
  ENLACE_ASSIGN_OR_RETURN(crypto::SigningKey signing,
                          crypto::SigningKey::FromSeed(keys[kSigningName]));
  return store::ChannelKeys{std::move(signing), std::move(keys[kSubjectName])};
}

Status CheckInstallable(const DataLayout& layout, const KeyFiles& files) {
  std::error_code ignored;
  for (const auto& [name, content] : files) {
    const std::string path = layout.keys + "/" + name;
    if (!std::filesystem::exists(path, ignored)) continue;
    ENLACE_ASSIGN_OR_RETURN(const std::string found, ReadKey(path));
    ENLACE_ASSIGN_OR_RETURN(const std::string wanted, ParseKey(content, name));
    if (found == wanted) continue;
    return Error(Reason::KEY_INVALID, path + " is not the key that the backup holds; move it aside",
                 {{"path", path}});
  }
  return absl::OkStatus();
}

Status InstallKeys(const DataLayout& layout, const KeyFiles& files) {
  ENLACE_RETURN_IF_ERROR(MakeKeysFolder(layout));
  std::error_code ignored;
  for (const auto& [name, content] : files) {
    const std::string path = layout.keys + "/" + name;
    if (std::filesystem::exists(path, ignored)) continue;
    ENLACE_RETURN_IF_ERROR(ReplaceFile(path, content, 0600));
  }
  return store::SyncParentFolder(layout.keys);
}

StatusOr<store::ChannelKeys> LoadKeys(const DataLayout& layout) {
  ENLACE_ASSIGN_OR_RETURN(const std::string seed, ReadKey(SigningFile(layout)));
  ENLACE_ASSIGN_OR_RETURN(std::string subject_key, ReadKey(SubjectFile(layout)));
  ENLACE_ASSIGN_OR_RETURN(crypto::SigningKey signing, crypto::SigningKey::FromSeed(seed));
  return store::ChannelKeys{std::move(signing), std::move(subject_key)};
}

}  // namespace enlace::app
