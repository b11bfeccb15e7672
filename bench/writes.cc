#include "bench/writes.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>

#include "bench/load.h"
#include "bench/output.h"
#include "client/lib/case_rows.h"
#include "client/lib/stream_group.h"
#include "google/protobuf/arena.h"
#include "node/base/bytes.h"
#include "node/crypto/hash.h"

namespace enlace::bench {
namespace {

namespace pb = enlace::exchange::v1;

constexpr int64_t kAnswerMsMax = 30'000;
constexpr uint64_t kRecordsOfReads = 100'000;
// Of one sender, each on its own connection: the next part is made, sent and read while the one
// before is on its way to the disk. Parts of a delivery may come in any order.
constexpr int kPartsUnderWay = 2;
constexpr char kNamesFile[] = "/names";
constexpr char kNamePrefix[] = "jurisdictions/ARG/cases/";

std::string NewBatchId() { return HexEncode(crypto::RandomBytes(32)); }

// Made in one piece of memory, as a partner would who sends many.
const pb::ImportCaseRecordsRequest& MakePart(RecordMaker& maker, const std::string& delivery,
                                             uint64_t first_row, int rows,
                                             google::protobuf::Arena& arena) {
  auto& part = *google::protobuf::Arena::CreateMessage<pb::ImportCaseRecordsRequest>(&arena);
  part.set_batch_id(delivery);
  part.set_format("ctdc-kanon-2020");
  part.set_first_row(first_row);
  part.set_last_row(first_row + static_cast<uint64_t>(rows) - 1);
  model::CaseContent content;
  for (int i = 0; i < rows; ++i) {
    FillContent(maker, maker.Next(), content);
    client::AddCaseRow(first_row + static_cast<uint64_t>(i), content, part);
  }
  return part;
}

// One part of a delivery; every row must be stored as new.
const pb::ImportCaseRecordsResponse& Send(client::Client& client,
                                          const pb::ImportCaseRecordsRequest& request,
                                          google::protobuf::Arena& arena) {
  auto& response = *google::protobuf::Arena::CreateMessage<pb::ImportCaseRecordsResponse>(&arena);
  Must(client.CallRaw(CaseMethod("ImportCaseRecords"), request, response));
  for (const auto& row : response.results()) {
    if (row.outcome() != pb::RowResult::ACCEPTED) {
      Die(fmt::format("row {} was not accepted: {} {}", row.row(), row.reason(), row.field()));
    }
  }
  return response;
}

}  // namespace

std::string CaseMethod(const char* name) {
  return std::string("/enlace.exchange.v1.CaseService/") + name;
}

LoadResult AskForRecords(const World& world, const MeasureOptions& options, const char* method,
                         const MakeQuestion& make,
                         const std::function<void(const client::CaseRecords&)>& look) {
  using google::protobuf::Arena;
  if (!options.stream) {
    std::vector<std::unique_ptr<client::Client>> clients;
    for (int i = 0; i < options.clients; ++i) clients.push_back(world.ConnectSystem(i));
    const std::string name = CaseMethod(method);
    const auto call = [&](int number) {
      Arena arena;
      std::string answer =
          Must(clients[static_cast<size_t>(number)]->CallForBytes(name, make(number, arena)));
      look(Must(client::CaseRecords::ReadOne(std::move(answer))));
    };
    return RunLoad(options.clients, options.seconds, call, world.Cpu());
  }
  client::StreamGroup streams;
  const std::string name = CaseMethod((std::string("Stream") + method).c_str());
  for (int i = 0; i < options.clients; ++i) Must(streams.Open(world.OptionsOfSystem(i), name));
  const auto ask = [&](int number) {
    Arena arena;
    Must(streams.Send(static_cast<size_t>(number), make(number, arena)));
  };
  const auto answered = [&] {
    auto answer = Must(streams.Next(kAnswerMsMax));
    look(Must(client::CaseRecords::ReadOne(Must(std::move(answer.bytes)))));
    return static_cast<int>(answer.stream);
  };
  return RunAsking(options.clients, options.seconds, ask, answered, world.Cpu());
}

void FillContent(const RecordMaker& maker, const Answers& answers, model::CaseContent& out) {
  out.codelist_version = Lists()->version();
  out.registration_year = answers.year;
  out.registration_quarter = answers.quarter;
  out.singles.clear();
  out.sets.clear();
  for (size_t i = 0; i < kSingles; ++i) {
    const uint32_t code = answers.codes[i];
    out.singles.emplace(RecordMaker::SingleAttributes()[i],
                        {code, code == 0 ? model::Missing::kUnknown : model::Missing::kNone});
  }
  for (size_t i = 0; i < kSets; ++i) {
    const uint64_t affirmed = answers.affirmed[i];
    out.sets.emplace(RecordMaker::SetAttributes()[i],
                     {affirmed, maker.AllOf(i) & ~affirmed, model::Missing::kUnknown});
  }
}

void ToProto(const RecordMaker& maker, const Answers& answers, pb::CaseRecord& out) {
  out.set_codelist_version(Lists()->version());
  out.set_registration_year(answers.year);
  out.set_registration_quarter(answers.quarter);
  for (size_t i = 0; i < kSingles; ++i) {
    auto& single = *out.add_singles();
    single.set_attribute(RecordMaker::SingleAttributes()[i]);
    single.set_code(answers.codes[i]);
    if (answers.codes[i] == 0) single.set_missing(pb::MISSING_UNKNOWN);
  }
  for (size_t i = 0; i < kSets; ++i) {
    auto& set = *out.add_sets();
    set.set_attribute(RecordMaker::SetAttributes()[i]);
    for (uint32_t code = 1; code < 64; ++code) {
      if (((maker.AllOf(i) >> code) & 1U) == 0) continue;
      if (((answers.affirmed[i] >> code) & 1U) != 0) {
        set.add_affirmed(code);
      } else {
        set.add_denied(code);
      }
    }
    set.set_rest(pb::MISSING_UNKNOWN);
  }
}

void Names::Add(const std::string& name) {
  bytes_ += HexDecode(name.substr(std::string_view(kNamePrefix).size())).value();
}

std::string Names::At(size_t number) const {
  return kNamePrefix + HexEncode(bytes_.substr(number % size() * 16, 16));
}

void Names::Save(const std::string& file) const { std::ofstream(file, std::ios::binary) << bytes_; }

Names Names::Read(const std::string& file) {
  Names names;
  names.bytes_ = testing::TempDir::Read(file);
  return names;
}

double Import(const World& world, uint64_t records, int senders, uint64_t seed, Names* names) {
  constexpr uint64_t kRows = 1000;
  std::atomic<uint64_t> next_part = 0;
  std::vector<std::string> deliveries;
  for (int sender = 0; sender < senders; ++sender) deliveries.push_back(NewBatchId());
  std::vector<Names> stored(static_cast<size_t>(senders * kPartsUnderWay));
  const double begin = SecondsNow();
  {
    std::vector<std::jthread> threads;
    for (size_t thread = 0; thread < stored.size(); ++thread) {
      threads.emplace_back([&, thread] {
        const auto client = world.ConnectSystem(static_cast<int>(thread));
        for (uint64_t part = next_part++; part * kRows < records; part = next_part++) {
          RecordMaker maker(seed * 1'000'003 + part);
          const uint64_t rows = std::min(kRows, records - part * kRows);
          google::protobuf::Arena arena;
          const auto& response = Send(*client,
                                      MakePart(maker, deliveries[thread / kPartsUnderWay],
                                               part * kRows + 1, static_cast<int>(rows), arena),
                                      arena);
          if (names == nullptr) continue;
          for (const auto& row : response.results()) {
            stored[thread].Add(row.name());
          }
        }
      });
    }
  }
  const double seconds = SecondsNow() - begin;
  if (names != nullptr) {
    for (const Names& part : stored) {
      for (size_t i = 0; i < part.size(); ++i) names->Add(part.At(i));
    }
  }
  return seconds;
}

Names WithRecords(World& world, uint64_t records, uint64_t seed) {
  world.Start(kOrigin);
  const std::string file = world.folder() + kNamesFile;
  if (std::filesystem::exists(file)) return Names::Read(file);
  Names names;
  Import(world, records == 0 ? kRecordsOfReads : records, 2, seed, &names);
  return names;
}

void MeasurePut(const MeasureOptions& options) {
  World world(options.world);
  world.Start(kOrigin);
  std::vector<RecordMaker> makers;
  for (int i = 0; i < options.clients; ++i) {
    makers.emplace_back(options.seed + static_cast<uint64_t>(i));
  }
  using Request = pb::CreateCaseRecordRequest;
  const auto result = AskForRecords(
      world, options, "CreateCaseRecord",
      [&](int number, google::protobuf::Arena& arena) -> const google::protobuf::Message& {
        RecordMaker& maker = makers[static_cast<size_t>(number)];
        auto& request = *google::protobuf::Arena::CreateMessage<Request>(&arena);
        ToProto(maker, maker.Next(), *request.mutable_case_record());
        request.set_request_id(crypto::RandomUuid());
        return request;
      },
      [](const client::CaseRecords&) {});
  PrintLoad(result, 1, "rate", "rec/s");
}

void MeasureBatch(const MeasureOptions& options) {
  World world(options.world);
  world.Start(kOrigin);
  const std::string delivery = NewBatchId();
  std::vector<std::unique_ptr<client::Client>> clients;
  std::vector<RecordMaker> makers;
  for (int i = 0; i < kPartsUnderWay; ++i) {
    clients.push_back(world.ConnectSystem(i));
    makers.emplace_back(options.seed + static_cast<uint64_t>(i));
  }
  std::atomic<uint64_t> next_part = 0;
  const auto result = RunLoad(
      kPartsUnderWay, options.seconds,
      [&](int number) {
        const auto at = static_cast<size_t>(number);
        const uint64_t first_row = next_part++ * static_cast<uint64_t>(options.size) + 1;
        google::protobuf::Arena arena;
        Send(*clients[at], MakePart(makers[at], delivery, first_row, options.size, arena), arena);
      },
      world.Cpu());
  PrintLoad(result, options.size, "rate", "rec/s");
}

void MeasureBulk(const MeasureOptions& options) {
  World world(options.world);
  world.Start(kOrigin);
  const uint64_t records = options.records == 0 ? kRecordsOfReads : options.records;
  const double cpu_before = world.CpuSeconds(kOrigin);
  const double seconds = Import(world, records, options.clients, options.seed, nullptr);
  Figure("rate", static_cast<double>(records) / seconds, "rec/s");
  Figure("node_cpu", (world.CpuSeconds(kOrigin) - cpu_before) * 1e6 / static_cast<double>(records),
         "us");
}

void Prepare(const MeasureOptions& options) {
  if (options.world.folder.empty()) Die("prepare needs --folder");
  World world(options.world);
  world.Start(kOrigin);
  Names names;
  const uint64_t records = options.records == 0 ? kRecordsOfReads : options.records;
  const double seconds = Import(world, records, 2, options.seed, &names);
  names.Save(world.folder() + kNamesFile);
  Figure("rate", static_cast<double>(records) / seconds, "rec/s");
  world.Stop(kOrigin);
  Figure("start", world.Start(kOrigin), "s");
}

}  // namespace enlace::bench
