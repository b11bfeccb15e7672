#include "node/kv/log_files.h"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "node/kv/log_space.h"
#include "node/kv/manifest_watch.h"

namespace enlace::kv {
namespace {

// A record of a log begins with checksum (4), length (2) and type (1); the write in it with the
// sequence of its first row (8) and the number of its rows (4). Two logs in use never begin with
// the same sequence and the same checksum.
constexpr size_t kBeginBytes = 19;

// So many bytes of a log; fewer when it is shorter or cannot be read.
std::string Begin(const std::string& file, rocksdb::Env* env) {
  std::unique_ptr<rocksdb::SequentialFile> log;
  std::array<char, kBeginBytes> buffer{};
  rocksdb::Slice read;
  if (!env->NewSequentialFile(file, &log, rocksdb::EnvOptions()).ok() ||
      !log->Read(kBeginBytes, &read, buffer.data()).ok()) {
    return "";
  }
  return read.ToString();
}

// Each opening begins a log and, with the next number, a list of files. Logs from before are no
// longer replayed; one that was torn stays there for a while and may say the same as a later one.
bool IsReplayed(const std::string& name, uint64_t list_number) {
  const std::optional<uint64_t> number = LogNumber(name);
  return number && *number + 1 >= list_number;
}

}  // namespace

Status CheckLogsDiffer(const std::string& path, rocksdb::Env* env) {
  std::vector<std::string> names;
  std::string current;
  if (!env->GetChildren(path, &names).ok() ||
      !rocksdb::ReadFileToString(env, path + "/CURRENT", &current).ok() || current.empty()) {
    return absl::OkStatus();  // Opening says why.
  }
  current.pop_back();  // The newline.
  const std::optional<uint64_t> list_number = ManifestNumber(current);
  std::map<std::string, std::string> seen;
  for (const std::string& name : names) {
    if (!list_number || !IsReplayed(name, *list_number)) continue;
    const std::string begin = Begin(path + "/" + name, env);
    if (begin.size() != kBeginBytes || begin == std::string(kBeginBytes, '\0')) continue;
    const auto [other, fresh] = seen.emplace(begin, name);
    if (fresh) continue;
    return Error(Reason::STORE_CORRUPT,
                 fmt::format("{} and {} in {} begin with the same write: one is a copy. Move the "
                             "one away that was put there",
                             other->second, name, path));
  }
  return absl::OkStatus();
}

}  // namespace enlace::kv
