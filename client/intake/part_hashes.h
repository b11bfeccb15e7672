#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "client/intake/csv.h"
#include "node/base/bytes.h"
#include "node/crypto/hash.h"

// What the rows of a file say, in parts of kBatchRowsMax rows, so that a second reading can be
// held against the first before anything of it is sent. Not thread-safe.
namespace enlace::intake {

class PartHashes {
 public:
  PartHashes();

  // The next row.
  void Add(const CsvRecord& record);
  // After the last row: the rest is a part, too.
  void End();
  // Whether both readings say the same in all parts up to the one that ends with `last_row`.
  // REQUIRES: that part was read here to its end.
  bool AgreesWith(const PartHashes& other, uint64_t last_row) const;

 private:
  std::vector<Hash> hashes_;  // Each covers the parts before it, too.
  std::unique_ptr<crypto::Sha256Stream> open_;
};

}  // namespace enlace::intake
