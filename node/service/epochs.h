#pragma once

#include <cstdint>

// Which registration periods have been measured for a release with noise. Such a
// measurement happens once; a record that later moved out of its period would be counted
// in none or in two.
namespace enlace::service {

class Epochs {
 public:
  virtual ~Epochs() = default;
  // Thread-safe. Quarter 0 is the whole year.
  virtual bool IsMeasured(uint32_t year, uint32_t quarter) const = 0;
};

// A node that has measured nothing: it publishes no noisy tables.
class NoEpochs final : public Epochs {
 public:
  bool IsMeasured(uint32_t, uint32_t) const override { return false; }
};

}  // namespace enlace::service
