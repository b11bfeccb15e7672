#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "node/query/case_columns.h"

// Inside of CaseColumns. Guarded by its lock.
namespace enlace::query {

// Values one after the other in blocks of kBlockRows: growing copies nothing and leaves no
// half of the memory empty, and a scan goes block by block.
template <typename T>
class Blocks {
 public:
  static constexpr size_t kRows = CaseColumns::kBlockRows;

  size_t size() const { return size_; }
  void Append(const T& value) {
    if (size_ % kRows == 0) blocks_.push_back(std::make_unique<Block>());
    (*blocks_.back())[size_++ % kRows] = value;
  }
  T& operator[](size_t row) { return (*blocks_[row / kRows])[row % kRows]; }
  const T& operator[](size_t row) const { return (*blocks_[row / kRows])[row % kRows]; }
  // The values from row `row` on, the first of a block.
  const T* From(size_t row) const { return blocks_[row / kRows]->data(); }

 private:
  using Block = std::array<T, kRows>;
  std::vector<std::unique_ptr<Block>> blocks_;
  size_t size_ = 0;
};

}  // namespace enlace::query
