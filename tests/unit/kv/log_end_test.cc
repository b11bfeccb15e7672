// Where the records of a log end, against logs that are cut, torn and damaged by seed.
#include "node/kv/log_end.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "node/base/bytes.h"

namespace enlace::kv {
namespace {

constexpr size_t kHeader = 7;
constexpr size_t kSector = 512;
constexpr unsigned kSeed = 20261129;

// Writes records as RocksDB's log writer does.
class WrittenLog {
 public:
  void Add(std::string_view payload) {
    bool begins = true;
    do {
      const size_t left = kLogBlockBytes - bytes_.size() % kLogBlockBytes;
      if (left < kHeader) {
        for (size_t i = 0; i < left; ++i) padding_.insert(bytes_.size() + i);
        bytes_.append(left, '\0');
        continue;
      }
      const size_t some = std::min(payload.size(), left - kHeader);
      const bool ends = some == payload.size();
      const char type = begins ? (ends ? 1 : 2) : (ends ? 4 : 3);
      AddPart(type, payload.substr(0, some));
      payload.remove_prefix(some);
      begins = false;
      if (ends) break;
    } while (true);
    ends_.push_back(bytes_.size());
  }
  const std::string& bytes() const { return bytes_; }
  // Whether the byte is of no record, but fills a block.
  bool IsPadding(size_t place) const { return padding_.contains(place); }
  // The end of the last record that ends at or before `place`.
  size_t WholeBefore(size_t place) const {
    const auto after = std::upper_bound(ends_.begin(), ends_.end(), place);
    return after == ends_.begin() ? 0 : *std::prev(after);
  }

 private:
  void AddPart(char type, std::string_view part) {
    const uint32_t crc = Crc32c(part, Crc32c(std::string(1, type)));
    const uint32_t masked = ((crc >> 15U) | (crc << 17U)) + 0xa282ead8U;
    for (unsigned shift = 0; shift < 32; shift += 8) {
      bytes_ += static_cast<char>(masked >> shift & 0xffU);
    }
    bytes_ += static_cast<char>(part.size() & 0xffU);
    bytes_ += static_cast<char>(part.size() >> 8U);
    bytes_ += type;
    bytes_ += part;
  }

  std::string bytes_;
  std::vector<size_t> ends_;
  std::set<size_t> padding_;
};

LogEnd EndOf(std::string_view file) {
  LogEnd end;
  while (!file.empty()) {
    const std::string_view block = file.substr(0, kLogBlockBytes);
    end.Take(block);
    file.remove_prefix(block.size());
  }
  return end;
}

std::string Payload(std::mt19937& random, size_t bytes) {
  std::string payload(bytes, '\0');
  for (char& byte : payload) byte = static_cast<char>(random() & 0xffU);
  return payload;
}

// Mostly small records, sometimes one over several blocks.
WrittenLog MakeLog(std::mt19937& random, int records) {
  WrittenLog log;
  for (int i = 0; i < records; ++i) {
    log.Add(Payload(random, random() % 20 == 0 ? random() % 100'000 : random() % 2'000));
  }
  return log;
}

TEST(LogEndTest, AnEmptyFileHasNoTail) {
  EXPECT_EQ(LogEnd().Tail(), LogTail::kNone);
  EXPECT_EQ(LogEnd().bytes(), 0u);
}

TEST(LogEndTest, AFileOfZerosIsSpace) {
  const LogEnd end = EndOf(std::string(3 * kLogBlockBytes, '\0'));
  EXPECT_EQ(end.Tail(), LogTail::kSpace);
  EXPECT_EQ(end.bytes(), 0u);
}

TEST(LogEndTest, RecordsUpToTheEndOfTheFileHaveNoTail) {
  std::mt19937 random(kSeed);
  for (int round = 0; round < 50; ++round) {
    const WrittenLog log = MakeLog(random, 1 + round);
    const LogEnd end = EndOf(log.bytes());
    ASSERT_EQ(end.Tail(), LogTail::kNone) << round;
    ASSERT_EQ(end.bytes(), log.bytes().size());
  }
}

TEST(LogEndTest, ZerosBehindWholeRecordsAreSpace) {
  std::mt19937 random(kSeed);
  for (int round = 0; round < 100; ++round) {
    const WrittenLog log = MakeLog(random, 1 + round % 30);
    const LogEnd end = EndOf(log.bytes() + std::string(1 + random() % 100'000, '\0'));
    ASSERT_EQ(end.Tail(), LogTail::kSpace) << round;
    ASSERT_EQ(end.bytes(), log.bytes().size());
  }
}

TEST(LogEndTest, ARecordThatTheEndOfTheFileCutsOffIsLeftForTheReaderOfTheLog) {
  std::mt19937 random(kSeed);
  const WrittenLog log = MakeLog(random, 40);
  for (int round = 0; round < 500; ++round) {
    const size_t bytes = random() % log.bytes().size();
    const LogEnd end = EndOf(log.bytes().substr(0, bytes));
    ASSERT_EQ(end.Tail(), LogTail::kNone) << bytes;
    ASSERT_EQ(end.bytes(), bytes);
  }
}

// What a loss of power can leave: any of the sectors that were being written, the others as they
// were before, which is zeros.
TEST(LogEndTest, AWriteOfWhichSectorsAreMissingIsTornAndAllBeforeItIsWhole) {
  std::printf("seed %u\n", kSeed);
  std::mt19937 random(kSeed);
  int torn = 0;
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    WrittenLog log = MakeLog(random, 1 + static_cast<int>(random() % 5));
    const size_t synced = log.bytes().size();
    const int together = 1 + static_cast<int>(random() % 4);
    for (int i = 0; i < together; ++i) log.Add(Payload(random, random() % 5'000));
    std::string file = log.bytes() + std::string(kLogBlockBytes, '\0');
    const uint64_t odds = 1 + random() % 9;  // Of ten sectors so many are reached.
    size_t first_lost = log.bytes().size();
    bool lost_much = false;
    for (size_t at = synced; at < log.bytes().size();) {
      const size_t sector_end = std::min(log.bytes().size(), (at / kSector + 1) * kSector);
      if (random() % 10 >= odds) {
        std::fill(file.begin() + static_cast<std::ptrdiff_t>(at),
                  file.begin() + static_cast<std::ptrdiff_t>(sector_end), '\0');
        first_lost = std::min(first_lost, at);
        lost_much = lost_much || sector_end - at >= 8;
      }
      at = sector_end;
    }
    const LogEnd end = EndOf(file);
    const size_t whole = log.WholeBefore(first_lost);
    ASSERT_GE(whole, synced);
    if (end.Tail() == LogTail::kDamaged) {
      ++refused;
      ASSERT_FALSE(lost_much) << "round " << round;
    } else {
      torn += end.Tail() == LogTail::kTorn ? 1 : 0;
      ASSERT_NE(end.Tail(), LogTail::kNone) << "round " << round;
    }
    ASSERT_EQ(end.bytes(), whole) << "round " << round;
  }
  std::printf("torn=%d refused=%d\n", torn, refused);
  EXPECT_GT(torn, 10'000);
  EXPECT_LT(refused, 100) << "losses of a few bytes only";
}

TEST(LogEndTest, AFlippedBitIsDamageAndNothingBehindItIsRead) {
  std::printf("seed %u\n", kSeed);
  std::mt19937 random(kSeed);
  int torn = 0;
  constexpr int kRounds = 5'000;
  const WrittenLog log = MakeLog(random, 60);
  for (int round = 0; round < kRounds; ++round) {
    std::string file = log.bytes() + std::string(random() % 2 * kLogBlockBytes, '\0');
    const size_t place = random() % log.bytes().size();
    file[place] = static_cast<char>(file[place] ^ (1 << random() % 8));
    const LogEnd end = EndOf(file);
    if (log.IsPadding(place)) continue;
    ASSERT_NE(end.Tail(), LogTail::kSpace) << round;
    // The last record's length may now lead beyond the end of a file without space.
    if (end.Tail() == LogTail::kNone) {
      ASSERT_EQ(file.size(), log.bytes().size()) << round;
      continue;
    }
    torn += end.Tail() == LogTail::kTorn ? 1 : 0;
    ASSERT_LE(end.bytes(), place) << round;
  }
  std::printf("taken for torn=%d of %d\n", torn, kRounds);
  EXPECT_LE(torn, kRounds / 500);
}

TEST(LogEndTest, AHoleInTheMiddleIsNeverPassedOver) {
  std::mt19937 random(kSeed);
  WrittenLog log;
  for (int i = 0; i < 100; ++i) log.Add(Payload(random, 1'000));
  for (int round = 0; round < 200; ++round) {
    std::string file = log.bytes();
    const size_t from = random() % (file.size() - kLogBlockBytes);
    const size_t bytes = kSector + random() % kLogBlockBytes;
    std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(from),
                std::min(bytes, file.size() - from), '\0');
    const LogEnd end = EndOf(file);
    ASSERT_TRUE(end.Tail() == LogTail::kTorn || end.Tail() == LogTail::kDamaged) << round;
    ASSERT_EQ(end.bytes(), log.WholeBefore(from)) << round;
  }
}

// As RocksDB begins a batch.
std::string Batch(uint64_t sequence, uint64_t rows, size_t bytes) {
  std::string batch;
  for (unsigned shift = 0; shift < 64; shift += 8) batch += static_cast<char>(sequence >> shift);
  for (unsigned shift = 0; shift < 32; shift += 8) batch += static_cast<char>(rows >> shift);
  return batch + std::string(bytes, 'x');
}

TEST(LogEndTest, TellsWhichRowsTheWholeRecordsHold) {
  EXPECT_FALSE(EndOf(std::string(100, '\0')).rows().has_value());
  // Also where a block ends within what says so.
  for (size_t left = 0; left < 30; ++left) {
    WrittenLog log;
    log.Add(Batch(1'000, 300, kLogBlockBytes - 12 - kHeader - left));
    log.Add(Batch(1'300, 2, 40'000));
    const size_t whole = log.bytes().size();
    log.Add(Batch(1'302, 5, 2'000));
    const LogEnd all = EndOf(log.bytes() + std::string(kLogBlockBytes, '\0'));
    ASSERT_TRUE(all.rows().has_value());
    EXPECT_EQ(all.rows()->first, 1'000u) << left;
    EXPECT_EQ(all.rows()->next, 1'307u) << left;
    const LogEnd torn = EndOf(log.bytes().substr(0, whole + 500) + std::string(4'000, '\0'));
    EXPECT_EQ(torn.rows()->next, 1'302u) << left;
  }
}

TEST(LogEndTest, AnyBytesHaveAnEnd) {
  std::mt19937 random(kSeed);
  for (int round = 0; round < 2'000; ++round) {
    const std::string file = Payload(random, random() % 3'000);
    const LogEnd end = EndOf(file);
    ASSERT_LE(end.bytes(), file.size());
  }
}

}  // namespace
}  // namespace enlace::kv
