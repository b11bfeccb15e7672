// store_faults_writer DATA_DIR ANCHOR SEED BATCHES [big]: opens a store, writes BATCHES batches
// with each of two threads, reads and verifies all, closes, and ends. Says on one line each, before
// and after it happens:
//   open | refused REASON
//   ask WRITER BATCH, then: ack WRITER BATCH | failed WRITER BATCH REASON
//   again REASON          a write tried after a failed one; OK would be a fault of the store
//   read REASON (WRONG: answered, and not what was written), verify REASON, health REASON
//   closed
// "big" also writes enough to make the database write a file of rows while it runs.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>
#include <vector>

#include "tests/e2e/store_faults/big_rows.h"
#include "tests/e2e/store_kill/rows.h"

namespace enlace::store::faults {
namespace {

constexpr int kThreads = 2;

// One write call a line.
void Say(const std::string& line) {
  if (write(STDOUT_FILENO, (line + "\n").data(), line.size() + 1) < 0) std::_Exit(4);
}

std::string Word(const Status& status) {
  return status.ok() ? "OK" : std::string(ReasonName(ReasonOf(status)));
}

void WriteSome(Store& store, uint64_t seed, int writer, uint64_t batches) {
  const auto last = kill::LastBatch(*store.Read(), writer);
  if (!last.ok()) return Say(fmt::format("failed {} 0 {}", writer, Word(last.status())));
  for (uint64_t batch = *last + 1; batch <= *last + batches; ++batch) {
    Say(fmt::format("ask {} {}", writer, batch));
    const Status status = kill::WriteBatch(store, seed, writer, batch);
    if (!status.ok()) {
      Say(fmt::format("failed {} {} {}", writer, batch, Word(status)));
      Say("again " + Word(kill::WriteBatch(store, seed, writer, batch)));
      return;
    }
    Say(fmt::format("ack {} {}", writer, batch));
  }
}

void WriteBig(Store& store) {
  for (int part = 0; part < kBigParts; ++part) {
    Say(fmt::format("ask {} {}", kBigWriter, part + 1));
    const Status status = WriteBigPart(store, part);
    Say(status.ok() ? fmt::format("ack {} {}", kBigWriter, part + 1)
                    : fmt::format("failed {} {} {}", kBigWriter, part + 1, Word(status)));
  }
}

// OK, the reason, or WRONG when rows are answered that are not what was written.
std::string ReadAndCompare(Store& store, uint64_t seed) {
  const auto reader = store.Read();
  kill::Rows expected;
  for (int writer = 0; writer < kThreads; ++writer) {
    const auto last = kill::LastBatch(*reader, writer);
    if (!last.ok()) return Word(last.status());
    expected.merge(kill::WriterRows(seed, writer, *last));
  }
  auto found = kill::ReadAll(*reader);
  if (!found.ok()) return Word(found.status());
  std::erase_if(*found, [](const auto& row) { return row.first.starts_with(kBigPrefix); });
  return *found == expected ? "OK" : "WRONG";
}

int Run(const StoreOptions& options, uint64_t seed, uint64_t batches, bool big) {
  SystemClock clock;
  const auto store = Store::Open(options, clock);
  if (!store.ok()) {
    Say("refused " + Word(store.status()));
    return 1;
  }
  Say("open");
  if (big) WriteBig(**store);
  {
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < kThreads; ++writer) {
      threads.emplace_back([&, writer] { WriteSome(**store, seed, writer, batches); });
    }
  }
  Say("read " + ReadAndCompare(**store, seed));
  Say("verify " + Word((*store)->VerifyRows().status()));
  Say("health " + Word((*store)->Health()));
  return 0;
}

}  // namespace
}  // namespace enlace::store::faults

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  enlace::store::StoreOptions options;
  options.data_dir = argv[1];
  options.anchor_path = argv[2];
  const int code = enlace::store::faults::Run(options, std::strtoull(argv[3], nullptr, 10),
                                              std::strtoull(argv[4], nullptr, 10), argc > 5);
  if (code == 0) enlace::store::faults::Say("closed");
  return code;
}
