// store_kill_writer DATA_DIR ANCHOR SEED: writes with eight threads until it is killed.
// Prints "open" when the store is open and "WRITER BATCH" after each acknowledged batch.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>
#include <vector>

#include "tests/e2e/store_kill/rows.h"

namespace {

// One write call a line: whole lines reach the pipe, in the order of their writer.
void Print(const std::string& line) {
  if (write(STDOUT_FILENO, line.data(), line.size()) < 0) std::_Exit(4);
}

void RunWriter(enlace::store::Store& store, uint64_t seed, int writer) {
  namespace kill = enlace::store::kill;
  auto last = kill::LastBatch(*store.Read(), writer);
  if (!last.ok()) std::_Exit(3);
  for (uint64_t batch = *last + 1;; ++batch) {
    const enlace::Status status = kill::WriteBatch(store, seed, writer, batch);
    if (!status.ok()) {
      Print("failed " + enlace::MessageOf(status) + "\n");
      std::_Exit(3);
    }
    Print(fmt::format("{} {}\n", writer, batch));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  enlace::SystemClock clock;
  enlace::store::StoreOptions options;
  options.data_dir = argv[1];
  options.anchor_path = argv[2];
  enlace::store::OpenReport report;
  const auto store = enlace::store::Store::Open(options, clock, &report);
  if (!store.ok()) {
    Print("refused " + enlace::MessageOf(store.status()) + "\n");
    return 1;
  }
  Print(report.repaired ? "open repaired\n" : "open\n");
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < enlace::store::kill::kWriters; ++writer) {
    writers.emplace_back(
        [&, writer] { RunWriter(**store, std::strtoull(argv[3], nullptr, 10), writer); });
  }
}
