#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "node/codes/registry.h"

// Invented case records, the same ones for every store that is measured. Each has 63
// answers: ten single-valued attributes and the 53 codes of the six set attributes, each
// affirmed or denied. (The one attribute left out, the province, is optional.)
namespace enlace::bench {

inline constexpr size_t kSingles = 10;
inline constexpr size_t kSets = 6;

struct Answers {
  uint16_t year = 0;
  uint8_t quarter = 0;
  std::array<uint16_t, kSingles> codes{};  // 0: unknown.
  std::array<uint64_t, kSets> affirmed{};  // Bit n is code n; the others are denied.
};

class RecordMaker {
 public:
  explicit RecordMaker(uint64_t seed);
  Answers Next();

  // Numbers of the attributes, in the order of Answers.
  static const std::array<uint32_t, kSingles>& SingleAttributes();
  static const std::array<uint32_t, kSets>& SetAttributes();
  // All codes of a set attribute as a mask.
  uint64_t AllOf(size_t set) const { return all_[set]; }

 private:
  std::mt19937_64 random_;
  std::array<std::vector<uint16_t>, kSingles> codes_;
  std::array<uint64_t, kSets> all_{};
};

const std::shared_ptr<const codes::Registry>& Lists();

// A table of up to three attributes.
using Table = std::vector<uint32_t>;
// Citizenship by sex by age: some 7,500 cells.
Table CrossTable();
// 24 tables of three attributes, eight of them by citizenship or country of exploitation.
std::vector<Table> Plan24();

}  // namespace enlace::bench
