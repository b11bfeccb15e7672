#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "node/base/mutex.h"
#include "node/metrics/metrics.h"

// The metric objects behind Metrics; private to this folder.
namespace enlace::metrics {

inline constexpr size_t kCodes = 17;  // gRPC's codes 0 to 16.

struct Metrics::State {
  State();
  void AddCalls();
  void AddDoor();
  void AddStore();
  void AddDatabase();
  // The gauge of one jurisdiction; null for a word that is none, or above the limit.
  prometheus::Gauge* OfPeer(prometheus::Family<prometheus::Gauge>& family,
                            std::string_view jurisdiction);

  // Constant after construction; all objects live as long as the registry.
  std::shared_ptr<prometheus::Registry> registry;
  std::array<std::array<prometheus::Counter*, kCodes>, kCallClasses> calls{};
  std::array<prometheus::Histogram*, kCallClasses> latency{};
  struct Method {
    std::array<prometheus::Counter*, 2> calls{};
    prometheus::Counter* seconds = nullptr;
  };
  Method MakeMethod(const std::string& name);
  prometheus::Family<prometheus::Counter>* method_calls = nullptr;
  prometheus::Family<prometheus::Counter>* method_seconds = nullptr;
  Method unknown_method;
  std::map<std::string, Method, std::less<>> methods;  // Filled before the first call.
  std::array<prometheus::Counter*, kCallClasses> refusals{};
  std::array<prometheus::Counter*, 2> handshakes{};
  std::array<prometheus::Counter*, kDoors> unidentified{};
  std::array<prometheus::Counter*, kLimits> limits{};
  std::array<prometheus::Gauge*, 3> connections{};
  std::array<prometheus::Counter*, 2> commits{};
  prometheus::Counter* writes = nullptr;
  prometheus::Histogram* commit_latency = nullptr;
  prometheus::Histogram* group_writes = nullptr;
  std::array<prometheus::Histogram*, kSyncedFiles> syncs{};
  prometheus::Gauge* queue = nullptr;
  std::array<prometheus::Counter*, 2> stalls{};
  prometheus::Gauge* table_bytes = nullptr;
  prometheus::Gauge* memory_bytes = nullptr;
  prometheus::Gauge* cache_bytes = nullptr;
  prometheus::Gauge* pending_bytes = nullptr;
  prometheus::Gauge* free_bytes = nullptr;
  prometheus::Gauge* writes_stopped = nullptr;
  prometheus::Gauge* disk_room = nullptr;
  prometheus::Gauge* disk_reserve_bytes = nullptr;
  prometheus::Family<prometheus::Gauge>* mirror_lag = nullptr;
  prometheus::Family<prometheus::Gauge>* mirror_age = nullptr;
  prometheus::Gauge* ready = nullptr;
  prometheus::Gauge* certificate_expiry = nullptr;

  Mutex peers_mutex;
  std::set<std::string, std::less<>> peers ENLACE_GUARDED_BY(peers_mutex);
};

}  // namespace enlace::metrics
