#include "bench/records.h"

#include "bench/output.h"
#include "node/model/attributes.h"

namespace enlace::bench {
namespace {

constexpr uint16_t kFirstYear = 2015;
constexpr uint16_t kYears = 10;

}  // namespace

const std::shared_ptr<const codes::Registry>& Lists() {
  static const auto* const lists = new std::shared_ptr<const codes::Registry>(
      Must(codes::Registry::Load(ENLACE_SOURCE_DIR "/config/codelists")));
  return *lists;
}

const std::array<uint32_t, kSingles>& RecordMaker::SingleAttributes() {
  using namespace model;
  static constexpr std::array<uint32_t, kSingles> kNumbers = {kSourceType,
                                                              kSex,
                                                              kAgeBand,
                                                              kMajority,
                                                              kMajorityAtExploitation,
                                                              kMajorityAtEntry,
                                                              kCitizenship,
                                                              kExploitationCountry,
                                                              kAbduction,
                                                              kVictimStatus};
  return kNumbers;
}

const std::array<uint32_t, kSets>& RecordMaker::SetAttributes() {
  using namespace model;
  static constexpr std::array<uint32_t, kSets> kNumbers = {kForms,    kMeans,     kLabourSectors,
                                                           kSexTypes, kRecruiter, kActs};
  return kNumbers;
}

RecordMaker::RecordMaker(uint64_t seed) : random_(seed) {
  for (size_t i = 0; i < kSingles; ++i) {
    const auto& list = Lists()->Get(model::FindAttribute(SingleAttributes()[i])->list);
    for (const auto& code : list.codes()) {
      if (code.number != 0) codes_[i].push_back(static_cast<uint16_t>(code.number));
    }
  }
  for (size_t i = 0; i < kSets; ++i) {
    const auto& list = Lists()->Get(model::FindAttribute(SetAttributes()[i])->list);
    for (const auto& code : list.codes()) all_[i] |= uint64_t{1} << code.number;
  }
}

Answers RecordMaker::Next() {
  Answers out;
  uint64_t bits = random_();
  out.year = static_cast<uint16_t>(kFirstYear + bits % kYears);
  out.quarter = static_cast<uint8_t>((bits >> 8) % 5);
  for (size_t i = 0; i < kSingles; ++i) {
    bits = random_();
    // One answer in 16 is unknown; low codes are commoner than high ones.
    if ((bits & 15U) == 0) continue;
    const uint64_t size = codes_[i].size();
    const uint64_t at = ((bits >> 8) % size) * ((bits >> 36) % size + 1) / size;
    out.codes[i] = codes_[i][at];
  }
  // An eighth of the codes of each set is affirmed.
  for (size_t i = 0; i < kSets; ++i) out.affirmed[i] = random_() & random_() & random_() & all_[i];
  return out;
}

Table CrossTable() { return {model::kCitizenship, model::kSex, model::kAgeBand}; }

std::vector<Table> Plan24() {
  using namespace model;
  std::vector<Table> plan;
  for (const uint32_t country : {kCitizenship, kExploitationCountry}) {
    for (const uint32_t other : {kMajority, kAbduction, kVictimStatus, kSourceType}) {
      plan.push_back({country, kSex, other});
    }
  }
  const std::vector<uint32_t> small = {kSourceType, kMajority,     kMajorityAtExploitation,
                                       kAbduction,  kVictimStatus, kMajorityAtEntry};
  for (size_t i = 0; i < small.size(); ++i) {
    for (size_t j = i + 1; j < small.size(); ++j) plan.push_back({kAgeBand, small[i], small[j]});
  }
  plan.push_back({kSex, kAgeBand, kMajority});
  return plan;  // 8 + 15 + 1.
}

}  // namespace enlace::bench
