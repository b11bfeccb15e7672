#pragma once

#include <functional>
#include <map>
#include <set>
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

// A channel of which this node holds another signed size than the report names.
struct Notice {
  std::string channel;
  uint64_t named_size = 0;
  uint64_t held_size = 0;
  bool operator==(const Notice&) const = default;
};

struct Verification {
  uint64_t rows_checked = 0;
  std::vector<Finding> findings;  // In file order, at most kFindingsMax.
  bool verified = false;          // Every row holds and none is missing.
  std::vector<Notice> notices;    // By channel; the report may be older than what is held.
};

// What a verifier asks of the node that runs it.
class Mirrors {
 public:
  virtual ~Mirrors() = default;
  // True when the owner's signed checkpoint for exactly this size is held with all entries.
  virtual StatusOr<bool> IsSigned(const views::ChannelAt& channel) = 0;
  virtual StatusOr<std::shared_ptr<const views::StatisticsState>> At(
      const views::ChannelAt& channel) = 0;
  // Every statistics channel as it is held now, at its signed size.
  virtual StatusOr<std::vector<std::shared_ptr<const views::StatisticsState>>> Now() = 0;
  // Origins of channels that stopped, because their owner signed two histories.
  virtual StatusOr<std::set<std::string>> Stopped() = 0;
};

// REPORT_INVALID when the bytes are no regional.csv at all; anything else that is wrong is
// a finding. A jurisdiction with a release in force here is expected like a member, and is a
// finding when the report calls it missing, with or without its channel: absence, or an old
// size, must not hide a state. A stopped channel is a finding, since nothing follows from it.
StatusOr<Verification> VerifyCsv(std::string_view csv, const std::string& network,
                                 const std::vector<std::string>& roster,
                                 const codes::Registry& registry, Mirrors& mirrors);

}  // namespace enlace::report
