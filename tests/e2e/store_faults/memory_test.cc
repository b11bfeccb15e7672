// A process that gets no more memory: it dies whole or refuses, and what it acknowledged is there.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/e2e/store_faults/faults_fixture.h"

namespace enlace::store::faults {
namespace {

constexpr long kPoints = 24;  // Of the short form; ENLACE_STORE_MEMORY_POINTS sets another number.
constexpr int kKilled = -1;   // The exit code of a process that ended by a signal.

class StoreMemoryTest : public StoreFaultsFixture {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer hands out memory of its own";
#endif
  }
  void CheckAfter(const Said& said, const std::string& name) {
    EXPECT_FALSE(said.wrote_again) << name;
    EXPECT_FALSE(said.read_wrong) << name;
    died_ += code_ == kKilled ? 1 : 0;
    refused_ += code_ > 0 ? 1 : 0;  // Also by the loader.
    whole_ += code_ == 0 ? 1 : 0;
    ++figures_.pairs;
    Check(said, name, figures_);
  }
  void Print(const char* what) const {
    fmt::print(
        "store memory: {} trials={} died={} refused={} unharmed={} acks={} lost={} half={}\n", what,
        figures_.pairs, died_, refused_, whole_, figures_.acks, figures_.lost, figures_.half);
  }

  Figures figures_;
  int died_ = 0;
  int refused_ = 0;
  int whole_ = 0;
};

TEST_F(StoreMemoryTest, NothingAcknowledgedIsLostFromWhicheverRequestOnMemoryIsRefused) {
  const Said undisturbed =
      RunIn({{"LD_PRELOAD", STORE_MEMORY_FAULTS}, {"ENLACE_MEMORY_COUNT", dir_.path("count")}}, {});
  ASSERT_TRUE(undisturbed.closed);
  const long count = std::strtol(testing::TempDir::Read(dir_.path("count")).c_str(), nullptr, 10);
  ASSERT_GT(count, 10'000) << "the library was not asked";
  const auto points = static_cast<long>(
      kill::Setting("ENLACE_STORE_MEMORY_POINTS", static_cast<uint64_t>(kPoints)));
  for (long point = 0; point < points; ++point) {
    const long at = 1 + point * (count - 1) / points;
    const Said said =
        RunIn({{"LD_PRELOAD", STORE_MEMORY_FAULTS}, {"ENLACE_MEMORY_AT", std::to_string(at)}}, {});
    CheckAfter(said, fmt::format("no memory from request {} of {} on", at, count));
  }
  Print("malloc");
  EXPECT_GT(died_ + refused_, points / 2) << "memory was hardly missed";
  EXPECT_GT(figures_.acks, 0u);
}

TEST_F(StoreMemoryTest, NothingAcknowledgedIsLostInASmallAddressSpace) {
  for (int mib = 60; mib <= 420; mib += 40) {
    const Said said = RunIn({}, {"/usr/bin/prlimit", fmt::format("--as={}", mib << 20)}, true);
    CheckAfter(said, fmt::format("{} MiB of addresses", mib));
  }
  Print("address space");
  EXPECT_GT(died_ + refused_, 0);
}

}  // namespace
}  // namespace enlace::store::faults
