#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "client/intake/csv.h"
#include "node/base/bytes.h"
#include "node/crypto/hash.h"

// What the rows of a file say, part by part, so that a second reading can be held against the
// first before anything of it is sent. Not thread-safe.
namespace enlace::intake {

class PartHashes {
 public:
  PartHashes();

  // The next row.
  void Add(const CsvRecord& record);
  // The part ends here. Its hash covers the parts before it, too.
  void EndPart();
  size_t parts() const { return hashes_.size(); }
  // Whether `other` has a part of this number, from 0, that says the same, up to it. REQUIRES: this
  // one has it.
  bool AgreesWith(const PartHashes& other, size_t part) const;

 private:
  std::vector<Hash> hashes_;
  std::unique_ptr<crypto::Sha256Stream> open_;
};

}  // namespace enlace::intake
