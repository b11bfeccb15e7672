#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "node/base/mutex.h"
#include "node/crypto/ed25519.h"
#include "node/peer/visit.h"
#include "node/store/signing.h"

// Opens signing again after a restore or an adoption (store/signing.h), once every configured peer
// has said since this start what it holds of this node's channels, and none holds more.
//
// A peer that holds more has a note that this node signed and has forgotten: signing stays closed
// and that is logged. A claim without such a note, or for another history of the entries held
// here, confirms nothing. A peer could hide what it holds, as one could lie to the operator on the
// telephone. Without peers only the operator confirms. Thread-safe.
namespace enlace::peer {

class SigningGate {
 public:
  // `opened` is called once, when signing was opened by this. `store` must outlive it.
  SigningGate(store::Store& store, const crypto::PublicKey& own_key, std::set<std::string> peers,
              std::function<void()> opened);

  // What `peer`, which has just answered, holds.
  void Note(const std::string& peer, const HeldMirrors& held);

 private:
  // Sizes that the peer has shown to hold, beside `own`; why it confirms nothing otherwise.
  StatusOr<store::ChannelSizes> Check(const store::Reader& reader, const store::ChannelSizes& own,
                                      const HeldMirrors& held) const;
  void Refuse(const std::string& peer, const Status& why) ENLACE_REQUIRES(mutex_);
  bool OpenIfAllConfirm(const store::ChannelSizes& own) ENLACE_REQUIRES(mutex_);

  store::Store& store_;
  const crypto::PublicKey own_key_;
  const std::set<std::string> peers_;
  const std::function<void()> opened_;
  // As the node started, or since this opened it. What is closed later (by a note of a forgotten
  // state) stays so until a restart, for the newer directory to be found first.
  std::atomic<bool> open_ = false;
  Mutex mutex_;
  std::map<std::string, store::ChannelSizes> confirmed_ ENLACE_GUARDED_BY(mutex_);  // By peer.
  std::map<std::string, std::string> refused_ ENLACE_GUARDED_BY(mutex_);  // Logged, by peer.
};

}  // namespace enlace::peer
