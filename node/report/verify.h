#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/error.h"
#include "node/report/rows.h"

// Does a regional.csv follow from the mirrors? The report is made again from the channel
// sizes that its own rows name, and compared row by row in every column. Pure.
namespace enlace::report {

inline constexpr size_t kFindingsMax = 1000;

// One thing that does not hold; never holds what was seen.
struct Finding {
  uint64_t line = 0;        // 1 is the header; 0 means the whole file.
  std::string column;       // Empty when the whole row is meant.
  std::string description;  // What was expected.
  bool operator==(const Finding&) const = default;
};

struct Verification {
  uint64_t rows_checked = 0;
  std::vector<Finding> findings;  // In file order, at most kFindingsMax.
  bool verified = false;          // Every row holds and none is missing.
};

// What a verifier asks of the node that runs it.
class Mirrors {
 public:
  virtual ~Mirrors() = default;
  // True when the owner's signed checkpoint for exactly this size is held with all entries.
  virtual StatusOr<bool> IsSigned(const views::ChannelAt& channel) = 0;
  virtual StatusOr<std::shared_ptr<const views::StatisticsState>> At(
      const views::ChannelAt& channel) = 0;
  // The channel of a member as it is held now; nullptr when it is not.
  virtual StatusOr<std::shared_ptr<const views::StatisticsState>> Now(
      const std::string& jurisdiction) = 0;
};

// REPORT_INVALID when the bytes are no regional.csv at all; anything else that is wrong is
// a finding. A member that the report calls missing without naming a channel is a finding
// when this node holds a release of it in force: absence must not hide a state.
StatusOr<Verification> VerifyCsv(std::string_view csv, const std::string& network,
                                 const std::vector<std::string>& roster,
                                 const codes::Registry& registry, Mirrors& mirrors);

}  // namespace enlace::report
