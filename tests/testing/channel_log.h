#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "node/channel/checkpoint.h"
#include "node/channel/entry.h"
#include "node/channel/log.h"
#include "node/channel/mirror.h"
#include "node/crypto/hash.h"

// A channel held in memory by its owner, with pages as a peer would send them, honest or
// not. Everything follows from origin, size, seed and key, so tests repeat.
namespace enlace::testing {

class ChannelLog {
 public:
  ChannelLog(std::string origin, uint64_t size, int seed = 1, char key_fill = 'k')
      : origin_(std::move(origin)),
        key_(crypto::SigningKey::FromSeed(std::string(32, key_fill)).value()) {
    Grow(size, seed);
  }

  // Appends entries whose content depends on `seed`.
  void Grow(uint64_t count, int seed,
            const model::Audience& audience = model::Audience::Network()) {
    for (uint64_t i = 0; i < count; ++i) {
      const uint64_t sequence = entries_.size();
      const std::string text = std::to_string(seed) + "/" + std::to_string(sequence);
      const Hash opening_hash = crypto::Sha256("opening " + text);
      channel::PageEntry entry;
      entry.sequence = sequence;
      entry.state = 1;
      entry.payload = "payload " + text;
      entry.opening = std::string(AsView(opening_hash));
      entry.header =
          channel::MakeHeader({"training.programme", "subject " + text, audience, entry.payload},
                              entry.opening, "subject key", 1767225600000)
              .value()
              .raw;
      leaves_.push_back(channel::LeafHash(entry.header));
      entries_.push_back(std::move(entry));
    }
  }

  // The same owner telling another story from `size` on.
  ChannelLog ForkAt(uint64_t size) const {
    ChannelLog fork = *this;
    const uint64_t total = fork.entries_.size();
    fork.entries_.resize(size);
    fork.leaves_.resize(size);
    fork.Grow(total - size, 4711);
    return fork;
  }

  uint64_t size() const { return entries_.size(); }
  const std::string& origin() const { return origin_; }
  const crypto::SigningKey& key() const { return key_; }
  const channel::PageEntry& entry(uint64_t sequence) const { return entries_.at(sequence); }

  Hash RootAt(uint64_t size) const {
    channel::CompactRange range;
    for (uint64_t i = 0; i < size; ++i) range.Append(leaves_.at(i));
    return range.Root();
  }
  std::string CheckpointAt(uint64_t size) const {
    return channel::SignCheckpoint({origin_, size, RootAt(size)}, key_);
  }

  // Entries first <= sequence < limit under the checkpoint of `checkpoint_size`, for a
  // mirror that last saw the checkpoint of `last_size`.
  channel::Page MakePage(uint64_t first, uint64_t limit, uint64_t checkpoint_size,
                         uint64_t last_size = 0) const {
    channel::Page page;
    for (uint64_t i = first; i < limit; ++i) page.entries.push_back(entries_.at(i));
    page.checkpoint = CheckpointAt(checkpoint_size);
    page.consistency_proof = Proof(limit, checkpoint_size);
    page.checkpoint_proof = Proof(last_size, checkpoint_size);
    return page;
  }

 private:
  std::vector<std::string> Proof(uint64_t from, uint64_t to) const {
    std::vector<std::string> proof;
    if (from > to) return proof;
    const std::vector<Hash> leaves(leaves_.begin(),
                                   leaves_.begin() + static_cast<std::ptrdiff_t>(to));
    for (const Hash& hash : channel::ConsistencyProof(leaves, from)) {
      proof.emplace_back(AsView(hash));
    }
    return proof;
  }

  std::string origin_;
  crypto::SigningKey key_;
  std::vector<channel::PageEntry> entries_;
  std::vector<Hash> leaves_;
};

}  // namespace enlace::testing
