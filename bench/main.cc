// enlace-bench: one measure a run; bench/compare.sh sets them beside other stores.
#include <csignal>
#include <map>

#include "CLI/CLI.hpp"
#include "bench/measure.h"
#include "bench/output.h"

namespace enlace::bench {
namespace {

// The same are explained in bench/RESULTS.md.
constexpr char kMetrics[] =
    "Metrics:\n"
    "  rate                      how many a second: of the unit that the line names\n"
    "  records                   records a second, where a call brings several\n"
    "  p50, p99                  time of one call as its client sees it: median, 99th percentile\n"
    "  time                      median time of the whole question, or of its 24\n"
    "  node_cpu                  processor time of the node's process for one record, call or\n"
    "                            question\n"
    "  send_to_visible.p50, .p99 from the call to the change's being read on the replica\n"
    "  start                     from the start of the process until it takes calls; it reads\n"
    "                            every row once\n"
    "  bytes_per_record          growth of data_dir on disk, node stopped, for each record\n"
    "  process_bytes_per_record  memory of the node's process after a start, all of it, divided "
    "by\n"
    "                            the records: with few it is mostly what a node needs without any\n"
    "  columns_bytes_per_record  of these the columns for tables";

struct Command {
  const char* name;
  const char* text;
  void (*run)(const MeasureOptions&);
  std::vector<const char*> options;
};

const std::vector<Command>& Commands() {
  static const std::vector<Command> commands = {
      {"put", "Single records, each answered after its sync", MeasurePut, {"clients", "by"}},
      {"batch", "Parts of a delivery, two under way", MeasureBatch, {"size"}},
      {"bulk",
       "A whole delivery, by as many senders as clients",
       MeasureBulk,
       {"records", "clients"}},
      {"get", "Single records by name", MeasureGet, {"clients", "records", "by"}},
      {"getmany", "Several records in one call", MeasureGetMany, {"ids", "clients", "records"}},
      {"list",
       "Pages of one entity's records of one year",
       MeasureList,
       {"page", "clients", "records"}},
      {"crosstab", "One table of three attributes", MeasureCrossTable, {"records"}},
      {"plan24", "24 tables in one call", MeasurePlan24, {"records"}},
      {"catchup", "A fresh replica takes a channel over", MeasureCatchUp, {"records"}},
      {"resume", "A replica that comes back takes what it missed", MeasureResume, {"records"}},
      {"propagate", "From the call to its being visible on a replica", MeasurePropagate, {"rate"}},
      {"ping", "Calls that do nothing", MeasurePing, {"clients"}},
      {"connect", "New connections with one call each", MeasureConnect, {"clients"}},
      {"echo", "As ping, to a bare gRPC server", MeasureEcho, {"clients", "server"}},
      {"echo-stream",
       "Messages there and back on an open stream of a bare gRPC server",
       MeasureEchoStream,
       {"clients", "server"}},
      {"echo-connect",
       "As connect, to a bare gRPC server",
       MeasureEchoConnect,
       {"clients", "server"}},
      {"disk", "Bytes on disk and in memory for each record", MeasureDisk, {"records"}},
      {"prepare", "Fills --folder with records for the measures of reading", Prepare, {"records"}},
  };
  return commands;
}

struct Arguments {
  MeasureOptions measure;
  std::string server = "callback";
  std::string by = "stream";
  std::string ready_file;
};

void AddOption(const std::string& name, Arguments& arguments, CLI::App& parser) {
  MeasureOptions& measure = arguments.measure;
  if (name == "records") {
    parser.add_option("--records", measure.records, "How many; 0 is the measure's own number");
    return;
  }
  if (name == "server") {
    parser.add_option("--server", arguments.server, "sync or callback")
        ->check(CLI::IsMember({"sync", "callback"}));
    return;
  }
  if (name == "by") {
    parser.add_option("--by", arguments.by, "An open stream, or a call for each record")
        ->check(CLI::IsMember({"stream", "call"}))
        ->capture_default_str();
    return;
  }
  const std::map<std::string, int*> numbers = {{"clients", &measure.clients},
                                               {"size", &measure.size},
                                               {"ids", &measure.ids},
                                               {"page", &measure.page},
                                               {"rate", &measure.rate}};
  parser.add_option("--" + name, *numbers.at(name))
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
}

void AddCommon(Arguments& arguments, CLI::App& parser) {
  MeasureOptions& measure = arguments.measure;
  parser.add_option("--seconds", measure.seconds, "Of the timed part")
      ->check(CLI::Range(0.05, 600.0))
      ->capture_default_str();
  parser.add_option("--seed", measure.seed, "Of the records")->capture_default_str();
  parser.add_option("--folder", measure.world.folder, "As `prepare` filled it; default: a new one");
  parser.add_option("--workers", measure.world.workers, "limits.workers of the nodes");
  parser.add_option("--enlaced", measure.world.enlaced, "The node's program; default: beside this");
}

void AddServer(Arguments& arguments, CLI::App& parser) {
  CLI::App* const serve = parser.add_subcommand("serve-echo", "The bare server by itself");
  serve->group("");  // Started by echo alone.
  serve->add_option("--folder", arguments.measure.world.folder)->required();
  serve->add_option("--ready-file", arguments.ready_file)->required();
  AddOption("server", arguments, *serve);
  serve->callback([&arguments] {
    ServeEcho(arguments.measure.world.folder, arguments.ready_file, arguments.server == "sync");
  });
}

int Main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App parser("Measures an Enlace node; prints lines \"R METRIC VALUE UNIT\"", "enlace-bench");
  parser.footer(kMetrics);
  parser.require_subcommand(1);
  Arguments arguments;
  for (const Command& command : Commands()) {
    CLI::App* const sub = parser.add_subcommand(command.name, command.text);
    for (const char* option : command.options) AddOption(option, arguments, *sub);
    AddCommon(arguments, *sub);
    sub->callback([&arguments, &command] {
      arguments.measure.sync_server = arguments.server == "sync";
      arguments.measure.stream = arguments.by == "stream";
      command.run(arguments.measure);
    });
  }
  AddServer(arguments, parser);
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
