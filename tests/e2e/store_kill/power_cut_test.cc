// Loss of power: a writer works on a file system inside an image, is stopped, and the image is
// copied as the disk would be found after power had gone. What only the page cache of that file
// system held is missing in the copy. Needs root, mkfs.ext4 and loop devices; skips without.
// ENLACE_POWER_CUTS sets the cuts of each form.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "tests/e2e/store_kill/writer_process.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

namespace enlace::store::kill {
namespace {

namespace fs = std::filesystem;

constexpr uintmax_t kImageBytes = 512 << 20;  // Sparse.
constexpr uint64_t kAcksPerCut = 20;
constexpr int kTriesMax = 50;
const std::vector<std::string> kWithoutSync = {"LD_PRELOAD=" FILE_CALLS, "ENLACE_NO_SYNC=1",
                                               "ASAN_OPTIONS=verify_asan_link_order=0"};

class PowerCutTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    // Mounts of our own, which end with this process however it ends.
    private_mounts_ = geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
                      mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  }
  void SetUp() override {
    if (!private_mounts_) GTEST_SKIP() << "needs root and mount namespaces";
    if (!fs::exists("/usr/sbin/mkfs.ext4")) GTEST_SKIP() << "needs mkfs.ext4 (package e2fsprogs)";
    if (!fs::exists("/dev/loop-control")) GTEST_SKIP() << "needs loop devices";
    MakeImage("disk");
    if (!Mount("disk")) GTEST_SKIP() << "a loop device cannot be mounted here";
  }
  void TearDown() override {
    for (const std::string& folder : mounted_) umount2(folder.c_str(), MNT_DETACH);
  }

  int Run(const std::string& program, const std::vector<std::string>& arguments) {
    return testing::Process(program, arguments, dir_.path("log")).Wait();
  }
  std::string ImageFile(const std::string& name) const { return dir_.path(name + ".img"); }
  void MakeImage(const std::string& name) {
    std::ofstream(ImageFile(name)).close();
    fs::resize_file(ImageFile(name), kImageBytes);
    ASSERT_EQ(Run("/usr/sbin/mkfs.ext4", {"-q", "-F", ImageFile(name)}), 0);
  }
  bool Mount(const std::string& name) {
    fs::create_directories(dir_.path(name));
    if (Run("/usr/bin/mount", {"-o", "loop", ImageFile(name), dir_.path(name)}) != 0) return false;
    mounted_.push_back(dir_.path(name));
    return true;
  }
  void Unmount(const std::string& name) {
    EXPECT_EQ(umount(dir_.path(name).c_str()), 0);
    std::erase(mounted_, dir_.path(name));
  }

  // The write counter of the loop device under a mount.
  std::string WritesOf(const std::string& name) const {
    std::ifstream mounts("/proc/self/mounts");
    for (std::string device, folder, rest; mounts >> device >> folder;) {
      std::getline(mounts, rest);
      if (folder != dir_.path(name)) continue;
      std::ifstream stat("/sys/block/" + fs::path(device).filename().string() + "/stat");
      std::string read_ios, read_merges, read_sectors, read_ms, write_ios, write_merges, sectors;
      stat >> read_ios >> read_merges >> read_sectors >> read_ms >> write_ios >> write_merges >>
          sectors;
      return write_ios + " " + sectors;
    }
    return "not mounted";
  }
  std::string Writes(const std::vector<std::string>& names) const {
    std::string all;
    for (const std::string& name : names) all += WritesOf(name) + ";";
    return all;
  }
  // Copies the images as they are at one moment: nothing was written meanwhile.
  bool CopyImages(const std::vector<std::string>& names) {
    for (int attempt = 0; attempt < kTriesMax; ++attempt) {
      const std::string before = Writes(names);
      for (const std::string& name : names) {
        if (Run("/usr/bin/cp", {"--sparse=always", ImageFile(name), ImageFile(name + "-cut")}) != 0)
          return false;
      }
      if (Writes(names) == before) return true;
    }
    return false;
  }

  static StoreOptions OptionsOn(const std::string& data, const std::string& anchor) {
    StoreOptions options;
    options.data_dir = data + "/data";
    options.anchor_path = anchor + "/anchor";
    return options;
  }

  // "whole", or what is wrong. In both forms of the trial nothing may be wrong but in the one
  // whose disk lies.
  static std::string Outcome(const StoreOptions& options, uint64_t seed, const Journal& journal) {
    SystemClock clock;
    const auto store = Store::Open(options, clock);
    if (!store.ok()) return "refused";
    const auto reader = (*store)->Read();
    Rows expected;
    for (int writer = 0; writer < kWriters; ++writer) {
      const StatusOr<uint64_t> last = LastBatch(*reader, writer);
      if (!last.ok()) return "refused";
      const uint64_t acknowledged = journal.at(static_cast<size_t>(writer));
      if (*last < acknowledged) return "lost";
      if (*last > acknowledged + 1) return "never begun";
      expected.merge(WriterRows(seed, writer, *last));
    }
    const StatusOr<Rows> found = ReadAll(*reader);
    if (!found.ok()) return "refused";
    return *found == expected && (*store)->VerifyRows().ok() ? "whole" : "half";
  }

  static bool AllThreadsStand(const WriterProcess& writer) {
    for (const auto& task : fs::directory_iterator(fmt::format("/proc/{}/task", writer.pid()))) {
      const std::string stat = testing::TempDir::Read(task.path().string() + "/stat");
      const size_t end = stat.rfind(')');
      if (end == std::string::npos || stat.size() < end + 3 || stat[end + 2] != 'T') return false;
    }
    return true;
  }

  // Cuts the power `cuts` times and tells what was found, by outcome.
  std::map<std::string, uint64_t> Cut(const std::vector<std::string>& disks,
                                      const std::vector<std::string>& environment, uint64_t cuts) {
    std::map<std::string, uint64_t> outcomes;
    const StoreOptions options = OptionsOn(dir_.path(disks.front()), dir_.path(disks.back()));
    EXPECT_TRUE(Store::Create(options, SomeMeta()).ok());
    Journal journal{};
    WriterProcess writer(options, seed_, environment);
    for (uint64_t cut = 0; cut < cuts && !HasFatalFailure(); ++cut) {
      const uint64_t before = figures_.acks;
      EXPECT_TRUE(testing::Eventually([&] {
        ReadJournal(writer.ReadNow(), journal, figures_);
        return figures_.acks >= before + kAcksPerCut;
      }));
      poll(nullptr, 0, static_cast<int>(random_() % 200));  // The cut itself waits for nothing.
      writer.Signal(SIGSTOP);
      EXPECT_TRUE(testing::Eventually([&] { return AllThreadsStand(writer); }));
      ReadJournal(writer.ReadNow(), journal, figures_);
      EXPECT_TRUE(CopyImages(disks));
      writer.Signal(SIGCONT);
      for (const std::string& disk : disks) EXPECT_TRUE(Mount(disk + "-cut"));
      ++outcomes[Outcome(
          OptionsOn(dir_.path(disks.front() + "-cut"), dir_.path(disks.back() + "-cut")), seed_,
          journal)];
      for (const std::string& disk : disks) Unmount(disk + "-cut");
    }
    return outcomes;
  }
  void Print(const std::string& form, const std::map<std::string, uint64_t>& outcomes) const {
    fmt::print("power cut: form={} seed={} acks={}", form, seed_, figures_.acks);
    for (const auto& [outcome, count] : outcomes) fmt::print(" {}={}", outcome, count);
    fmt::print("\n");
  }

  static inline bool private_mounts_ = false;
  const uint64_t seed_ = TestSeed();
  const uint64_t cuts_ = Setting("ENLACE_POWER_CUTS", 2);
  std::mt19937_64 random_{seed_};
  testing::TempDir dir_;
  std::vector<std::string> mounted_;
  Figures figures_;
};

TEST_F(PowerCutTest, NothingAcknowledgedIsLostWithTheAnchorOnTheSameDisk) {
  const auto outcomes = Cut({"disk"}, {}, cuts_);
  Print("same_disk", outcomes);
  EXPECT_EQ(outcomes, (std::map<std::string, uint64_t>{{"whole", cuts_}})) << "seed " << seed_;
}

TEST_F(PowerCutTest, NothingAcknowledgedIsLostWithTheAnchorOnAnotherDisk) {
  MakeImage("anchor");
  ASSERT_TRUE(Mount("anchor"));
  const auto outcomes = Cut({"disk", "anchor"}, {}, cuts_);
  Print("other_disk", outcomes);
  EXPECT_EQ(outcomes, (std::map<std::string, uint64_t>{{"whole", cuts_}})) << "seed " << seed_;
}

TEST_F(PowerCutTest, ADiskThatOnlySaysThatItSyncsIsCaught) {
  auto outcomes = Cut({"disk"}, kWithoutSync, cuts_);
  Print("control_without_sync", outcomes);
  const uint64_t detected = cuts_ - outcomes["whole"];
  fmt::print("power cut: control detected={} of cuts={}\n", detected, cuts_);
  EXPECT_GE(detected * 10, cuts_ * 9) << "a trial that passes without syncs proves nothing";
}

}  // namespace
}  // namespace enlace::store::kill
