#include <random>

#include "bench/load.h"
#include "bench/output.h"
#include "bench/writes.h"
#include "client/lib/case_records.h"

namespace enlace::bench {
namespace {

namespace pb = enlace::exchange::v1;

std::vector<std::unique_ptr<client::Client>> Systems(const World& world, int count) {
  std::vector<std::unique_ptr<client::Client>> clients;
  for (int i = 0; i < count; ++i) clients.push_back(world.ConnectSystem(i));
  return clients;
}

std::vector<std::mt19937_64> Randoms(const MeasureOptions& options) {
  std::vector<std::mt19937_64> randoms;
  for (int i = 0; i < options.clients; ++i) {
    randoms.emplace_back(options.seed + static_cast<uint64_t>(i));
  }
  return randoms;
}

// What a partner would do who counts: looks at one attribute of each record.
void LookAt(const client::CaseRecords& records) {
  for (const client::CaseRecordView& record : records.records()) {
    if (!Must(record.FindSingle(RecordMaker::SingleAttributes()[0])).has_value()) {
      Die("a record lacks an attribute");
    }
  }
}

}  // namespace

void MeasureGet(const MeasureOptions& options) {
  World world(options.world);
  const Names names = WithRecords(world, options.records, options.seed);
  auto randoms = Randoms(options);
  const auto result = AskForRecords(
      world, options, "GetCaseRecord",
      [&](int number, google::protobuf::Arena& arena) -> const google::protobuf::Message& {
        auto& request = *google::protobuf::Arena::CreateMessage<pb::GetCaseRecordRequest>(&arena);
        request.set_name(names.At(randoms[static_cast<size_t>(number)]()));
        return request;
      },
      LookAt);
  PrintLoad(result, 1, "rate", "rec/s");
}

void MeasureGetMany(const MeasureOptions& options) {
  World world(options.world);
  const Names names = WithRecords(world, options.records, options.seed);
  if (names.size() < static_cast<size_t>(options.ids)) Die("there are fewer records than ids");
  const auto clients = Systems(world, options.clients);
  auto randoms = Randoms(options);
  const auto result = RunLoad(
      options.clients, options.seconds,
      [&](int number) {
        const auto at = static_cast<size_t>(number);
        pb::BatchGetCaseRecordsRequest request;
        // One of each of as many stretches: a call names no record twice.
        const size_t stretch = names.size() / static_cast<size_t>(options.ids);
        for (size_t i = 0; i < static_cast<size_t>(options.ids); ++i) {
          request.add_names(names.At(i * stretch + randoms[at]() % stretch));
        }
        const auto answer = Must(client::CaseRecords::BatchGet(*clients[at], request));
        if (answer.records().size() != static_cast<size_t>(options.ids)) {
          Die("the answer has other records");
        }
        LookAt(answer);
      },
      world.Cpu());
  PrintLoad(result, options.ids, "records", "rec/s");
}

void MeasureList(const MeasureOptions& options) {
  World world(options.world);
  WithRecords(world, options.records, options.seed);
  const auto clients = Systems(world, options.clients);
  std::vector<pb::ListCaseRecordsRequest> requests(clients.size());
  uint64_t records = 0;
  // Page after page of one entity's records of one year; the next year at the end.
  for (auto& request : requests) {
    request.set_page_size(options.page);
    request.set_registration_year(2015);
  }
  const auto result = RunLoad(
      options.clients, options.seconds,
      [&](int number) {
        const auto at = static_cast<size_t>(number);
        const auto answer = Must(client::CaseRecords::List(*clients[at], requests[at]));
        if (number == 0) records += answer.records().size();
        LookAt(answer);
        requests[at].set_page_token(answer.next_page_token());
        if (!answer.next_page_token().empty()) return;
        requests[at].set_registration_year(2015 + (requests[at].registration_year() - 2014) % 10);
      },
      world.Cpu());
  if (records == 0) Die("no page had a record");
  PrintLoad(result, 1, "rate", "page/s");
  // A page may be short: what is listed counts as well.
  Figure("records", static_cast<double>(records) / (options.seconds * 1.1), "rec/s");
}

}  // namespace enlace::bench
