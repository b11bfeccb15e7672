// docs/METRICS.md says of each metric what the program says of it, and of no other.
#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "gtest/gtest.h"
#include "node/metrics/metrics.h"

namespace enlace::metrics {
namespace {

struct Description {
  std::string type;
  std::string labels;  // "`class`, `code`"
  std::string meaning;
  bool operator==(const Description&) const = default;
};
using Descriptions = std::map<std::string, Description>;

void PrintTo(const Description& d, std::ostream* out) {
  *out << d.type << " | " << d.labels << " | " << d.meaning;
}

std::string Join(const std::set<std::string>& labels) {
  std::string text;
  for (const std::string& label : labels) text += (text.empty() ? "`" : ", `") + label + "`";
  return text;
}

// Of the text that a collector is served, in which a family without samples does not appear.
Descriptions Served() {
  Metrics metrics;
  metrics.SetMirrorLag("BRA", 1);
  metrics.SetMirrorAge("BRA", 1);
  Descriptions found;
  std::map<std::string, std::set<std::string>> labels;
  std::istringstream lines(metrics.Render());
  std::string line;
  std::string name;
  while (std::getline(lines, line)) {
    std::smatch parts;
    if (std::regex_match(line, parts, std::regex("# HELP (\\S+) (.*)"))) {
      name = parts[1];
      found[name].meaning = parts[2];
    } else if (std::regex_match(line, parts, std::regex("# TYPE \\S+ (.*)"))) {
      found[name].type = parts[1];
    } else {
      const std::regex label("[{,]([a-z_]+)=");
      for (std::sregex_iterator it(line.begin(), line.end(), label), end; it != end; ++it) {
        if ((*it)[1] != "le") labels[name].insert((*it)[1]);
      }
    }
  }
  for (auto& [metric, description] : found) description.labels = Join(labels[metric]);
  return found;
}

Descriptions Documented() {
  std::ifstream file(ENLACE_SOURCE_DIR "/docs/METRICS.md");
  Descriptions found;
  const std::regex row(R"(\| `(enlace_[a-z_]+)` \| ([a-z]+) \| (.*?) ?\| (.*) \|)");
  std::string line;
  while (std::getline(file, line)) {
    std::smatch parts;
    if (std::regex_match(line, parts, row)) found[parts[1]] = {parts[2], parts[3], parts[4]};
  }
  return found;
}

TEST(MetricsManual, DescribesEachMetricAndNoOther) {
  const Descriptions served = Served();
  const Descriptions documented = Documented();
  for (const auto& [name, description] : served) {
    const auto found = documented.find(name);
    if (found == documented.end()) {
      ADD_FAILURE() << "docs/METRICS.md lacks the row\n| `" << name << "` | "
                    << ::testing::PrintToString(description) << " |";
    } else {
      EXPECT_EQ(found->second, description) << name;
    }
  }
  for (const auto& [name, description] : documented) {
    EXPECT_TRUE(served.contains(name)) << name << " is not served";
  }
}

TEST(MetricsManual, ExplainsEachLabel) {
  std::ifstream file(ENLACE_SOURCE_DIR "/docs/METRICS.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (const auto& [name, description] : Served()) {
    const std::regex label("`[a-z]+`");
    const std::string& all = description.labels;
    for (std::sregex_iterator it(all.begin(), all.end(), label), end; it != end; ++it) {
      EXPECT_NE(text.find("\n| " + it->str() + " | "), std::string::npos) << it->str();
    }
  }
}

// A row that was put into the middle of another one is seen by its cells.
TEST(MetricsManual, HasWholeRowsInItsTables) {
  std::ifstream file(ENLACE_SOURCE_DIR "/docs/METRICS.md");
  std::string line;
  std::ptrdiff_t columns = 0;  // Of the table that the line is in.
  while (std::getline(file, line)) {
    const std::ptrdiff_t bars = std::count(line.begin(), line.end(), '|');
    if (!line.starts_with("| ")) {
      if (!line.starts_with("|-")) columns = 0;
      continue;
    }
    if (columns == 0) columns = bars;
    EXPECT_EQ(bars, columns) << line;
    EXPECT_TRUE(line.ends_with(" |")) << line;
  }
}

}  // namespace
}  // namespace enlace::metrics
