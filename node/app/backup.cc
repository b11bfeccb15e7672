#include "node/app/backup.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "enlace/admin/v1/admin_service.pb.h"
#include "node/app/init.h"
#include "node/app/verify.h"
#include "node/app/version.h"
#include "node/base/bytes.h"
#include "node/base/log.h"
#include "node/store/stoppable_reader.h"
#include "node/transport/remote_node.h"

namespace enlace::app {
namespace {

namespace fs = std::filesystem;
namespace admin = enlace::admin::v1;

constexpr char kBackupMethod[] = "/enlace.admin.v1.AdminService/Backup";
constexpr int64_t kBackupMsMax = int64_t{24} * 3'600'000;

// With all links followed, of a path that need not be there yet.
fs::path RealPath(const std::string& path) {
  std::error_code code;
  const fs::path real = fs::weakly_canonical(path, code);
  return code ? fs::path(path).lexically_normal() : real;
}

Status CheckFolder(const BackupOrder& order, const config::NodeConfig& config) {
  const auto wrong = [](const std::string& fault) {
    return InvalidFields({{"folder", fault, Reason::REQUEST_INVALID}});
  };
  if (!fs::path(order.folder).is_absolute()) {
    return wrong("expected the absolute path of a folder to make");
  }
  const fs::path data = RealPath(config.data_dir);
  const fs::path folder = RealPath(order.folder);
  const auto parts = std::mismatch(data.begin(), data.end(), folder.begin(), folder.end());
  if (parts.first == data.end()) {
    return wrong(
        fmt::format("expected a folder outside {}: a copy there is lost with the "
                    "original",
                    config.data_dir));
  }
  return absl::OkStatus();
}

StatusOr<BackupReport> AskNode(const config::NodeConfig& config, const BackupOrder& order) {
  admin::BackupRequest request;
  request.set_folder(order.folder);
  request.set_with_keys(order.with_keys);
  admin::BackupResponse response;
  const auto node = transport::RemoteNode::OverSocket("unix:" + config.admin_socket);
  const Status asked = node->Call(kBackupMethod, request, response, kBackupMsMax);
  if (ReasonOf(asked) == Reason::PEER_UNREACHABLE) {
    return WithContext(asked, fmt::format("a process holds the data directory, and no node answers "
                                          "at {}; if it is starting or stopping, try again",
                                          config.admin_socket));
  }
  ENLACE_RETURN_IF_ERROR(asked);
  return BackupReport{true,
                      response.commit_sequence(),
                      response.rows(),
                      response.bytes(),
                      response.files(),
                      response.channels()};
}

// A backup that was read in whole, and why it is believed.
struct OpenedBackup {
  std::unique_ptr<store::BackupReader> reader;
  KeySource key_source = KeySource::kDataDirectory;
  KeyFiles keys;  // Empty when it holds none.
};

StatusOr<std::optional<crypto::PublicKey>> ExpectedKey(const config::NodeConfig& config,
                                                       const std::optional<std::string>& given,
                                                       KeySource& source) {
  const DataLayout layout(config.data_dir);
  if (given.has_value()) {
    source = KeySource::kGiven;
    const std::optional<std::string> bytes = Base64Decode(*given);
    crypto::PublicKey key{};
    if (!bytes.has_value() || bytes->size() != key.size()) {
      return Error(Reason::KEY_INVALID,
                   "the channel key: expected base64 of 32 bytes, as `enlaced init` printed it");
    }
    std::copy(bytes->begin(), bytes->end(), key.begin());
    return std::optional(key);
  }
  const StatusOr<store::ChannelKeys> own = LoadKeys(layout);
  if (own.ok()) {
    source = KeySource::kDataDirectory;
    return std::optional(own->signing.public_key());
  }
  // Keys of a restore that was interrupted may be there in part.
  if (ReasonOf(own.status()) != Reason::STORE_FORMAT) return own.status();
  source = KeySource::kBackupItself;
  return std::optional<crypto::PublicKey>();
}

Status CheckIsOurs(const store::BackupManifest& manifest, const config::NodeConfig& config) {
  if (manifest.network == config.network && manifest.jurisdiction == config.jurisdiction) {
    return absl::OkStatus();
  }
  return Error(
      Reason::STORE_FORMAT,
      fmt::format("the backup is of {} in network {}, and the configuration is for {} in "
                  "network {}; name the right one",
                  manifest.jurisdiction, manifest.network, config.jurisdiction, config.network));
}

StatusOr<OpenedBackup> OpenBackup(const config::NodeConfig& config, const std::string& folder,
                                  const std::optional<std::string>& given) {
  OpenedBackup opened;
  ENLACE_ASSIGN_OR_RETURN(const auto key, ExpectedKey(config, given, opened.key_source));
  ENLACE_ASSIGN_OR_RETURN(opened.reader, store::BackupReader::Open(folder, key));
  ENLACE_RETURN_IF_ERROR(CheckIsOurs(opened.reader->manifest(), config));
  for (const std::string& name : KeyFileNames()) {
    std::optional<std::string> content = opened.reader->ExtraFile(name);
    if (content.has_value()) opened.keys.emplace_back(name, *std::move(content));
  }
  if (key.has_value() || !opened.keys.empty()) return opened;
  return Error(Reason::KEY_INVALID,
               fmt::format("the backup holds no keys, and {} has none either: put the files "
                           "channel.key and subject.key back there (mode 600) from where you keep "
                           "them",
                           DataLayout(config.data_dir).keys));
}

// The keys that the node will have, if they are those of the backup. Nothing is written.
StatusOr<store::ChannelKeys> KeysForRestore(const DataLayout& layout, const OpenedBackup& backup) {
  const bool installs = backup.key_source == KeySource::kBackupItself;
  if (installs) ENLACE_RETURN_IF_ERROR(CheckInstallable(layout, backup.keys));
  StatusOr<store::ChannelKeys> keys = installs ? FromKeyFiles(backup.keys) : LoadKeys(layout);
  ENLACE_RETURN_IF_ERROR(keys.status());
  if (keys->signing.public_key() != backup.reader->manifest().channel_key) {
    return Error(Reason::KEY_INVALID,
                 fmt::format("the keys in {} are not those of the backup", layout.keys));
  }
  ENLACE_RETURN_IF_ERROR(MatchesSubjectKey(*backup.reader, keys->subject_key).status());
  return keys;
}

}  // namespace

StatusOr<store::BackupManifest> BackUp(store::Store& store, const config::NodeConfig& config,
                                       const store::ChannelKeys& keys, const Clock& clock,
                                       const BackupOrder& order,
                                       const std::function<bool()>& stopped) {
  ENLACE_RETURN_IF_ERROR(CheckFolder(order, config));
  store::BackupTarget target;
  target.folder = order.folder;
  if (order.with_keys) target.extra_files = ToKeyFiles(keys);
  target.software_version = kVersion;
  target.time_ms = clock.NowMs();
  ENLACE_ASSIGN_OR_RETURN(
      const store::BackupManifest made,
      store::WriteBackup(store::StoppableReader(store.Read(), stopped), keys.signing, target));
  LogInfo("backup_made", {{"folder", order.folder},
                          {"commit", std::to_string(made.commit_sequence)},
                          {"rows", std::to_string(made.rows())},
                          {"bytes", std::to_string(made.bytes())}});
  return made;
}

StatusOr<BackupReport> BackUpNode(const std::string& config_path, const BackupOrder& order,
                                  Clock& clock) {
  ENLACE_ASSIGN_OR_RETURN(const Inputs inputs, LoadInputs(config_path, clock));
  ENLACE_RETURN_IF_ERROR(CheckFolder(order, inputs.config));
  const auto store = store::Store::Open(StoreOptionsOf(inputs.config), clock);
  if (ReasonOf(store.status()) == Reason::STORE_LOCKED) return AskNode(inputs.config, order);
  ENLACE_RETURN_IF_ERROR(store.status());
  ENLACE_ASSIGN_OR_RETURN(const store::ChannelKeys keys,
                          LoadKeys(DataLayout(inputs.config.data_dir)));
  ENLACE_ASSIGN_OR_RETURN(const NodeIdentity identity, LoadIdentity(*(*store)->Read()));
  ENLACE_RETURN_IF_ERROR(CheckIdentity(identity, inputs.config));
  ENLACE_RETURN_IF_ERROR(CheckOwnKey(*(*store)->Read(), keys));
  ENLACE_ASSIGN_OR_RETURN(const store::BackupManifest made,
                          BackUp(**store, inputs.config, keys, clock, order));
  return BackupReport{false,        made.commit_sequence, made.rows(),
                      made.bytes(), made.files.size(),    made.channels.size()};
}

StatusOr<BackupVerification> VerifyBackup(const std::string& config_path, const std::string& folder,
                                          const std::optional<std::string>& key,
                                          const Clock& clock) {
  ENLACE_ASSIGN_OR_RETURN(const Inputs inputs, LoadInputs(config_path, clock));
  auto opened = OpenBackup(inputs.config, folder, key);
  if (ReasonOf(opened.status()) == Reason::KEY_INVALID && !key.has_value()) {
    return Error(Reason::KEY_INVALID, MessageOf(opened.status()) +
                                          "; or, to verify without them, give the node's channel "
                                          "key with --channel-key, as `enlaced init` printed it");
  }
  ENLACE_ASSIGN_OR_RETURN(const OpenedBackup backup, std::move(opened));
  const store::BackupManifest& manifest = backup.reader->manifest();
  return BackupVerification{
      manifest, !backup.keys.empty(), backup.key_source,
      service::VerifyRead(*backup.reader, KeysOf(inputs, manifest.channel_key))};
}

StatusOr<RestoreReport> RestoreNode(const std::string& config_path, const std::string& folder,
                                    const Clock& clock) {
  ENLACE_ASSIGN_OR_RETURN(const Inputs inputs, LoadInputs(config_path, clock));
  const store::StoreOptions options = StoreOptionsOf(inputs.config);
  ENLACE_RETURN_IF_ERROR(store::CheckMayRestore(options));
  ENLACE_ASSIGN_OR_RETURN(const OpenedBackup backup,
                          OpenBackup(inputs.config, folder, std::nullopt));
  RestoreReport report;
  report.manifest = backup.reader->manifest();
  const DataLayout layout(inputs.config.data_dir);
  ENLACE_ASSIGN_OR_RETURN(const store::ChannelKeys keys, KeysForRestore(layout, backup));
  ENLACE_RETURN_IF_ERROR(MakeDataFolders(inputs.config));
  if (backup.key_source == KeySource::kBackupItself) {
    ENLACE_RETURN_IF_ERROR(InstallKeys(layout, backup.keys));
  }
  const auto key_of = KeysOf(inputs, keys.signing.public_key());
  ENLACE_ASSIGN_OR_RETURN(
      report.restored,
      store::RestoreDatabase(options, *backup.reader, [&](const store::Reader& reader) {
        report.contents = service::VerifyRead(reader, key_of);
        return absl::OkStatus();
      }));
  return report;
}

}  // namespace enlace::app
