#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/measure.h"
#include "bench/records.h"
#include "bench/world.h"
#include "client/lib/case_records.h"
#include "enlace/exchange/v1/case_service.pb.h"

// Records by the shipped path: validated, audited, each answer after its sync.
namespace enlace::bench {

// "/enlace.exchange.v1.CaseService/<name>".
std::string CaseMethod(const char* name);

// One who asks for single records, by an open stream or by calls.
class Asker {
 public:
  Asker(const World& world, int number, const MeasureOptions& options, const char* method);
  client::CaseRecords Ask(const google::protobuf::Message& request);

 private:
  const std::string method_;
  const std::unique_ptr<client::Client> client_;
  std::unique_ptr<client::Stream> stream_;  // Null when by calls.
};

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
