#include "node/app/init.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include <fmt/format.h>

#include "enlace/storage/v1/records.pb.h"
#include "node/app/node_keys.h"
#include "node/base/bytes.h"
#include "node/channel/checkpoint.h"
#include "node/crypto/hash.h"
#include "node/store/channel_table.h"

namespace enlace::app {
namespace {

namespace fs = std::filesystem;
// 2 since content, references and deliveries of records have a form that earlier programs read as
// nothing. Rows of format 1 are read as they are.
constexpr uint32_t kFormatVersion = 2;
constexpr uint32_t kOldestFormatVersion = 1;
constexpr size_t kInstanceIdBytes = 16;
constexpr char kMetaKey[] = "store";

Status CheckNothingThere(const config::NodeConfig& config) {
  std::error_code error;
  for (const std::string& path : {DataLayout(config.data_dir).keys,
                                  DataLayout(config.data_dir).database, config.anchor_path}) {
    if (!fs::exists(path, error)) continue;
    return Error(Reason::STORE_EXISTS,
                 path +
                     " is there already; nothing was changed. If an earlier init was "
                     "interrupted, delete the data directory and the anchor and try again",
                 {{"path", path}});
  }
  return absl::OkStatus();
}

StatusOr<std::string> PinnedKey(const config::NodeConfig& config,
                                const std::optional<std::string>& base64,
                                const crypto::PublicKey& own) {
  if (config.jurisdiction == config.secretariat) {
    return std::string(own.begin(), own.end());
  }
  if (!base64.has_value()) return std::string();
  std::optional<std::string> key = Base64Decode(*base64);
  if (!key.has_value() || key->size() != own.size()) {
    return Error(Reason::KEY_INVALID,
                 fmt::format("the channel key of {}, the secretariat: expected base64 of 32 bytes, "
                             "as `enlaced init` prints it there",
                             config.secretariat));
  }
  return *std::move(key);
}

std::string SubjectKeyCheck(const std::string& subject_key) {
  return std::string(AsView(crypto::HmacSha256(subject_key, "enlace/subject-key-check/v1")));
}

StatusOr<storage::v1::StoreMeta> LoadMeta(const store::Reader& reader) {
  ENLACE_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                          reader.Get(store::Table::kMeta, kMetaKey));
  storage::v1::StoreMeta meta;
  if (!value.has_value() || !meta.ParseFromString(*value)) {
    return Error(Reason::STORE_FORMAT, "the data directory does not say what it is");
  }
  return meta;
}

Status MakeChannels(const config::NodeConfig& config, const store::StoreOptions& options,
                    const store::ChannelKeys& keys, Clock& clock) {
  ENLACE_ASSIGN_OR_RETURN(const auto store, store::Store::Open(options, clock));
  return store->Write([&](store::Transaction& transaction) -> Status {
    for (const std::string& kind : OwnChannelKinds()) {
      const auto made = store::AppendEntries(transaction, OwnOrigin(config, kind), {}, keys);
      ENLACE_RETURN_IF_ERROR(made.status());
    }
    return absl::OkStatus();
  });
}

}  // namespace

const std::vector<std::string>& OwnChannelKinds() {
  static const std::vector<std::string> kinds = {"directory", "statistics", "training"};
  return kinds;
}

std::string OwnOrigin(const config::NodeConfig& config, const std::string& kind) {
  return fmt::format("{}/{}/{}", config.network, config.jurisdiction, kind);
}

StatusOr<InitResult> InitNode(const config::NodeConfig& config,
                              const std::optional<std::string>& secretariat_key, Clock& clock) {
  ENLACE_RETURN_IF_ERROR(CheckNothingThere(config));
  ENLACE_RETURN_IF_ERROR(PinnedKey(config, secretariat_key, {}).status());
  ENLACE_RETURN_IF_ERROR(MakeDataFolders(config));
  const DataLayout layout(config.data_dir);
  ENLACE_ASSIGN_OR_RETURN(const store::ChannelKeys keys, CreateKeys(layout));

  InitResult result;
  result.channel_key = keys.signing.public_key();
  const std::string instance = crypto::RandomBytes(kInstanceIdBytes);
  ENLACE_ASSIGN_OR_RETURN(std::string pinned,
                          PinnedKey(config, secretariat_key, result.channel_key));
  result.identity = {config.network, config.jurisdiction, HexEncode(instance), pinned};

  storage::v1::StoreMeta meta;
  meta.set_format_version(kFormatVersion);
  meta.set_network(config.network);
  meta.set_jurisdiction(config.jurisdiction);
  meta.set_instance_id(instance);
  meta.set_secretariat_key(pinned);
  meta.set_create_time_ms(clock.NowMs());
  meta.set_subject_key_check(SubjectKeyCheck(keys.subject_key));
  const store::StoreOptions options = StoreOptionsOf(config);
  ENLACE_RETURN_IF_ERROR(store::Store::Create(options, meta.SerializeAsString()));
  ENLACE_RETURN_IF_ERROR(MakeChannels(config, options, keys, clock));
  for (const std::string& kind : OwnChannelKinds()) {
    result.verifier_keys.push_back(
        channel::VerifierKeyText(OwnOrigin(config, kind), result.channel_key));
  }
  return result;
}

Status MakeDataFolders(const config::NodeConfig& config) {
  std::error_code error;
  fs::create_directories(config.data_dir, error);
  const fs::path anchor_folder = fs::path(config.anchor_path).parent_path();
  if (!error && !anchor_folder.empty()) fs::create_directories(anchor_folder, error);
  if (error || chmod(config.data_dir.c_str(), 0700) != 0) {
    return Error(Reason::STORE_FAILED, "cannot make " + config.data_dir + " or the anchor's folder",
                 {{"path", config.data_dir}});
  }
  return absl::OkStatus();
}

store::StoreOptions StoreOptionsOf(const config::NodeConfig& config) {
  store::StoreOptions options;
  options.data_dir = DataLayout(config.data_dir).database;
  options.anchor_path = config.anchor_path;
  options.low_water_bytes = static_cast<uint64_t>(config.low_water_mib) << 20;
  options.reserve_bytes = static_cast<uint64_t>(config.reserve_mib) << 20;
  options.cache_bytes = static_cast<size_t>(config.cache_mib) << 20;
  return options;
}

StatusOr<NodeIdentity> LoadIdentity(const store::Reader& reader) {
  ENLACE_ASSIGN_OR_RETURN(const storage::v1::StoreMeta meta, LoadMeta(reader));
  if (meta.format_version() < kOldestFormatVersion || meta.format_version() > kFormatVersion) {
    return Error(Reason::STORE_FORMAT,
                 fmt::format("the data directory has format {}; this program knows {} to {}: use "
                             "the version that wrote it, or a newer one",
                             meta.format_version(), kOldestFormatVersion, kFormatVersion));
  }
  return NodeIdentity{meta.network(), meta.jurisdiction(), HexEncode(meta.instance_id()),
                      meta.secretariat_key()};
}

Status PinSecretariat(store::Store& store, const crypto::PublicKey& key, NodeIdentity& identity) {
  const std::string bytes(key.begin(), key.end());
  const auto work = [&](store::Transaction& transaction) -> Status {
    ENLACE_ASSIGN_OR_RETURN(storage::v1::StoreMeta meta, LoadMeta(transaction));
    if (!meta.secretariat_key().empty()) return absl::OkStatus();
    meta.set_secretariat_key(bytes);
    transaction.Put(store::Table::kMeta, kMetaKey, meta.SerializeAsString());
    return absl::OkStatus();
  };
  ENLACE_RETURN_IF_ERROR(store.Write(work, store::WriteClass::kReserved));
  if (identity.secretariat_key.empty()) identity.secretariat_key = bytes;
  return absl::OkStatus();
}

Status RaiseFormat(store::Store& store) {
  ENLACE_ASSIGN_OR_RETURN(const storage::v1::StoreMeta meta, LoadMeta(*store.Read()));
  if (meta.format_version() >= kFormatVersion) return absl::OkStatus();
  return store.Write([](store::Transaction& transaction) -> Status {
    ENLACE_ASSIGN_OR_RETURN(storage::v1::StoreMeta changed, LoadMeta(transaction));
    changed.set_format_version(kFormatVersion);
    transaction.Put(store::Table::kMeta, kMetaKey, changed.SerializeAsString());
    return absl::OkStatus();
  });
}

StatusOr<bool> MatchesSubjectKey(const store::Reader& reader, const std::string& subject_key) {
  ENLACE_ASSIGN_OR_RETURN(const storage::v1::StoreMeta meta, LoadMeta(reader));
  if (meta.subject_key_check().empty()) return false;
  if (meta.subject_key_check() == SubjectKeyCheck(subject_key)) return true;
  return Error(Reason::KEY_INVALID,
               "the key in the data directory is not the one that tagged the subjects of its "
               "channels; put the file keys/subject.key back as it was");
}

Status CheckSubjectKey(store::Store& store, const std::string& subject_key) {
  ENLACE_ASSIGN_OR_RETURN(const bool known, MatchesSubjectKey(*store.Read(), subject_key));
  if (known) return absl::OkStatus();
  const std::string check = SubjectKeyCheck(subject_key);
  return store.Write([&](store::Transaction& transaction) -> Status {
    ENLACE_ASSIGN_OR_RETURN(storage::v1::StoreMeta changed, LoadMeta(transaction));
    changed.set_subject_key_check(check);
    transaction.Put(store::Table::kMeta, kMetaKey, changed.SerializeAsString());
    return absl::OkStatus();
  });
}

Status CheckIdentity(const NodeIdentity& identity, const config::NodeConfig& config) {
  if (identity.network == config.network && identity.jurisdiction == config.jurisdiction) {
    return absl::OkStatus();
  }
  return Error(
      Reason::STORE_FORMAT,
      fmt::format("the data directory was made for {} in network {}, and the "
                  "configuration is for {} in network {}; name the right directory",
                  identity.jurisdiction, identity.network, config.jurisdiction, config.network));
}

Status CheckOwnKey(const store::Reader& reader, const store::ChannelKeys& keys) {
  ENLACE_ASSIGN_OR_RETURN(const auto heads, store::ListChannelHeads(reader));
  for (const store::ChannelHead& head : heads) {
    if (!head.own) continue;
    const auto signed_by_us =
        channel::OpenCheckpoint(head.checkpoint, head.origin, keys.signing.public_key());
    if (signed_by_us.ok()) continue;
    return Error(Reason::KEY_INVALID,
                 fmt::format("the key in the data directory is not the one that signed the channel "
                             "{}; put the file keys/channel.key back as it was",
                             head.origin));
  }
  return absl::OkStatus();
}

}  // namespace enlace::app
