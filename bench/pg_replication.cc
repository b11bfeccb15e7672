#include "bench/pg_replication.h"

#include <poll.h>

#include <algorithm>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "bench/load.h"
#include "bench/output.h"
#include "bench/pg_cases.h"

namespace enlace::bench {
namespace {

void WaitFor(PgConnection& database, const std::string& question, const std::string& answer) {
  while (database.Run(question).Text(0, 0) != answer) poll(nullptr, 0, 1);
}

void Unsubscribe(PgConnection& publisher, PgConnection& replica) {
  replica.Run("DROP SUBSCRIPTION IF EXISTS follow");
  publisher.Run("DROP PUBLICATION IF EXISTS lead");
}

// Both tables empty, the publication there.
void BeginReplication(PgConnection& publisher, PgConnection& replica) {
  Unsubscribe(publisher, replica);
  MakeCasesTable(publisher);
  MakeCasesTable(replica);
  publisher.Run("CREATE PUBLICATION lead FOR TABLE cases");
}

void Subscribe(PgConnection& replica, const std::string& publisher) {
  std::string quoted;
  for (const char c : publisher) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  replica.Run("CREATE SUBSCRIPTION follow CONNECTION '" + quoted +
              "' PUBLICATION lead WITH (synchronous_commit = on)");
}

constexpr char kCount[] = "SELECT count(*) FROM cases";
constexpr char kReady[] = "SELECT count(*) FROM pg_subscription_rel WHERE srsubstate = 'r'";

}  // namespace

void PgCatchUp(const PgOptions& options) {
  PgConnection publisher(options.conninfo);
  PgConnection replica(options.replica);
  BeginReplication(publisher, replica);
  CopyCases(publisher, options.seed, 0, options.records);
  const double begin = SecondsNow();
  Subscribe(replica, options.conninfo);
  WaitFor(replica, "SELECT count(*) FROM pg_subscription_rel WHERE srsubstate IN ('s', 'r')", "1");
  Figure("rate", static_cast<double>(options.records) / (SecondsNow() - begin), "changes/s");
  Unsubscribe(publisher, replica);
}

void PgResume(const PgOptions& options) {
  PgConnection publisher(options.conninfo);
  PgConnection replica(options.replica);
  BeginReplication(publisher, replica);
  Subscribe(replica, options.conninfo);
  WaitFor(replica, kReady, "1");
  replica.Run("ALTER SUBSCRIPTION follow DISABLE");
  constexpr uint64_t kTransaction = 10'000;
  for (uint64_t first = 0; first < options.records; first += kTransaction) {
    CopyCases(publisher, options.seed, first, std::min(first + kTransaction, options.records));
  }
  const std::string last = fmt::format("SELECT count(*) FROM cases WHERE id = '{}'",
                                       CaseId(options.seed, options.records - 1));
  const double begin = SecondsNow();
  replica.Run("ALTER SUBSCRIPTION follow ENABLE");
  WaitFor(replica, last, "1");
  Figure("rate", static_cast<double>(options.records) / (SecondsNow() - begin), "changes/s");
  if (replica.Run(kCount).Text(0, 0) != std::to_string(options.records)) Die("changes are missing");
  Unsubscribe(publisher, replica);
}

void PgPropagate(const PgOptions& options) {
  PgConnection publisher(options.conninfo);
  PgConnection replica(options.replica);
  BeginReplication(publisher, replica);
  Subscribe(replica, options.conninfo);
  WaitFor(replica, kReady, "1");
  publisher.Prepare("put", InsertStatement());
  const auto changes = static_cast<size_t>(options.seconds * options.rate);
  std::vector<double> visible(changes);
  std::jthread watcher([&] {
    PgConnection look(options.replica);
    look.Prepare("held", kCount);
    for (size_t seen = 0; seen < changes;) {
      const size_t held = std::stoul(look.RunPrepared("held", {}).Text(0, 0));
      for (const double now = SecondsNow(); seen < std::min(held, changes); ++seen) {
        visible[seen] = now;
      }
    }
  });
  RecordMaker maker(options.seed);
  std::vector<double> sent(changes);
  const double begin = SecondsNow();
  for (size_t i = 0; i < changes; ++i) {
    const double due = begin + static_cast<double>(i) / options.rate;
    while (SecondsNow() < due) poll(nullptr, 0, 1);
    sent[i] = SecondsNow();
    publisher.RunPrepared("put", InsertValues(maker, maker.Next(), CaseId(options.seed, i)));
  }
  watcher.join();
  std::vector<double> times_ms;
  for (size_t i = 0; i < changes; ++i) times_ms.push_back((visible[i] - sent[i]) * 1e3);
  std::sort(times_ms.begin(), times_ms.end());
  Figure("send_to_visible.p50", times_ms[changes / 2], "ms");
  Figure("send_to_visible.p99", times_ms[changes * 99 / 100], "ms");
  Unsubscribe(publisher, replica);
}

}  // namespace enlace::bench
