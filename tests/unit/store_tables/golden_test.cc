#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "node/base/bytes.h"
#include "node/crypto/hash.h"
#include "node/model/attributes.h"
#include "node/store/audit_table.h"
#include "node/store/case_table.h"
#include "node/store/delivery_table.h"
#include "node/store/observation_table.h"
#include "node/store/source_keys.h"
#include "tests/testing/memory_store.h"

// Keys and values of the national tables are a format: a database written by one version
// is read by the next. tests/golden/national_rows.txt holds one row per line (table, key
// and value in hex, before the value envelope). A changed line is a changed format.
namespace enlace::store {
namespace {

// One of each kind of row, with fixed time and random bytes.
void WriteExamples(enlace::testing::MemoryStore& db) {
  RandomSource random = enlace::testing::CountingRandom();
  model::CaseContent content;
  content.registration_year = 2020;
  content.registration_quarter = 3;
  content.singles[model::kSex] = {2, model::Missing::kNone};
  content.singles[model::kAgeBand] = {0, model::Missing::kUnknown};
  content.sets[model::kForms] = {0b0110, 0b1000, model::Missing::kNotApplicable};
  const BatchId batch{"police", "00112233445566778899aabbccddeeff"};

  db.Commit([&](Transaction& t) {
    const SourceKeyHasher hasher = *SourceKeyHasher::LoadOrMake(t, "police", random);
    const auto record = *AddCase(t, "police", content, random);
    const std::string key = LoadStoredCase(t, record.reference)->key;
    PutSourceKey(t, "police", hasher.Hash("key-1"), key);
    PutSourceKey(t, "police", hasher.Hash("key-2"), key, batch.id);
    auto account = *OpenBatch(t, batch, "ctdc-kanon-2020", BatchSubject::kCaseRecords);
    BatchRow accepted;
    accepted.revision = key;
    accepted.keyed = true;
    BatchRow aside;
    aside.outcome = RowOutcome::kQuarantined;
    aside.reason = "VALUE_UNKNOWN";
    aside.field = "gender";
    BatchRows rows(t, batch);
    ASSERT_TRUE(rows.Put(1, accepted, account).ok());
    ASSERT_TRUE(rows.Put(258, aside, account).ok());
    rows.Flush();
    ASSERT_TRUE(CountNotOurs(account, {1, 1}, 3).ok());
    PutBatch(t, batch, account);
    PutRequest(t, "spiffe://arg.demo/entity/police/a", "/S/M", "id", crypto::Sha256("x"), "name");
    ASSERT_TRUE(
        AppendAudit(t, {"spiffe://arg.demo/entity/police/a", "/S/M", "name", "allow", "id"}).ok());
    StoredFigure figure;
    figure.observation.key = {1, 2, 32, 1, 0, 2022};
    figure.observation.entity = "police";
    figure.observation.status = model::ObservationStatus::kInConflict;
    figure.observation.update_time_ms = t.now_ms();
    figure.observation.batch_id = batch.id;
    figure.observation.candidates = {{4, model::ObservationStatus::kValue, 12},
                                     {9, model::ObservationStatus::kSuppressedBySource, 0}};
    PutFigure(t, figure);
    figure.observation.key.year = 2021;
    figure.observation.status = model::ObservationStatus::kValue;
    figure.observation.value = 300;
    figure.observation.candidates.clear();
    figure.row = 77;
    PutFigure(t, figure);
  });
  db.clock.AdvanceMs(1000);
  db.Commit([&](Transaction& t) {
    const auto hasher = *SourceKeyHasher::Load(t, "police");
    const auto found = *FindBySourceKey(t, "police", hasher->Hash("key-1"));
    ASSERT_TRUE(WithdrawCase(t, LoadCaseOf(t, *found)->record.reference, 4).ok());
    // A batch that an earlier program began, and one of figures, have no blocks.
    const BatchId other{"police", "ffeeddccbbaa99887766554433221100"};
    auto account = *OpenBatch(t, other, "glotip", BatchSubject::kObservations);
    BatchRow accepted;
    accepted.content_hash = "0123456789abcdef";
    accepted.subject = "1-2-32-1-0-2021";
    BatchRows rows(t, other);
    ASSERT_TRUE(rows.Put(77, accepted, account).ok());
    rows.Flush();
    PutBatch(t, other, account);
  });
}

std::string Rows(const Reader& reader) {
  std::ostringstream out;
  const auto names = TableNames();
  for (const Table table : {Table::kCaseRevision, Table::kCaseByReference, Table::kCaseBySourceKey,
                            Table::kObservation, Table::kBatch, Table::kBatchRow,
                            Table::kQuarantine, Table::kRequest, Table::kAudit, Table::kSecret}) {
    EXPECT_TRUE(reader
                    .Scan(table, {},
                          [&](std::string_view key, std::string_view value) {
                            out << names.at(static_cast<size_t>(table)) << ' ' << HexEncode(key)
                                << ' ' << HexEncode(value) << '\n';
                            return true;
                          })
                    .ok());
  }
  return out.str();
}

TEST(NationalRowsGolden, KeysAndValuesAreWhatTheFormatSays) {
  enlace::testing::MemoryStore db;
  WriteExamples(db);
  std::ifstream file(ENLACE_SOURCE_DIR "/tests/golden/national_rows.txt");
  std::ostringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(Rows(*db.store->Read()), expected.str());
}

}  // namespace
}  // namespace enlace::store
