#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "client/lib/client.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

// The nodes that are measured: the shipped program as processes of their own, over mutual
// TLS, in a folder that goes with the object, or in one that was prepared before.
namespace enlace::bench {

inline constexpr char kOrigin[] = "ARG";   // Holds the records; owns the channels.
inline constexpr char kReplica[] = "OAS";  // Mirrors the channels of kOrigin.
// The reporting entity whose records are measured. Its systems are callers of their own.
inline constexpr char kEntity[] = "office";

struct WorldOptions {
  std::string enlaced;  // The program; empty: the one beside this program.
  std::string folder;   // As prepared before; empty: a new one, removed at the end.
  int workers = 0;      // Of each node; 0 is the node's default.
};

class World {
 public:
  explicit World(const WorldOptions& options);
  ~World();

  // Makes certificates, configuration and data directories, unless the folder has them.
  void Prepare();

  // Until the node answers; the seconds that took.
  double Start(const std::string& jurisdiction);
  // With SIGTERM, until the process has ended.
  void Stop(const std::string& jurisdiction);

  // A channel of its own each. `path` is the part of the identity behind the domain.
  std::unique_ptr<client::Client> Connect(const std::string& issuer, const std::string& path) const;
  // The options of Connect, for who measures connecting.
  client::ClientOptions OptionsOf(const std::string& issuer, const std::string& path,
                                  const std::string& endpoint) const;
  std::unique_ptr<client::Client> ConnectAdmin(const std::string& jurisdiction) const;
  // System `number` of the entity, 0 to 31.
  std::unique_ptr<client::Client> ConnectSystem(int number) const;
  client::ClientOptions OptionsOfSystem(int number) const;
  // One of four foreign nodes, in turn: one identity may have only so many calls at once.
  static std::string ForeignNode(int number);

  std::string Folder(const std::string& jurisdiction) const { return folder_ + "/" + jurisdiction; }
  std::string folder() const { return folder_; }
  std::string Endpoint(const std::string& jurisdiction) const;
  // What the node has used of the processors since its start.
  double CpuSeconds(const std::string& jurisdiction) const;
  // For RunLoad, of kOrigin.
  std::function<double()> Cpu() const {
    return [this] { return CpuSeconds(kOrigin); };
  }
  int64_t ResidentBytes(const std::string& jurisdiction) const;

 private:
  void WriteCertificates() const;
  void WriteConfig(const std::string& jurisdiction) const;
  // Leaves the channel key in a file.
  void Init(const std::string& jurisdiction, const std::string& secretariat_key) const;

  const std::string program_;
  const int workers_;
  std::unique_ptr<testing::TempDir> own_folder_;
  std::string folder_;
  std::map<std::string, std::unique_ptr<testing::Process>> nodes_;
};

}  // namespace enlace::bench
