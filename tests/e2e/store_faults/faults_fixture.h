#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/e2e/store_faults/trial.h"

namespace enlace::store::faults {

inline constexpr uint64_t kBatches = 3;      // Of each writer in one run.
inline constexpr uint64_t kBaseBatches = 4;  // Of each writer before it.

struct Figures {
  uint64_t pairs = 0, struck = 0, acks = 0, lost = 0, wrong = 0, half = 0, again = 0, retried = 0,
           told = 0, refused_restarts = 0;
};

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

  // Runs the writer over the recorder on a fresh copy of the base; what it said.
  Said Run(const Fault& fault, bool big = false) {
    return RunIn({{"LD_PRELOAD", STORE_DISK_FAULTS},
                  {"ENLACE_FAULT_PATH", dir_.path("trial")},
                  {"ENLACE_FAULT_CALL", fault.call},
                  {"ENLACE_FAULT_AT", std::to_string(fault.at)},
                  {"ENLACE_FAULT_ERRNO", std::to_string(fault.error)},
                  {"ENLACE_FAULT_MODE", fault.mode},
                  {"ENLACE_FAULT_TRACE", dir_.path("trace")}},
                 {}, big);
  }
  // The same under `settings`, started by `command` if that is not empty.
  Said RunIn(std::map<std::string, std::string> settings, std::vector<std::string> command,
             bool big = false) {
    std::filesystem::remove_all(dir_.path("trial"));
    std::filesystem::remove(dir_.path("trace"));
    std::filesystem::copy(dir_.path("base"), dir_.path("trial"),
                          std::filesystem::copy_options::recursive);
    SetOptions("trial");
    settings["ASAN_OPTIONS"] = "verify_asan_link_order=0";
    const Environment environment(settings);
    for (const std::string& argument :
         {std::string(STORE_FAULTS_WRITER), options_.data_dir, options_.anchor_path,
          std::to_string(seed_), std::to_string(kBatches)}) {
      command.push_back(argument);
    }
    if (big) command.push_back("big");
    testing::Process writer(command.front(), {command.begin() + 1, command.end()},
                            dir_.path("said"));
    code_ = writer.Wait();
    hangs_ = writer.Running();
    trace_ = ReadTrace(dir_.path("trace"));
    return ReadSaid(writer.Output());
  }

  // Compares what a start without the fault finds with what was said.
  void Check(const Said& said, const std::string& name, Figures& figures) {
    const auto store = Store::Open(options_, clock_);
    if (!store.ok()) {
      ++figures.refused_restarts;
      ADD_FAILURE() << name << ": " << store.status().ToString();
      return;
    }
    const auto reader = (*store)->Read();
    kill::Rows expected;
    for (int writer = 0; writer < 2; ++writer) {
      const uint64_t last = kill::LastBatch(*reader, writer).value();
      const auto acknowledged = said.acknowledged.find(writer);
      const uint64_t least =
          acknowledged == said.acknowledged.end() ? kBaseBatches : acknowledged->second;
      const auto asked = said.asked.find(writer);
      const uint64_t most = asked == said.asked.end() ? kBaseBatches : asked->second;
      if (last < least) figures.lost += least - last;
      if (last > most) ++figures.wrong;
      figures.acks += least - kBaseBatches;
      EXPECT_GE(last, least) << name << ": acknowledged and lost";
      EXPECT_LE(last, most) << name << ": never asked for";
      expected.merge(kill::WriterRows(seed_, writer, last));
    }
    kill::Rows found = kill::ReadAll(*reader).value();
    CheckBig(said, found, name, figures);
    if (found != expected) {
      ++figures.half;
      ADD_FAILURE() << name << ": rows are missing or too many";
    }
    EXPECT_TRUE((*store)->VerifyRows().ok()) << name;
    EXPECT_TRUE(kill::WriteBatch(**store, seed_, 0, kill::LastBatch(*reader, 0).value() + 1).ok())
        << name << ": a start without the fault takes writes";
  }

  // Takes the big rows out of `found`: whole parts, and at least the acknowledged ones.
  static void CheckBig(const Said& said, kill::Rows& found, const std::string& name,
                       Figures& figures) {
    const auto acknowledged = said.acknowledged.find(kBigWriter);
    const uint64_t least = acknowledged == said.acknowledged.end() ? 0 : acknowledged->second;
    for (int part = 0; part < kBigParts; ++part) {
      int rows = 0;
      for (int row = 0; row < kBigRows; ++row) {
        const auto it = found.find(BigKey(part, row));
        if (it == found.end()) continue;
        EXPECT_EQ(it->second, BigValue(part, row)) << name;
        found.erase(it);
        ++rows;
      }
      if (rows != 0 && rows != kBigRows) ++figures.half;
      if (rows == 0 && static_cast<uint64_t>(part) < least) ++figures.lost;
      EXPECT_TRUE(rows == kBigRows || (rows == 0 && static_cast<uint64_t>(part) >= least)) << name;
    }
  }

  const uint64_t seed_ = kill::TestSeed();
  testing::TempDir dir_;
  SystemClock clock_;
  StoreOptions options_;
  Trace trace_;   // Of the last run.
  int code_ = 0;  // Its exit code; -1 when it crashed or did not end.
  bool hangs_ = false;
};

}  // namespace enlace::store::faults
