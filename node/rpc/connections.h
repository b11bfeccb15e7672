#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>

#include "node/base/clock.h"
#include "node/base/file_descriptor.h"
#include "node/base/mutex.h"
#include "node/metrics/metrics.h"
#include "node/rpc/conduct.h"
#include "node/rpc/crowds.h"
#include "node/rpc/socket_facts.h"
#include "node/rpc/stream_counts.h"

// The connections of the network door, from accept to their end, and what each may cost.
//
// gRPC takes a connection's descriptor and tells nothing more of it. We keep a second
// descriptor of the same socket: it shows when gRPC has dropped the connection, how many bytes
// have arrived on it, and through it we can cut the connection. That doubles the descriptors
// of a connection.
//
// A connection is uncertified until its first call whose certificate holds. Strangers can make
// such connections and nothing else, so there is a number of places for them, and whoever
// comes last always finds one: the oldest goes. Thread-safe.
namespace enlace::rpc {

struct ConnectionLimits {
  int64_t connections_max = 2'048;
  int64_t uncertified_max = 256;
  int64_t per_address_max = 512;
  int64_t uncertified_ms = 30'000;  // From accept to the first certified call.
  int64_t streams_max = 128;        // Calls of one connection that gRPC is not done with.
  // The same of all connections of one identity, and of all; those that have no caller yet are
  // taken for one. gRPC takes 6 to 20 kB for each.
  int64_t identity_streams_max = 1'024;
  int64_t all_streams_max = 4'096;
  // Bytes that may arrive beyond what the calls of a connection explain: in all, before its
  // first certified call, and more for each call that was answered, or that gRPC holds and has not
  // shown: its headers, and a request that was refused or is still unread. gRPC 1.51 spends time
  // that grows with the square of a header's bytes (CVE-2023-33953).
  int64_t spare_bytes = 256 << 10;
  int64_t spare_bytes_uncertified = 128 << 10;
  int64_t spare_bytes_per_call = 80 << 10;
  int64_t identity_spare_bytes = 16 << 20;  // Of all connections of one identity.
  // Answers of one identity that wait to be taken: more, and it makes no new call; nothing
  // taken for so long, and its connection ends.
  int64_t untaken_bytes_max = 32 << 20;
  int64_t untaken_ms = 30'000;
};

class Connections {
 public:
  // Connections of this very machine that are let in above the limits, so that the node can
  // look at its own door however full it is.
  static constexpr int64_t kOwnPlaces = 8;
  // Between two looks at connections on which bytes arrive, and at all.
  static constexpr int kLookMs = 10;
  static constexpr int kLookAllMs = 500;

  // All must outlive it.
  Connections(const ConnectionLimits& limits, std::shared_ptr<Conduct> conduct,
              metrics::Metrics& metrics, const Clock& clock);
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // A new connection, before gRPC has it. False: there is no place; `fd` stays the caller's.
  bool Enter(int fd);

  // One call, from its headers until gRPC is done with it.
  class CallMark {
    friend class Connections;
    uint64_t id_ = 0;  // Of the connection; 0 when it is not known here.
    std::string caller_;
    int64_t awaited_ = 0;  // Bytes that the request may have.
    int64_t arrived_ = 0;  // And has.
    int64_t answer_ = 0;   // Bytes of the answer.
    bool shown_ = false;   // What it may still bring is in awaited_.
    bool reset_ = false;
    bool counted_ = false;  // The reset, as of the caller.
  };
  // What happens to a call; `peer` is gRPC's name for the connection. False when the
  // connection was cut and its caller is known: the call is not worth a look.
  bool Begin(CallMark& mark, const std::string& peer);
  // The certificate holds. False when the connection was cut, or the caller is shut out or leaves
  // too many answers untaken.
  bool Certify(CallMark& mark, const std::string& uri);
  // A request; of a stream again once the answer before is out.
  void Await(CallMark& mark, size_t request_bytes_max);
  void Arrived(CallMark& mark, size_t request_bytes);
  void Answered(CallMark& mark, size_t answer_bytes);
  void Refused(const CallMark& mark);  // For being too many, or not the caller's to make.
  void Reset(CallMark& mark);          // Given up by the caller. At any time between the others.
  void End(CallMark& mark);            // Last, once.

  struct Counts {
    int64_t uncertified = 0;
    int64_t certified = 0;
    int64_t own = 0;  // In kOwnPlaces.
  };
  Counts Count() const;

 private:
  struct Connection {
    uint64_t id = 0;
    FileDescriptor fd;
    SocketNames names;
    int64_t since_steady_ms = 0;
    std::string caller;      // Empty: uncertified.
    bool own_place = false;  // One of kOwnPlaces.
    bool cut = false;        // gRPC has not noticed yet.
    bool at_fault = false;   // Cut for what it did, not to make a place.
    int64_t streams = 0;
    int64_t shown = 0;               // Those of them whose request is awaited.
    int64_t strange = 0;             // Calls without a caller.
    int64_t socket = 0;              // gRPC's number of it, once that was asked for.
    int64_t unlooked = 0;            // Bytes since gRPC was last asked for its streams.
    Crowds::Crowd* crowd = nullptr;  // Until it is cut.
    CrowdShare share;
    int64_t read = 0;  // Of share.unlooked, by gRPC, at the last look at the crowd.
    // Bytes: see Judge().
    uint64_t received = 0;
    int64_t spare = 0;
    int64_t explained = 0;  // Of calls that ended since the last look.
    int64_t awaited = 0;    // Of calls that run.
    int64_t untaken = 0;    // Of answers.
    uint64_t taken = 0;
    int64_t taken_steady_ms = 0;
  };
  using Map = std::map<uint64_t, Connection>;

  bool MakePlace(const SocketNames& names) ENLACE_REQUIRES(mutex_);
  bool EvictOldest(const std::string* address, metrics::Limit limit) ENLACE_REQUIRES(mutex_);
  int Watch(int operation, uint64_t id, int fd, bool certified) const;
  void Add(FileDescriptor fd, SocketNames names) ENLACE_REQUIRES(mutex_);
  void Drop(Connection& connection, metrics::Limit limit) ENLACE_REQUIRES(mutex_);
  void Uncount(Connection& connection) ENLACE_REQUIRES(mutex_);
  Connection* Find(uint64_t id) ENLACE_REQUIRES(mutex_);
  void Judge(Connection& connection) ENLACE_REQUIRES(mutex_);
  // Streams that gRPC holds and whose request is not awaited: mostly calls not yet shown.
  int64_t UnseenStreams(Connection& connection) ENLACE_REQUIRES(mutex_);
  // Streams that gRPC holds.
  int64_t AskStreams(Connection& connection) ENLACE_REQUIRES(mutex_);
  void FindSockets() ENLACE_REQUIRES(mutex_);
  void DropAtFault(Connection& connection, metrics::Limit limit) ENLACE_REQUIRES(mutex_);
  // What a message and its answer had taken is no longer awaited nor untaken.
  void Settle(Connection& connection, CallMark& mark) ENLACE_REQUIRES(mutex_);
  void ForgetAnswer(CallMark& mark) ENLACE_REQUIRES(mutex_);
  void CountReset(const std::string& caller) ENLACE_REQUIRES(mutex_);
  void CountCut(const std::string& caller) ENLACE_REQUIRES(mutex_);
  void CutAllOf(std::string_view caller) ENLACE_REQUIRES(mutex_);
  Counts CountLocked() const ENLACE_REQUIRES(mutex_);

  // Crowds.
  void JoinCrowd(Connection& connection) ENLACE_REQUIRES(mutex_);
  void LeaveCrowd(Connection& connection) ENLACE_REQUIRES(mutex_);
  void Change(Connection& connection, const CrowdShare& now) ENLACE_REQUIRES(mutex_);
  // Whether what is known of it leaves room for more than it may have.
  bool InDoubt(const Crowds::Crowd& crowd) const ENLACE_REQUIRES(mutex_);
  void LookAtCrowd(Crowds::Crowd& crowd) ENLACE_REQUIRES(mutex_);
  // `ask`: also when gRPC has read nothing since.
  void LookAtMember(Connection& connection, bool ask) ENLACE_REQUIRES(mutex_);
  // The member with the highest figure.
  template <typename Figure>
  Connection* Most(const Crowds::Crowd& crowd, Figure figure) ENLACE_REQUIRES(mutex_);
  void HoldToLimits(const std::string& caller) ENLACE_REQUIRES(mutex_);
  void HoldAllToLimit() ENLACE_REQUIRES(mutex_);
  void CutBusy(const std::string& caller) ENLACE_REQUIRES(mutex_);

  void Run(const std::stop_token& stop);
  void Look(uint64_t id, bool gone);
  void LookAtAll();
  // In how many milliseconds they are to be looked at again.
  int LookAtSuspects();
  int LookAtCrowds();

  const ConnectionLimits limits_;
  const std::shared_ptr<Conduct> conduct_;
  metrics::Metrics& metrics_;
  const Clock& clock_;
  const FileDescriptor epoll_;
  const FileDescriptor wake_;
  mutable Mutex mutex_;
  CondVar gone_;
  uint64_t next_id_ ENLACE_GUARDED_BY(mutex_) = 1;
  StreamCounts stream_counts_ ENLACE_GUARDED_BY(mutex_);
  // Connections that have streams which were not shown, and uncertified ones on which more has
  // arrived than a handshake and a small call are.
  std::set<uint64_t> suspects_ ENLACE_GUARDED_BY(mutex_);
  Crowds crowds_ ENLACE_GUARDED_BY(mutex_);
  Map map_ ENLACE_GUARDED_BY(mutex_);  // By id, so by age; with those that were cut.
  std::set<uint64_t> uncertified_ ENLACE_GUARDED_BY(mutex_);
  int64_t certified_ ENLACE_GUARDED_BY(mutex_) = 0;
  int64_t own_places_ ENLACE_GUARDED_BY(mutex_) = 0;
  std::unordered_map<std::string, uint64_t> by_peer_ ENLACE_GUARDED_BY(mutex_);
  std::map<std::string, int64_t, std::less<>> by_address_ ENLACE_GUARDED_BY(mutex_);
  std::map<std::string, int64_t, std::less<>> untaken_ ENLACE_GUARDED_BY(mutex_);  // By caller.
  std::jthread thread_;                                                            // Last.
};

}  // namespace enlace::rpc
