#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/load.h"
#include "bench/measure.h"
#include "bench/records.h"
#include "bench/world.h"
#include "client/lib/case_records.h"
#include "enlace/exchange/v1/case_service.pb.h"
#include "google/protobuf/arena.h"
#include "node/model/case_record.h"

// Records by the shipped path: validated, audited, each answer after its sync.
namespace enlace::bench {

// "/enlace.exchange.v1.CaseService/<name>".
std::string CaseMethod(const char* name);

// The next question of a client, made in `arena`.
using MakeQuestion =
    std::function<const google::protobuf::Message&(int client, google::protobuf::Arena& arena)>;

// Each client asks for one record at a time: by an open stream, all of them on one thread, or by
// calls, on a thread each. `method` answers with a CaseRecord; by a stream it is Stream<method>.
LoadResult AskForRecords(const World& world, const MeasureOptions& options, const char* method,
                         const MakeQuestion& make,
                         const std::function<void(const client::CaseRecords&)>& look);

// The same record, for who sends many.
void FillContent(const RecordMaker& maker, const Answers& answers, model::CaseContent& out);
void ToProto(const RecordMaker& maker, const Answers& answers,
             enlace::exchange::v1::CaseRecord& out);

// Names of records that are stored, as references of 16 bytes one after the other.
class Names {
 public:
  void Add(const std::string& name);
  std::string At(size_t number) const;
  size_t size() const { return bytes_.size() / 16; }
  void Save(const std::string& file) const;
  static Names Read(const std::string& file);

 private:
  std::string bytes_;
};

// Sends `records` in parts of 1,000 by `senders` connections; the seconds that took.
double Import(const World& world, uint64_t records, int senders, uint64_t seed, Names* names);

// A started node with at least `records` records: those of the prepared folder, or new ones.
Names WithRecords(World& world, uint64_t records, uint64_t seed);

}  // namespace enlace::bench
