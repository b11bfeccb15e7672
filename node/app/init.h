#pragma once

#include <optional>
#include <string>
#include <vector>

#include "node/base/clock.h"
#include "node/config/node_config.h"
#include "node/crypto/ed25519.h"
#include "node/store/channel_table.h"
#include "node/store/store.h"

// What `enlaced init` does, and what a directory says it is.
namespace enlace::app {

// Makes data_dir, closed to others, and the folder of the anchor, where they are not yet.
// STORE_FAILED.
Status MakeDataFolders(const config::NodeConfig& config);

// The store of this configuration.
store::StoreOptions StoreOptionsOf(const config::NodeConfig& config);

// The kinds of channel that every node owns.
const std::vector<std::string>& OwnChannelKinds();
// "demo/ARG/training".
std::string OwnOrigin(const config::NodeConfig& config, const std::string& kind);

// What is fixed for the life of a data directory.
struct NodeIdentity {
  std::string network;
  std::string jurisdiction;
  std::string instance_id;      // 32 hex digits.
  std::string secretariat_key;  // 32 bytes, or empty when none was pinned.
};

struct InitResult {
  NodeIdentity identity;
  crypto::PublicKey channel_key{};
  std::vector<std::string> verifier_keys;  // C2SP text, one for each own channel.
};

// Makes the data directory with its keys, an empty store, its anchor, and the own channels
// with signed checkpoints over nothing. `secretariat_key` is base64, or nothing when it is
// pinned later (PinSecretariat); the secretariat pins its own key by itself. STORE_EXISTS when
// there is something already, and nothing was changed; KEY_INVALID; STORE_FAILED: delete the
// directory and the anchor and try again.
StatusOr<InitResult> InitNode(const config::NodeConfig& config,
                              const std::optional<std::string>& secretariat_key, Clock& clock);

// The identity that init wrote. STORE_FORMAT when there is none or of another format.
StatusOr<NodeIdentity> LoadIdentity(const store::Reader& reader);

// Notes in the directory that rows of this program's format are written from now on, so that an
// earlier program refuses it. To be called before the first other write. STORE_FAILED.
Status RaiseFormat(store::Store& store);

// Pins the secretariat's key in a directory that has none yet, and in `identity`. A pinned one
// stays as it is. STORE_FAILED.
Status PinSecretariat(store::Store& store, const crypto::PublicKey& key, NodeIdentity& identity);

// KEY_INVALID when these rows know their key of subject tags, and this is not it. True when they
// know it.
StatusOr<bool> MatchesSubjectKey(const store::Reader& reader, const std::string& subject_key);

// KEY_INVALID when this is not the key of subject tags that the directory was made with: tags
// of one subject would differ, and peers take it for two. A directory that does not know its
// key yet learns it here. STORE_FAILED.
Status CheckSubjectKey(store::Store& store, const std::string& subject_key);

// STORE_FORMAT unless the directory was made for this network and jurisdiction.
Status CheckIdentity(const NodeIdentity& identity, const config::NodeConfig& config);

// KEY_INVALID unless these keys have signed the own channels. Peers know them by one key: an entry
// signed with another would end them there.
Status CheckOwnKey(const store::Reader& reader, const store::ChannelKeys& keys);

}  // namespace enlace::app
