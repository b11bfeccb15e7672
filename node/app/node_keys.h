#pragma once

#include <string>
#include <utility>
#include <vector>

#include "node/base/error.h"
#include "node/store/channel_table.h"

// The node's own secrets, as files inside the data directory: the key that signs its
// channels and the key that tags their subjects. Each file has mode 600 and holds one
// line of base64.
namespace enlace::app {

// Where things lie below data_dir.
struct DataLayout {
  explicit DataLayout(const std::string& data_dir)
      : root(data_dir),
        database(data_dir + "/db"),
        keys(data_dir + "/keys"),
        endpoint_file(data_dir + "/endpoint") {}
  std::string root;
  std::string database;
  std::string keys;
  std::string endpoint_file;  // "host:port" of the network listener while the node runs.
};

// Makes new keys below `layout.keys`, on disk when OK is returned. STORE_EXISTS when there
// is one already, STORE_FAILED when the disk refuses.
StatusOr<store::ChannelKeys> CreateKeys(const DataLayout& layout);

// The files as a backup holds them: name without folder, content.
using KeyFiles = std::vector<std::pair<std::string, std::string>>;
const std::vector<std::string>& KeyFileNames();
KeyFiles ToKeyFiles(const store::ChannelKeys& keys);
// KEY_INVALID when one of them is missing or holds no key.
StatusOr<store::ChannelKeys> FromKeyFiles(const KeyFiles& files);
// KEY_INVALID when a file below `layout.keys` has the name of one of these and holds another key.
Status CheckInstallable(const DataLayout& layout, const KeyFiles& files);
// Puts key files below `layout.keys` where none of the name is; on disk when OK is returned. Can be
// repeated after a kill. STORE_FAILED.
Status InstallKeys(const DataLayout& layout, const KeyFiles& files);

// STORE_FORMAT when a file is missing, KEY_INVALID when it is open to group or others or
// does not hold a key.
StatusOr<store::ChannelKeys> LoadKeys(const DataLayout& layout);

// A new file with this mode and content, synced. STORE_EXISTS, STORE_FAILED.
Status WriteNewFile(const std::string& path, const std::string& content, unsigned mode);

// Puts a small text in place of another in one step, so that a reader sees the old or the
// new one. STORE_FAILED.
Status ReplaceFile(const std::string& path, const std::string& content, unsigned mode = 0644);

}  // namespace enlace::app
