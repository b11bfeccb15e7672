// The service of the node fits the example of its configuration, and the program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "node/rpc/server.h"
#include "tests/testing/temp_dir.h"

namespace enlace::testing {
namespace {

using ::testing::HasSubstr;

std::string Source(const std::string& name) {
  return TempDir::Read(std::string(ENLACE_SOURCE_DIR) + "/" + name);
}

// The first group of the first match; "" when there is none.
std::string Find(const std::string& text, const std::string& pattern) {
  std::smatch parts;
  const std::regex line("(?:^|\n) *" + pattern);
  return std::regex_search(text, parts, line) ? parts[1].str() : "";
}

TEST(NodeService, CanWriteWhatTheExampleOfTheConfigurationNames) {
  const std::string service = Source("deploy/systemd/enlaced.service");
  const std::string example = Source("config/node.example.yaml");
  const std::string data = Find(example, "data_dir: (\\S+)");
  const std::string anchor = Find(example, "anchor_path: (\\S+)/");
  const std::string admin = Find(example, "admin_socket: /run/([a-z]+)/");
  ASSERT_NE(data, "");
  ASSERT_NE(anchor, "");
  ASSERT_NE(admin, "");
  EXPECT_THAT(service, HasSubstr("\nReadWritePaths=" + data + " " + anchor + "\n"));
  EXPECT_THAT(service, HasSubstr("\nRequiresMountsFor=" + data + " " + anchor + "\n"));
  EXPECT_THAT(service, HasSubstr("\nRuntimeDirectory=" + admin + "\n"));
  for (const std::string& path : {data, anchor}) {
    ASSERT_TRUE(path.starts_with("/var/lib/"));
    const std::string folder = path.substr(std::string("/var/lib/").size());
    EXPECT_NE(Find(service, "StateDirectory=(?:.* )?(" + folder + ")(?: |\n)"), "") << folder;
  }
}

TEST(NodeService, IsGivenTheTimeThatStoppingTakes) {
  const std::string service = Source("deploy/systemd/enlaced.service");
  const int64_t most_ms = rpc::kDrainMs + rpc::ServerOptions().stop_ms_max;
  EXPECT_GT(std::stoll("0" + Find(service, "TimeoutStopSec=([0-9]+)")) * 1000, most_ms);
  EXPECT_THAT(service, HasSubstr("\nRestart=on-failure\n"));  // For the watchdog.
}

}  // namespace
}  // namespace enlace::testing
