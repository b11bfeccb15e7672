// The node as a process on a real disk that gets full, or fails, under it; and at wrong times.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <optional>

#include "enlace/admin/v1/admin_service.pb.h"
#include "enlace/exchange/v1/case_service.pb.h"
#include "enlace/exchange/v1/channel_service.pb.h"
#include "node/model/attributes.h"
#include "tests/e2e/disk/small_disk.h"
#include "tests/testing/node_world.h"
#include "tests/testing/process.h"

namespace enlace::testing {
namespace {

namespace admin = enlace::admin::v1;
namespace pb = enlace::exchange::v1;

constexpr char kStatus[] = "/enlace.admin.v1.AdminService/GetStatus";
constexpr char kListChannels[] = "/enlace.exchange.v1.ChannelService/ListChannels";
constexpr char kFaketime[] = "/usr/bin/faketime";
constexpr uint64_t kMiB = 1 << 20;

// One node whose folders all lie on the disk that the test mounted before.
struct World {
  // What the programs print goes to `logs`, which may lie elsewhere.
  explicit World(const TempDir& logs_folder) : logs(logs_folder) {
    nodes.WriteConfig("ARG");
    EXPECT_EQ(Run({"init", "--config", config, "--pin-secretariat-later"})->Wait(), 0);
  }

  std::unique_ptr<Process> Run(const std::vector<std::string>& arguments) {
    return std::make_unique<Process>(program, arguments, logs.path(std::to_string(runs++)));
  }
  std::unique_ptr<Process> Serve() {
    auto node = Run({"serve", "--config", config});
    EXPECT_TRUE(Eventually([&] { return !node->Running() || Status().has_value(); }));
    EXPECT_TRUE(node->Running()) << node->Output();
    client = nodes.Connect("ARG", "entity/police/records");
    reader = nodes.Connect("ARG", "person/analyst");
    return node;
  }
  std::optional<admin::NodeStatus> Status() {
    const auto status =
        nodes.ConnectAdmin("ARG")->Call<admin::NodeStatus>(kStatus, admin::GetStatusRequest());
    return status.ok() ? std::optional(*status) : std::nullopt;
  }

  StatusOr<pb::CaseRecord> Call(const std::string& method,
                                const google::protobuf::Message& request) {
    pb::CaseRecord record;
    const enlace::Status status =
        client->CallRaw("/enlace.exchange.v1.CaseService/" + method, request, record);
    if (!status.ok()) return status;
    return record;
  }
  StatusOr<pb::CaseRecord> Create() {
    pb::CreateCaseRecordRequest request;
    pb::CaseRecord& record = *request.mutable_case_record();
    record.set_codelist_version(1);
    record.set_registration_year(2020);
    record.set_registration_quarter(2);
    pb::SingleValue& sex = *record.add_singles();
    sex.set_attribute(model::kSex);
    sex.set_code(1);
    return Call("CreateCaseRecord", request);
  }
  StatusOr<pb::CaseRecord> Get(const std::string& name) {
    pb::GetCaseRecordRequest request;
    request.set_name(name);
    return Call("GetCaseRecord", request);
  }
  StatusOr<pb::CaseRecord> Erase(const std::string& name) {
    pb::EraseCaseRecordRequest request;
    request.set_name(name);
    request.set_reason(4);
    return Call("EraseCaseRecord", request);
  }
  enlace::Status ReadReleased() {
    pb::ListChannelsResponse response;
    return reader->CallRaw(kListChannels, pb::ListChannelsRequest(), response);
  }

  const std::string program = std::string(ENLACE_BINARY_DIR) + "/bin/enlaced";
  NodeWorld nodes{{"ARG"}};
  const TempDir& logs;
  const std::string config = nodes.ConfigFile("ARG");
  int runs = 0;
  std::unique_ptr<client::Client> client;
  std::unique_ptr<client::Client> reader;  // Of what is released.
};

uint64_t FreeBytes(const std::string& path) { return std::filesystem::space(path).available; }

// Takes space until `left` bytes are free; false when the disk does not let it.
bool LeaveFree(const SmallDisk& disk, const std::string& name, uint64_t left) {
  const uint64_t free = FreeBytes(disk.path(""));
  if (free <= left) return true;
  const int file = open(disk.path(name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const bool taken = posix_fallocate(file, 0, static_cast<off_t>(free - left)) == 0;
  close(file);
  return taken;
}

TEST(DiskFullTest, OrdinaryWritesEndFirstThenThoseThatAreOwedAndAllComeBackWithoutRestart) {
  const TempDir logs;
  const SmallDisk disk(SmallDisk::Kind::kMemory, 320);
  if (!disk.mounted()) GTEST_SKIP() << "this user may not mount a file system";
  World world(logs);
  std::ofstream(world.config) << world.nodes.ConfigText("ARG").replace(
      world.nodes.ConfigText("ARG").find("reserve_mib: 1"), 14, "reserve_mib: 16");
  const auto node = world.Serve();
  const auto record = world.Create();
  ASSERT_TRUE(record.ok()) << record.status();
  const auto other = world.Create();
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(world.Status()->disk_reserve_bytes(), 16 * kMiB);

  // Nearly full: new data is refused, and what is owed to people goes on.
  ASSERT_TRUE(LeaveFree(disk, "filler", 60 * kMiB));
  const auto refused = world.Create();
  EXPECT_EQ(ReasonOf(refused.status()), Reason::STORE_FULL) << refused.status();
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  const uint64_t free_at_refusal = world.Status()->disk_free_bytes();
  EXPECT_TRUE(world.Get(record->name()).ok());
  EXPECT_TRUE(world.Erase(record->name()).ok());
  EXPECT_TRUE(world.ReadReleased().ok());
  EXPECT_TRUE(world.Status()->ready()) << "a full disk that was not met is no failure";
  EXPECT_NE(world.Status()->disk_trouble(), "");

  // Full: the reserve gives the room.
  ASSERT_TRUE(LeaveFree(disk, "filler2", kMiB / 4));
  EXPECT_TRUE(world.Get(other->name()).ok());
  EXPECT_LT(world.Status()->disk_reserve_bytes(), 16 * kMiB);
  EXPECT_TRUE(world.Erase(other->name()).ok());

  // The others take that too, until nothing is left to give back.
  for (int round = 0; round < 20 && world.Get(other->name()).ok(); ++round) {
    LeaveFree(disk, "filler3-" + std::to_string(round), 0);
  }
  const auto unrecorded = world.Get(other->name());
  EXPECT_EQ(ReasonOf(unrecorded.status()), Reason::STORE_FULL)
      << "what cannot be recorded is not read: " << unrecorded.status();
  EXPECT_TRUE(world.ReadReleased().ok());
  EXPECT_TRUE(world.Status()->ready()) << world.Status()->not_ready_reason();

  // Space comes back.
  for (const auto& file : std::filesystem::directory_iterator(disk.path(""))) {
    if (file.path().filename().string().starts_with("filler")) std::filesystem::remove(file);
  }
  const auto freed = std::chrono::steady_clock::now();
  EXPECT_TRUE(Eventually([&] { return world.Create().ok(); }));
  const std::chrono::duration<double> recovery = std::chrono::steady_clock::now() - freed;
  EXPECT_TRUE(world.Get(other->name()).ok());
  EXPECT_TRUE(Eventually([&] { return world.Status()->disk_reserve_bytes() == 16 * kMiB; }));
  EXPECT_EQ(world.Status()->disk_trouble(), "");
  fmt::print("disk full: free at refusal={} MiB, recovery={:.3f} s\n", free_at_refusal / kMiB,
             recovery.count());
  node->Signal(SIGTERM);
  EXPECT_EQ(node->Wait(), 0) << node->Output();
  EXPECT_EQ(world.Run({"verify", "--config", world.config})->Wait(), 0);
}

TEST(DiskReadOnlyTest, NothingIsAcknowledgedAnyMoreAndAStartIsRefused) {
  const TempDir logs;
  const SmallDisk disk(SmallDisk::Kind::kExt4, 320);
  if (!disk.mounted()) GTEST_SKIP() << "this user may not mount a file system";
  World world(logs);
  auto node = world.Serve();
  ASSERT_TRUE(world.Create().ok());
  ASSERT_TRUE(disk.Abort());
  const auto broken = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(ReasonOf(world.Create().status()), Reason::STORE_FAILED);
  }
  EXPECT_TRUE(Eventually([&] { return !world.Status()->ready(); }));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - broken;
  EXPECT_EQ(world.Status()->not_ready_reason(), "STORE_FAILED");
  EXPECT_TRUE(world.ReadReleased().ok()) << "what is there stays readable";
  EXPECT_NE(node->Output().find("event=store_failed"), std::string::npos) << node->Output();
  fmt::print("disk read-only: readiness off after {:.3f} s\n", seconds.count());
  node->Signal(SIGKILL);
  node->Wait();

  node = world.Run({"serve", "--config", world.config});
  EXPECT_EQ(node->Wait(), 1);
  EXPECT_NE(node->Output().find("STORE_FAILED"), std::string::npos) << node->Output();
  EXPECT_NE(node->Output().find("Read-only file system"), std::string::npos) << node->Output();
}

TEST(DiskLockTest, ASecondProcessOnTheDirectoryIsRefused) {
  const TempDir logs;
  World world(logs);
  const auto node = world.Serve();
  const auto second = world.Run({"serve", "--config", world.config});
  EXPECT_EQ(second->Wait(), 1);
  EXPECT_NE(second->Output().find("STORE_LOCKED"), std::string::npos) << second->Output();
  EXPECT_TRUE(world.Create().ok()) << "the first one is not disturbed";
}

// The certificates of this test are valid from 2020 to 2045.
TEST(ClockTest, AStartYearsAwayIsRefusedAndHarmsNothing) {
  if (!std::filesystem::exists(kFaketime)) GTEST_SKIP() << "faketime is not installed";
  const TempDir logs;
  World world(logs);
  std::string name;
  {
    const auto node = world.Serve();
    name = world.Create()->name();
    node->Signal(SIGTERM);
    EXPECT_EQ(node->Wait(), 0);
  }
  for (const char* when : {"2016-01-01", "2050-01-01"}) {
    Process refused(kFaketime, {when, world.program, "serve", "--config", world.config},
                    logs.path("away"));
    EXPECT_EQ(refused.Wait(), 1) << when;
    EXPECT_NE(refused.Output().find("tls"), std::string::npos) << refused.Output();
  }
  const auto node = world.Serve();
  EXPECT_TRUE(world.Get(name).ok());
  EXPECT_TRUE(world.Create().ok());
}

}  // namespace
}  // namespace enlace::testing
