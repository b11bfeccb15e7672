#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/e2e/store_faults/trial.h"

namespace enlace::store::faults {

inline constexpr uint64_t kBatches = 3;      // Of each writer in one run.
inline constexpr uint64_t kBaseBatches = 4;  // Of each writer before it.

class StoreFaultsFixture : public ::testing::Test {
 protected:
  // A store with rows in files and in the log, which every trial begins with.
  StoreFaultsFixture() {
    SetOptions("base");
    std::filesystem::create_directory(dir_.path("base"));
    EXPECT_TRUE(Store::Create(options_, kill::SomeMeta()).ok());
    for (uint64_t batch = 1; batch <= kBaseBatches; ++batch) {
      const auto store = Store::Open(options_, clock_).value();
      for (int writer = 0; writer < 2; ++writer) {
        EXPECT_TRUE(kill::WriteBatch(*store, seed_, writer, batch).ok());
      }
    }
  }

  void SetOptions(const std::string& name) {
    options_.data_dir = dir_.path(name) + "/data";
    options_.anchor_path = dir_.path(name) + "/anchor";
  }

  // Runs the writer on a fresh copy of the base; what it said.
  Said Run(const Fault& fault, bool big = false) {
    std::filesystem::remove_all(dir_.path("trial"));
    std::filesystem::remove(dir_.path("trace"));
    std::filesystem::copy(dir_.path("base"), dir_.path("trial"),
                          std::filesystem::copy_options::recursive);
    SetOptions("trial");
    const Environment environment({{"LD_PRELOAD", STORE_DISK_FAULTS},
                                   {"ASAN_OPTIONS", "verify_asan_link_order=0"},
                                   {"ENLACE_FAULT_PATH", dir_.path("trial")},
                                   {"ENLACE_FAULT_CALL", fault.call},
                                   {"ENLACE_FAULT_AT", std::to_string(fault.at)},
                                   {"ENLACE_FAULT_ERRNO", std::to_string(fault.error)},
                                   {"ENLACE_FAULT_MODE", fault.mode},
                                   {"ENLACE_FAULT_TRACE", dir_.path("trace")}});
    std::vector<std::string> arguments = {options_.data_dir, options_.anchor_path,
                                          std::to_string(seed_), std::to_string(kBatches)};
    if (big) arguments.push_back("big");
    testing::Process writer(STORE_FAULTS_WRITER, arguments, dir_.path("said"));
    code_ = writer.Wait();
    trace_ = ReadTrace(dir_.path("trace"));
    return ReadSaid(writer.Output());
  }

  const uint64_t seed_ = kill::TestSeed();
  testing::TempDir dir_;
  SystemClock clock_;
  StoreOptions options_;
  Trace trace_;   // Of the last run.
  int code_ = 0;  // Its exit code; -1 when it crashed or did not end.
};

}  // namespace enlace::store::faults
