// pg-bench: the measures of enlace-bench, made of PostgreSQL. Same records, same figures.
#include <poll.h>

#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "CLI/CLI.hpp"
#include "bench/load.h"
#include "bench/output.h"
#include "bench/pg_cases.h"
#include "bench/pg_replication.h"

#include <fmt/format.h>

namespace enlace::bench {
namespace {

using Options = PgOptions;
using Connections = std::vector<std::unique_ptr<PgConnection>>;

Connections Connect(const Options& options, const std::string& name, const std::string& sql) {
  Connections connections;
  for (int i = 0; i < options.clients; ++i) {
    connections.push_back(std::make_unique<PgConnection>(options.conninfo));
    connections.back()->Prepare(name, sql);
  }
  return connections;
}

std::vector<std::mt19937_64> Randoms(const Options& options) {
  std::vector<std::mt19937_64> randoms;
  for (int i = 0; i < options.clients; ++i) {
    randoms.emplace_back(options.seed + static_cast<uint64_t>(i));
  }
  return randoms;
}

// Asks over all connections by turns, on one thread.
class Fleet {
 public:
  explicit Fleet(const Connections& connections) : connections_(connections) {
    for (const auto& connection : connections) {
      sockets_.push_back({connection->socket(), POLLIN, 0});
    }
  }
  // The next of those who have an answer.
  int Answered() {
    while (ready_.empty()) {
      if (poll(sockets_.data(), sockets_.size(), -1) <= 0) Die("waiting for PostgreSQL failed");
      for (size_t i = 0; i < sockets_.size(); ++i) {
        const bool came = sockets_[i].revents != 0 && connections_[i]->Arrived();
        if (came) ready_.push_back(static_cast<int>(i));
      }
    }
    const int first = ready_.front();
    ready_.pop_front();
    return first;
  }

 private:
  const Connections& connections_;
  std::vector<pollfd> sockets_;
  std::deque<int> ready_;
};

void Prepare(const Options& options) {
  PgConnection database(options.conninfo);
  MakeCasesTable(database);
  const double begin = SecondsNow();
  CopyCases(database, options.seed, 0, options.records);
  Figure("rate", static_cast<double>(options.records) / (SecondsNow() - begin), "rec/s");
  database.Run("VACUUM ANALYZE cases");
  const auto bytes = database.Run("SELECT pg_total_relation_size('cases')");
  Figure("bytes_per_record", std::stod(bytes.Text(0, 0)) / static_cast<double>(options.records),
         "bytes");
}

void Put(const Options& options) {
  PgConnection database(options.conninfo);
  MakeCasesTable(database);
  const auto connections = Connect(options, "put", InsertStatement());
  std::vector<RecordMaker> makers;
  for (int i = 0; i < options.clients; ++i) {
    makers.emplace_back(options.seed + static_cast<uint64_t>(i));
  }
  uint64_t next = 0;
  Fleet fleet(connections);
  const auto ask = [&](int number) {
    const auto at = static_cast<size_t>(number);
    connections[at]->SendPrepared(
        "put", InsertValues(makers[at], makers[at].Next(), CaseId(options.seed, next++)));
  };
  const auto answered = [&] {
    const int number = fleet.Answered();
    connections[static_cast<size_t>(number)]->TakeResult();
    return number;
  };
  const auto result = RunAsking(options.clients, options.seconds, ask, answered);
  PrintLoad(result, 1, "rate", "rec/s");
}

void Batch(const Options& options) {
  PgConnection database(options.conninfo);
  MakeCasesTable(database);
  uint64_t first = 0;
  const auto size = static_cast<uint64_t>(options.size);
  const auto result = RunLoad(1, options.seconds, [&](int) {
    CopyCases(database, options.seed, first, first + size);
    first += size;
  });
  PrintLoad(result, options.size, "rate", "rec/s");
}

void Bulk(const Options& options) {
  PgConnection database(options.conninfo);
  MakeCasesTable(database);
  const double begin = SecondsNow();
  CopyCases(database, options.seed, 0, options.records);
  Figure("rate", static_cast<double>(options.records) / (SecondsNow() - begin), "rec/s");
}

void Get(const Options& options) {
  const auto connections = Connect(options, "get", "SELECT * FROM cases WHERE id = $1");
  auto randoms = Randoms(options);
  Fleet fleet(connections);
  const auto ask = [&](int number) {
    const auto at = static_cast<size_t>(number);
    connections[at]->SendPrepared("get", {CaseId(options.seed, randoms[at]() % options.records)});
  };
  const auto answered = [&] {
    const int number = fleet.Answered();
    const auto rows = connections[static_cast<size_t>(number)]->TakeResult();
    if (rows.rows() != 1) Die("a record is not there");
    return number;
  };
  const auto result = RunAsking(options.clients, options.seconds, ask, answered);
  PrintLoad(result, 1, "rate", "rec/s");
}

void GetMany(const Options& options) {
  const auto connections =
      Connect(options, "getmany", "SELECT * FROM cases WHERE id = ANY($1::uuid[])");
  auto randoms = Randoms(options);
  const uint64_t stretch = options.records / static_cast<uint64_t>(options.ids);
  const auto result = RunLoad(options.clients, options.seconds, [&](int number) {
    const auto at = static_cast<size_t>(number);
    std::string ids = "{";
    for (uint64_t i = 0; i < static_cast<uint64_t>(options.ids); ++i) {
      ids += CaseId(options.seed, i * stretch + randoms[at]() % stretch) + ",";
    }
    ids.back() = '}';
    if (connections[at]->RunPrepared("getmany", {ids}).rows() != options.ids) {
      Die("the answer has other records");
    }
  });
  PrintLoad(result, options.ids, "records", "rec/s");
}

void List(const Options& options) {
  const auto connections = Connect(
      options, "list",
      fmt::format("SELECT * FROM cases WHERE entity = 1 AND year = $1 AND seq > $2 ORDER BY seq "
                  "LIMIT {}",
                  options.page));
  std::vector<std::pair<int, std::string>> cursors(connections.size(), {2015, "0"});
  constexpr int kSeqColumn = 1;
  uint64_t records = 0;
  const auto result = RunLoad(options.clients, options.seconds, [&](int number) {
    auto& [year, cursor] = cursors[static_cast<size_t>(number)];
    const auto rows = connections[static_cast<size_t>(number)]->RunPrepared(
        "list", {std::to_string(year), cursor});
    if (number == 0) records += static_cast<uint64_t>(rows.rows());
    if (rows.rows() == options.page) {
      cursor = rows.Text(rows.rows() - 1, kSeqColumn);
    } else {
      year = 2015 + (year - 2014) % 10;
      cursor = "0";
    }
  });
  PrintLoad(result, 1, "rate", "page/s");
  Figure("records", static_cast<double>(records) / (options.seconds * 1.1), "rec/s");
}

void Tables(const Options& options, const std::vector<Table>& tables) {
  PgConnection database(options.conninfo);
  for (size_t i = 0; i < tables.size(); ++i) {
    database.Prepare(fmt::format("table{}", i), TableQuery(tables[i]));
  }
  constexpr int kRepetitions = 21;
  Figure("time",
         MedianMs(kRepetitions, options.seconds,
                  [&] {
                    for (size_t i = 0; i < tables.size(); ++i) {
                      database.RunPrepared(fmt::format("table{}", i), {});
                    }
                  }),
         "ms");
}

int Main(int argc, char** argv) {
  CLI::App parser("Measures PostgreSQL; prints lines \"R METRIC VALUE UNIT\"", "pg-bench");
  parser.require_subcommand(1);
  Options options;
  struct Command {
    const char* name;
    const char* text;
    std::function<void()> run;
  };
  const std::vector<Command> commands = {
      {"prepare", "Fills the table with records for the measures of reading",
       [&] { Prepare(options); }},
      {"put", "Single records, each answered after its commit", [&] { Put(options); }},
      {"batch", "Batches of records by COPY, a commit each", [&] { Batch(options); }},
      {"bulk", "All records by one COPY into an empty table", [&] { Bulk(options); }},
      {"get", "Single records by key", [&] { Get(options); }},
      {"getmany", "Several records by one query", [&] { GetMany(options); }},
      {"list", "Pages of one entity's records of one year", [&] { List(options); }},
      {"crosstab", "One table of three attributes", [&] { Tables(options, {CrossTable()}); }},
      {"plan24", "24 tables, one query each", [&] { Tables(options, Plan24()); }},
      {"catchup", "A fresh subscriber takes the table over", [&] { PgCatchUp(options); }},
      {"resume", "A subscriber that comes back takes what it missed", [&] { PgResume(options); }},
      {"propagate", "From the commit to its being visible at the subscriber",
       [&] { PgPropagate(options); }},
  };
  for (const auto& [name, text, run] : commands) {
    CLI::App* const sub = parser.add_subcommand(name, text);
    sub->add_option("--conninfo", options.conninfo, "Of libpq")->required();
    sub->add_option("--replica", options.replica, "Of the subscriber's cluster");
    sub->add_option("--clients", options.clients, "Connections that ask at once");
    sub->add_option("--size", options.size, "Records of a batch");
    sub->add_option("--ids", options.ids, "Keys in one call");
    sub->add_option("--page", options.page, "Records of a page");
    sub->add_option("--rate", options.rate, "Changes a second");
    sub->add_option("--records", options.records, "How many are stored, or written");
    sub->add_option("--seconds", options.seconds, "Of the timed part");
    sub->add_option("--seed", options.seed, "Of the records");
    sub->callback(run);
  }
  try {
    parser.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return parser.exit(error) == 0 ? 0 : 2;
  }
  return 0;
}

}  // namespace
}  // namespace enlace::bench

int main(int argc, char** argv) {
  try {
    return enlace::bench::Main(argc, argv);
  } catch (const std::exception& error) {
    enlace::bench::Die(error.what());
  }
}
