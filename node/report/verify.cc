#include "node/report/verify.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "node/model/names.h"
#include "node/report/csv.h"

namespace enlace::report {
namespace {

constexpr size_t kKeyColumns = kAge + 1;  // Jurisdiction to age name a row.
// A row that differs from the expected one in no more columns is that row, changed.
constexpr size_t kChangedColumnsMax = 3;

using Lines = std::vector<std::vector<std::string>>;

std::optional<uint64_t> Number(const std::string& text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string KeyOf(const std::vector<std::string>& fields) {
  std::string key;
  for (size_t column = 0; column < kKeyColumns && column < fields.size(); ++column) {
    key += fields[column] + '\n';
  }
  return key;
}

class Verifier {
 public:
  Verifier(const Lines& lines, const std::string& network, const std::vector<std::string>& roster,
           const codes::Registry& registry, Mirrors& mirrors)
      : lines_(lines), network_(network), roster_(roster), registry_(registry), mirrors_(mirrors) {}

  StatusOr<Verification> Run() {
    ENLACE_RETURN_IF_ERROR(LoadHeld());
    ENLACE_RETURN_IF_ERROR(Recompile());
    CheckLeftOut();
    Compare();
    result_.rows_checked = lines_.size() - 1;
    result_.verified = result_.findings.empty();
    std::stable_sort(result_.findings.begin(), result_.findings.end(),
                     [](const Finding& a, const Finding& b) {
                       // What is about the whole file (line 0) comes last.
                       return a.line - 1 < b.line - 1;
                     });
    return std::move(result_);
  }

 private:
  void Add(uint64_t line, std::string_view column, std::string description) {
    if (result_.findings.size() < kFindingsMax) {
      result_.findings.push_back({line, std::string(column), std::move(description)});
    }
  }

  // For each statistics channel of the network that the file names, the size that most of
  // its rows name: a changed row must not move the whole channel.
  std::map<std::string, uint64_t> SizesNamed() {
    std::map<std::string, std::map<uint64_t, size_t>> counts;
    for (size_t index = 1; index < lines_.size(); ++index) {
      if (lines_[index].size() != kColumnCount) continue;
      const auto size = Number(lines_[index][kCheckpointSize]);
      const auto origin = model::ChannelOrigin::Parse(lines_[index][kChannel]);
      if (!size.has_value() || !origin.ok() || origin->network != network_ ||
          origin->kind != "statistics") {
        continue;
      }
      ++counts[lines_[index][kChannel]][*size];
    }
    std::map<std::string, uint64_t> sizes;
    for (const auto& [origin, of_origin] : counts) {
      sizes[origin] =
          std::max_element(of_origin.begin(), of_origin.end(), [](const auto& a, const auto& b) {
            return a.second < b.second;
          })->first;
    }
    return sizes;
  }

  uint64_t FirstLineOf(const std::string& origin) const {
    for (size_t index = 1; index < lines_.size(); ++index) {
      if (lines_[index].size() == kColumnCount && lines_[index][kChannel] == origin) {
        return index + 1;
      }
    }
    return 0;
  }

  Status LoadHeld() {
    ENLACE_ASSIGN_OR_RETURN(const auto states, mirrors_.Now());
    for (const auto& state : states) held_[state->channel.origin] = state;
    ENLACE_ASSIGN_OR_RETURN(stopped_, mirrors_.Stopped());
    return absl::OkStatus();
  }

  void CompareWithHeld(const std::string& origin, uint64_t size) {
    const auto held = held_.find(origin);
    if (held != held_.end() && held->second->channel.size != size) {
      result_.notices.push_back({origin, size, held->second->channel.size});
    }
    if (stopped_.contains(origin)) {
      Add(FirstLineOf(origin), kColumns[kChannel],
          "expected a channel with one history: its owner signed two");
    }
  }

  Status Recompile() {
    Input input;
    input.network = network_;
    input.roster = roster_;
    for (const auto& [unused, state] : held_) {
      if (!state->releases.empty()) input.roster.push_back(state->jurisdiction);
    }
    for (const auto& [origin, size] : SizesNamed()) {
      CompareWithHeld(origin, size);
      ENLACE_ASSIGN_OR_RETURN(const bool is_signed, mirrors_.IsSigned({origin, size}));
      if (!is_signed) {
        Add(FirstLineOf(origin), kColumns[kCheckpointSize],
            "expected a size for which this node holds the owner's signed checkpoint");
        continue;
      }
      ENLACE_ASSIGN_OR_RETURN(auto state, mirrors_.At({origin, size}));
      input.statistics.push_back(std::move(state));
    }
    expected_ = MakeRows(input, registry_);
    return absl::OkStatus();
  }

  void CheckLeftOut() {
    for (size_t index = 1; index < lines_.size(); ++index) {
      const auto& fields = lines_[index];
      if (fields.size() != kColumnCount || fields[kStatus] != "missing") continue;
      for (const auto& [unused, state] : held_) {
        if (state->jurisdiction != fields[kJurisdiction] || state->releases.empty()) continue;
        if (fields[kChannel].empty()) {
          Add(index + 1, kColumns[kChannel],
              "expected the member's channel: this node holds releases of it");
        } else {
          Add(index + 1, kColumns[kStatus],
              "expected figures: this node holds a release of it in force");
        }
      }
    }
  }

  void Compare() {
    std::map<std::string, size_t> index_of;
    for (size_t index = 0; index < expected_.size(); ++index) {
      index_of[KeyOf({expected_[index].begin(), expected_[index].end()})] = index;
    }
    std::vector<bool> seen(expected_.size(), false);
    size_t next = 0;  // The expected row that should come now.
    for (size_t index = 1; index < lines_.size(); ++index) {
      const uint64_t line = index + 1;
      const auto& fields = lines_[index];
      if (fields.size() != kColumnCount) {
        Add(line, "", fmt::format("expected {} columns", kColumnCount));
        continue;
      }
      const auto found = index_of.find(KeyOf(fields));
      if (found != index_of.end() && !seen[found->second]) {
        if (found->second < next) Add(line, "", "expected the row at an earlier place");
        CompareColumns(line, fields, expected_[found->second]);
        seen[found->second] = true;
        next = std::max(next, found->second + 1);
      } else if (found == index_of.end() && next < expected_.size() && !seen[next] &&
                 Differences(fields, expected_[next]) <= kChangedColumnsMax) {
        CompareColumns(line, fields, expected_[next]);
        seen[next++] = true;
      } else {
        Add(line, "",
            found == index_of.end() ? "expected no such row: no mirror supports it"
                                    : "expected the row only once");
      }
    }
    ReportMissing(seen);
  }

  void ReportMissing(const std::vector<bool>& seen) {
    std::map<std::string, uint64_t> missing;
    for (size_t index = 0; index < seen.size(); ++index) {
      if (!seen[index]) ++missing[expected_[index][kJurisdiction]];
    }
    for (const auto& [jurisdiction, count] : missing) {
      Add(0, "",
          fmt::format("expected {} more {} of {} at the sizes that the report names", count,
                      count == 1 ? "row" : "rows", jurisdiction));
    }
  }

  static size_t Differences(const std::vector<std::string>& fields, const Row& expected) {
    size_t count = 0;
    for (size_t column = 0; column < kColumnCount; ++column) {
      count += fields[column] != expected[column] ? 1 : 0;
    }
    return count;
  }

  void CompareColumns(uint64_t line, const std::vector<std::string>& fields, const Row& expected) {
    for (size_t column = 0; column < kColumnCount; ++column) {
      if (fields[column] != expected[column]) {
        Add(line, kColumns[column], "expected what the signed entry says");
      }
    }
  }

  const Lines& lines_;
  const std::string& network_;
  const std::vector<std::string>& roster_;
  const codes::Registry& registry_;
  Mirrors& mirrors_;
  Verification result_;
  std::vector<Row> expected_;
  std::map<std::string, std::shared_ptr<const views::StatisticsState>> held_;  // By origin.
  std::set<std::string> stopped_;
};

// Programs that open a report and save it again leave the figures and change the bytes.
Status CheckUntouched(std::string_view csv) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  const auto saved_again = [](std::string_view seen) {
    return Error(Reason::REPORT_INVALID,
                 fmt::format("{}; another program has saved this copy: verify the file as it was "
                             "written by the node",
                             seen));
  };
  if (csv.starts_with(kByteOrderMark)) {
    return saved_again(
        "the file begins with a byte order mark (EF BB BF); a regional.csv begins with its header");
  }
  std::string header = CsvHeader();
  header.resize(header.size() - 2);
  if (csv.starts_with(header) && csv.substr(header.size(), 1) == "\n") {
    return saved_again(
        "the lines end with LF alone; the lines of a regional.csv end with CR and LF");
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<Verification> VerifyCsv(std::string_view csv, const std::string& network,
                                 const std::vector<std::string>& roster,
                                 const codes::Registry& registry, Mirrors& mirrors) {
  ENLACE_RETURN_IF_ERROR(CheckUntouched(csv));
  if (!csv.starts_with(CsvHeader())) {
    return Error(Reason::REPORT_INVALID,
                 "the first line is not the header of a regional.csv of this version");
  }
  ENLACE_ASSIGN_OR_RETURN(const auto lines, ParseCsv(csv));
  return Verifier(lines, network, roster, registry, mirrors).Run();
}

}  // namespace enlace::report
