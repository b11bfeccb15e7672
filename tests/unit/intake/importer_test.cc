#include "client/intake/importer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "client/intake/case_mapper.h"
#include "client/intake/csv_writer.h"
#include "tests/unit/intake/fixture.h"

namespace enlace::intake {
namespace {

// A node in memory: keeps what it is sent, and fails when told to.
class FakeNode final : public RowSink {
 public:
  StatusOr<BatchAnswer> Send(const Batch& batch) override {
    sent.push_back(batch);
    if (fail_at == sent.size()) return Error(Reason::PEER_UNREACHABLE, "nobody answers");
    BatchAnswer answer;
    std::vector<RowResult>& out = answer.results;
    const auto add = [&](uint64_t row) {
      const bool known = !rows.insert(row).second;
      out.push_back({row, known ? Outcome::kUnchanged : Outcome::kAccepted, NameOf(row), "", ""});
      if (row == refused_row) out.back() = {row, Outcome::kQuarantined, "", "CODE_UNKNOWN", "x"};
      const auto contradicted = contradicts.find(row);
      if (contradicted == contradicts.end()) return;
      out.back().outcome = Outcome::kInConflict;
      answer.changed.push_back(
          {contradicted->second, Outcome::kInConflict, NameOf(contradicted->second), "", ""});
    };
    for (const CaseRow& row : batch.cases) add(row.row);
    for (const ObservationRow& row : batch.observations) add(row.row);
    return answer;
  }
  static std::string NameOf(uint64_t row) {
    return "jurisdictions/ARG/cases/" + std::to_string(row);
  }
  std::string Target() const override { return target; }

  std::string target = "node.example:7443";
  std::vector<Batch> sent;
  std::set<uint64_t> rows;
  size_t fail_at = 0;
  uint64_t refused_row = 0;
  std::map<uint64_t, uint64_t> contradicts;  // A row, and the earlier one of its figure.
};

// A file of figures: every fourth row Brazilian, every fifth with a broken category, and some
// with a spelling that the project's own tables do not have.
std::string FiguresFile(size_t rows, const std::set<size_t>& misspelt = {}) {
  std::string out;
  AppendCsvRow(out, CanonicalHeader(Glotip()), LineEnd::kLf);
  for (size_t i = 1; i <= rows; ++i) {
    const bool ours = i % 4 != 0;
    AppendCsvRow(
        out,
        {ours ? "ARG" : "BRA", ours ? "Argentina" : "Brazil", "Americas", "x",
         "Detected trafficking victims", "by citizenship",
         i % 5 == 0 ? "pa\xEF\xBF\xBDs" : (misspelt.contains(i) ? "Barsil" : "Peru"), "Total",
         "Total", std::to_string(2003 + i % 20), "Counts", std::to_string(5 + i % 7), "GLOTIP"},
        LineEnd::kLf);
  }
  return out;
}

// The project's own tables with one more spelling.
std::unique_ptr<Mappings> LaterMappings() {
  const std::string own = std::string(ENLACE_SOURCE_DIR) + "/config/mappings";
  testing::TempDir folder;
  for (const auto& file : std::filesystem::directory_iterator(own)) {
    std::string text = testing::TempDir::Read(file.path().string());
    if (file.path().filename() == "place-aliases.yaml") {
      text += "  - {code: bra, texts: [Barsil], source: test}\n";
    }
    folder.Write(file.path().filename().string(), text);
  }
  auto mappings = Mappings::Load(folder.path(), TestRegistry());
  EXPECT_TRUE(mappings.ok()) << mappings.status();
  return *std::move(mappings);
}

class ImporterTest : public ::testing::Test {
 protected:
  ImportOptions Options(const std::string& file) {
    ImportOptions options;
    options.file = file;
    options.jurisdiction = "ARG";
    options.receipt = folder_.path("receipt.csv");
    return options;
  }
  StatusOr<ImportReport> Run(const ImportOptions& options) {
    return Importer(TestMappings(), node_).Run(options);
  }

  testing::TempDir folder_;
  FakeNode node_;
};

TEST_F(ImporterTest, EveryRowIsInExactlyOnePlace) {
  const auto report = Run(Options(folder_.Write("in.csv", FiguresFile(100))));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->rows_read, 100u);
  EXPECT_EQ(report->account.not_ours, 25u);
  EXPECT_EQ(report->account.quarantined, 15u);
  EXPECT_EQ(report->account.accepted, 60u);
  EXPECT_EQ(report->account.Sum(), 100u);
  EXPECT_EQ(report->faults.at(RowReason::kTextBroken), 15u);
}

TEST_F(ImporterTest, BatchesStayWithinTheLimitsAndNameTheFileByItsHash) {
  const auto report = Run(Options(folder_.Write("in.csv", FiguresFile(4000))));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->batch_id.size(), 64u);
  ASSERT_EQ(node_.sent.size(), 4u);
  uint64_t not_ours = 0;
  for (const Batch& batch : node_.sent) {
    EXPECT_LE(batch.rows(), kBatchRowsMax);
    EXPECT_EQ(batch.batch_id, report->batch_id);
    EXPECT_EQ(batch.format, "unodc-glotip-2025");
    not_ours += batch.not_ours;
  }
  EXPECT_EQ(not_ours, 1000u);
}

TEST_F(ImporterTest, ManyBrokenRowsAreSentInBatchesToo) {
  std::string text;
  AppendCsvRow(text, CanonicalHeader(Glotip()));
  for (int i = 0; i < 2500; ++i) AppendCsvRow(text, {"ARG"});
  const auto report = Run(Options(folder_.Write("in.csv", text)));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->account.quarantined, 2500u);
  ASSERT_EQ(node_.sent.size(), 3u);
  for (const Batch& batch : node_.sent) {
    EXPECT_LE(batch.quarantined.size(), kBatchRowsMax);
  }
}

TEST_F(ImporterTest, TheReceiptHoldsOutcomesAndNamesButNoValue) {
  node_.refused_row = 3;
  const auto options = Options(folder_.Write("in.csv", FiguresFile(5)));
  const auto report = Run(options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(testing::TempDir::Read(options.receipt),
            "row,outcome,name,reason,column\r\n"
            "1,ACCEPTED,jurisdictions/ARG/cases/1,,\r\n"
            "2,ACCEPTED,jurisdictions/ARG/cases/2,,\r\n"
            "3,QUARANTINED,,CODE_UNKNOWN,x\r\n"
            "5,QUARANTINED,,TEXT_BROKEN,Category\r\n");
  EXPECT_EQ(report->node_reasons.at("CODE_UNKNOWN"), 1u);
  EXPECT_EQ(report->account.quarantined, 2u);
}

TEST_F(ImporterTest, TheReceiptIsReadableByItsOwnerAloneAndTheStateGoes) {
  const auto options = Options(folder_.Write("in.csv", FiguresFile(5)));
  ASSERT_TRUE(Run(options).ok());
  struct stat info {};
  ASSERT_EQ(::stat(options.receipt.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_FALSE(std::filesystem::exists(options.receipt + ".state"));
}

TEST_F(ImporterTest, AnInterruptedImportGoesOnWithTheBatchThatWasNotAnswered) {
  const std::string file = folder_.Write("in.csv", FiguresFile(4000));
  FakeNode whole;
  testing::TempDir other;
  ImportOptions reference = Options(file);
  reference.receipt = other.path("receipt.csv");
  ASSERT_TRUE(Importer(TestMappings(), whole).Run(reference).ok());

  node_.fail_at = 2;
  const Status stopped = Run(Options(file)).status();
  EXPECT_EQ(ReasonOf(stopped), Reason::PEER_UNREACHABLE);
  node_.fail_at = 0;
  const auto report = Run(Options(file));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_GT(report->resumed_from_row, 1u);
  EXPECT_EQ(report->account.Sum(), 4000u);
  EXPECT_FALSE(report->tables_changed);
  ASSERT_EQ(node_.sent.size(), 5u);
  EXPECT_EQ(node_.sent[1].observations.front().row, node_.sent[2].observations.front().row);
  EXPECT_EQ(node_.sent[1].observations.back().row, node_.sent[2].observations.back().row);
  EXPECT_EQ(testing::TempDir::Read(Options(file).receipt),
            testing::TempDir::Read(reference.receipt));
}

TEST_F(ImporterTest, BatchesCoverFixedRowsWhateverTheTablesMakeOfThem) {
  const std::string file = folder_.Write("in.csv", FiguresFile(2500, {11, 601, 1702}));
  ASSERT_TRUE(Run(Options(file)).ok());
  FakeNode again;
  const auto later = LaterMappings();
  ImportOptions options = Options(file);
  options.receipt = folder_.path("second.csv");
  const auto report = Importer(*later, again).Run(options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->account.quarantined, 375u);
  ASSERT_EQ(node_.sent.size(), 3u);
  ASSERT_EQ(again.sent.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    for (const Batch& batch : {node_.sent[i], again.sent[i]}) {
      EXPECT_EQ(batch.first_row, i * kBatchRowsMax + 1);
      EXPECT_EQ(batch.last_row, i == 2 ? 2500 : (i + 1) * kBatchRowsMax);
      EXPECT_EQ(batch.not_ours, i == 2 ? 125u : 250u);
    }
    EXPECT_EQ(node_.sent[i].rows() + 2 - i, again.sent[i].rows());
  }
}

TEST_F(ImporterTest, AnInterruptedImportGoesOnUnderOtherTablesAndSaysSo) {
  const std::string file = folder_.Write("in.csv", FiguresFile(2500, {11, 1702}));
  node_.fail_at = 2;
  ASSERT_FALSE(Run(Options(file)).ok());
  node_.fail_at = 0;
  const auto later = LaterMappings();
  const auto report = Importer(*later, node_).Run(Options(file));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->resumed_from_row, 1001u);
  EXPECT_TRUE(report->tables_changed);
  EXPECT_EQ(report->rows_read, 2500u);
  EXPECT_EQ(report->account.Sum(), 2500u);
  // Row 11 stays set aside, row 1702 is mapped.
  EXPECT_EQ(report->account.quarantined, 376u);
}

TEST_F(ImporterTest, PartsWithoutRowsOfOursAreCountedToo) {
  ImportOptions options = Options(folder_.Write("in.csv", FiguresFile(2500)));
  options.jurisdiction = "CHL";
  const auto report = Run(options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->account.not_ours, 2500u);
  ASSERT_EQ(node_.sent.size(), 3u);
  EXPECT_EQ(node_.sent[1].first_row, 1001u);
  EXPECT_EQ(node_.sent[1].last_row, 2000u);
  EXPECT_EQ(node_.sent[1].not_ours, 1000u);
}

TEST_F(ImporterTest, AStateWhoseCountsDoNotAddUpIsRefused) {
  ImportState state;
  state.batch_id = "a";
  state.next_row = 11;
  state.account.accepted = 10;
  EXPECT_TRUE(ImportState::Decode(state.Encode()).ok());
  state.account.accepted = 12;
  EXPECT_EQ(ReasonOf(ImportState::Decode(state.Encode()).status()), Reason::RECEIPT_EXISTS);
}

TEST_F(ImporterTest, AnEarlierRowThatIsContradictedMovesInAccountAndReceipt) {
  node_.contradicts = {{1501, 1}, {1502, 1}};
  const auto options = Options(folder_.Write("in.csv", FiguresFile(2000)));
  const auto report = Run(options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->account.in_conflict, 3u);
  EXPECT_EQ(report->account.accepted, 1200u - 3u);
  EXPECT_EQ(report->account.Sum(), 2000u);
  const std::string receipt = testing::TempDir::Read(options.receipt);
  EXPECT_THAT(receipt, ::testing::HasSubstr("\n1,ACCEPTED,jurisdictions/ARG/cases/1,,\r\n"));
  const std::string last = "\n1,IN_CONFLICT,jurisdictions/ARG/cases/1,,\r\n";
  EXPECT_GT(receipt.find(last), receipt.find("\n999,"));
  EXPECT_EQ(receipt.find(last), receipt.rfind(last));
}

TEST_F(ImporterTest, AContradictionIsCountedOnceAlthoughTheImportWasInterrupted) {
  node_.contradicts = {{1501, 1}, {2501, 2}};
  const auto options = Options(folder_.Write("in.csv", FiguresFile(3000)));
  for (const size_t fail_at : {2, 4}) {
    node_.fail_at = fail_at;
    ASSERT_FALSE(Run(options).ok());
  }
  node_.fail_at = 0;
  const auto report = Run(options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->resumed_from_row, 2001u);
  EXPECT_EQ(report->account.in_conflict, 4u);
  EXPECT_EQ(report->account.Sum(), 3000u);
}

TEST_F(ImporterTest, AChangedRowThatWasNotAnsweredYetWaitsForItsTurn) {
  node_.contradicts = {{1, 1501}};
  const auto report = Run(Options(folder_.Write("in.csv", FiguresFile(2000))));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->account.in_conflict, 1u);
  EXPECT_EQ(report->account.Sum(), 2000u);
}

TEST_F(ImporterTest, AReceiptThatWasChangedByHandIsNotContinued) {
  const auto options = Options(folder_.Write("in.csv", FiguresFile(2000)));
  node_.fail_at = 2;
  ASSERT_FALSE(Run(options).ok());
  const std::string receipt = testing::TempDir::Read(options.receipt);
  for (const char* other : {"FINISHED", "REPLACED"}) {
    std::string changed = receipt;
    changed.replace(receipt.find("ACCEPTED"), 8, other);
    folder_.Write("receipt.csv", changed);
    EXPECT_EQ(ReasonOf(Run(options).status()), Reason::RECEIPT_EXISTS) << other;
  }
}

TEST_F(ImporterTest, LinesOfTheReceiptBeyondTheStateAreWrittenAgain) {
  const std::string file = folder_.Write("in.csv", FiguresFile(4000));
  node_.fail_at = 2;
  ASSERT_FALSE(Run(Options(file)).ok());
  const std::string receipt = Options(file).receipt;
  const std::string before = testing::TempDir::Read(receipt);
  folder_.Write("receipt.csv", before + "9999,ACCEP");  // A crash in the middle of a line.
  node_.fail_at = 0;
  ASSERT_TRUE(Run(Options(file)).ok());
  EXPECT_EQ(testing::TempDir::Read(receipt).find("9999,ACCEP\r"), std::string::npos);
}

TEST_F(ImporterTest, AFinishedReceiptIsNeverOverwritten) {
  const auto options = Options(folder_.Write("in.csv", FiguresFile(5)));
  ASSERT_TRUE(Run(options).ok());
  const std::string before = testing::TempDir::Read(options.receipt);
  EXPECT_TRUE(Run(options).ok());
  EXPECT_EQ(ReasonOf(Run(Options(folder_.Write("other.csv", FiguresFile(6)))).status()),
            Reason::RECEIPT_EXISTS);
  EXPECT_EQ(testing::TempDir::Read(options.receipt), before);
}

TEST_F(ImporterTest, TheSameDeliveryUnderItsFinishedReceiptSendsNothingAndReportsTheSame) {
  auto options = Options(folder_.Write("in.csv", FiguresFile(2500)));
  options.now_ms = 1'700'000'000'000;
  const auto first = Run(options);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->completed_ms, 0);
  const size_t sent = node_.sent.size();
  options.now_ms += 1000;
  const auto again = Run(options);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(node_.sent.size(), sent);
  EXPECT_EQ(again->account, first->account);
  EXPECT_EQ(again->rows_read, first->rows_read);
  EXPECT_EQ(again->completed_ms, 1'700'000'000'000);
}

TEST_F(ImporterTest, AFinishedReceiptSaysWhoseItIsToAnotherDelivery) {
  auto options = Options(folder_.Write("in.csv", FiguresFile(5)));
  options.now_ms = 1'700'000'000'000;  // 2023-11-14T22:13:20Z.
  ASSERT_TRUE(Run(options).ok());
  const Status refused = Run(Options(folder_.Write("other.csv", FiguresFile(6)))).status();
  EXPECT_EQ(ReasonOf(refused), Reason::RECEIPT_EXISTS);
  EXPECT_THAT(MessageOf(refused), ::testing::HasSubstr("is the receipt of in.csv, which was "
                                                       "imported completely at "
                                                       "2023-11-14T22:13:20Z; this import differs "
                                                       "in: content of the file"));
  node_.target = "elsewhere.example:7443";
  EXPECT_THAT(MessageOf(Run(options).status()),
              ::testing::HasSubstr("differs in: node or certificate"));
}

TEST_F(ImporterTest, AFileThatIsNoReceiptIsNotOverwritten) {
  const auto options = Options(folder_.Write("in.csv", FiguresFile(5)));
  folder_.Write("receipt.csv", "my notes");
  EXPECT_EQ(ReasonOf(Run(options).status()), Reason::RECEIPT_EXISTS);
  EXPECT_EQ(testing::TempDir::Read(options.receipt), "my notes");
}

TEST_F(ImporterTest, AnInterruptedImportIsNotContinuedWithAnotherFileOrNode) {
  const std::string file = folder_.Write("in.csv", FiguresFile(4000));
  node_.fail_at = 2;
  ASSERT_FALSE(Run(Options(file)).ok());
  node_.fail_at = 0;
  EXPECT_EQ(ReasonOf(Run(Options(folder_.Write("other.csv", FiguresFile(40)))).status()),
            Reason::RECEIPT_EXISTS);
  node_.target = "elsewhere.example:7443";
  EXPECT_EQ(ReasonOf(Run(Options(file)).status()), Reason::RECEIPT_EXISTS);
}

TEST_F(ImporterTest, ADamagedStateIsRefused) {
  const std::string file = folder_.Write("in.csv", FiguresFile(4000));
  node_.fail_at = 2;
  ASSERT_FALSE(Run(Options(file)).ok());
  std::string state = testing::TempDir::Read(Options(file).receipt + ".state");
  state[state.find("next_row ") + 9] ^= 1;
  folder_.Write("receipt.csv.state", state);
  EXPECT_EQ(ReasonOf(Run(Options(file)).status()), Reason::RECEIPT_EXISTS);
}

TEST_F(ImporterTest, AReceiptThatAnotherProcessHoldsIsRefused) {
  const std::string file = folder_.Write("in.csv", FiguresFile(4000));
  node_.fail_at = 2;
  ASSERT_FALSE(Run(Options(file)).ok());
  const int fd = ::open(Options(file).receipt.c_str(), O_WRONLY);
  ASSERT_EQ(::flock(fd, LOCK_EX | LOCK_NB), 0);
  EXPECT_EQ(ReasonOf(Run(Options(file)).status()), Reason::RECEIPT_EXISTS);
  ::close(fd);
}

TEST_F(ImporterTest, AFolderThatCannotBeWrittenSendsNothing) {
  auto options = Options(folder_.Write("in.csv", FiguresFile(5)));
  options.receipt = folder_.path("absent/receipt.csv");
  EXPECT_EQ(ReasonOf(Run(options).status()), Reason::FILE_UNWRITABLE);
  EXPECT_TRUE(node_.sent.empty());
}

TEST_F(ImporterTest, AFileBrokenAtItsEndSendsNothing) {
  const auto options = Options(folder_.Write("in.csv", FiguresFile(3000) + "\"open"));
  EXPECT_EQ(ReasonOf(Run(options).status()), Reason::FILE_MALFORMED);
  EXPECT_TRUE(node_.sent.empty());
  EXPECT_FALSE(std::filesystem::exists(options.receipt));
}

TEST_F(ImporterTest, NothingOfAChangeWhileTheFileIsReadIsSent) {
  const std::string original = FiguresFile(4000);
  const std::string file = folder_.Write("in.csv", original);
  // Changes a count near the end, in place.
  const auto change = [&](uint64_t) {
    const int fd = ::open(file.c_str(), O_WRONLY);
    ASSERT_EQ(::pwrite(fd, "9", 1, static_cast<off_t>(original.size()) - 9), 1);
    ::close(fd);
  };
  const auto status = Importer(TestMappings(), node_, change).Run(Options(file)).status();
  EXPECT_EQ(ReasonOf(status), Reason::FILE_MALFORMED);
  EXPECT_THAT(MessageOf(status), ::testing::HasSubstr("its first 3000 rows are stored"));
  EXPECT_EQ(node_.sent.size(), 3u);

  folder_.Write("in.csv", original);
  const auto report = Run(Options(file));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->resumed_from_row, 3001u);
  EXPECT_EQ(report->account.Sum(), 4000u);
}

TEST_F(ImporterTest, RowsThatAreAddedWhileTheFileIsReadAreNotSent) {
  // The answer to the first part is taken where the second ends, and there the file grows.
  for (const int rows : {2999, 3000, 3001}) {
    FakeNode node;
    const std::string file = folder_.Write("in.csv", FiguresFile(rows));
    auto options = Options(file);
    options.receipt = folder_.path(std::to_string(rows) + ".csv");
    Importer importer(TestMappings(), node,
                      [&](uint64_t) { std::ofstream(file, std::ios::app) << "ARG,more\n"; });
    EXPECT_EQ(ReasonOf(importer.Run(options).status()), Reason::FILE_MALFORMED) << rows;
    for (const Batch& batch : node.sent) {
      EXPECT_LE(batch.last_row, static_cast<uint64_t>(rows)) << rows;
    }
  }
}

TEST_F(ImporterTest, AnEmptyFileAbsentFileFolderAndPipeAreRefused) {
  EXPECT_EQ(ReasonOf(Run(Options(folder_.Write("in.csv", ""))).status()), Reason::FORMAT_UNKNOWN);
  EXPECT_EQ(ReasonOf(Run(Options(folder_.path("absent"))).status()), Reason::FILE_UNREADABLE);
  EXPECT_EQ(ReasonOf(Run(Options(folder_.path())).status()), Reason::FILE_UNREADABLE);
  ASSERT_EQ(::mkfifo(folder_.path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(ReasonOf(Run(Options(folder_.path("pipe"))).status()), Reason::FILE_UNREADABLE);
}

TEST_F(ImporterTest, AnotherFormatThanTheOneAskedForIsRefused) {
  auto options = Options(folder_.Write("in.csv", FiguresFile(5)));
  options.format = "ctdc-kanon-2020";
  EXPECT_EQ(ReasonOf(Run(options).status()), Reason::FORMAT_UNKNOWN);
}

TEST_F(ImporterTest, ValidatingLeavesNoReceiptAndTellsTheNodeSo) {
  auto options = Options(folder_.Write("in.csv", FiguresFile(2500)));
  options.validate_only = true;
  ASSERT_TRUE(Run(options).ok());
  EXPECT_FALSE(std::filesystem::exists(options.receipt));
  ASSERT_GT(node_.sent.size(), 1u);
  for (const Batch& batch : node_.sent) EXPECT_TRUE(batch.validate_only);
}

TEST_F(ImporterTest, AHeaderWithoutRowsIsAnEmptyDelivery) {
  const auto report = Run(Options(folder_.Write("in.csv", FiguresFile(0))));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->rows_read, 0u);
  EXPECT_TRUE(node_.sent.empty());
}

TEST_F(ImporterTest, IdenticalRowsOfVictimsAreDifferentPeople) {
  std::string text;
  AppendCsvRow(text, CanonicalHeader(Ctdc()));
  std::vector<std::string> row(63, "-99");
  row[0] = "2019";
  row[57] = "AR";
  for (int i = 0; i < 3; ++i) AppendCsvRow(text, row);
  const auto report = Run(Options(folder_.Write("in.csv", text)));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->account.accepted, 3u);
}

TEST_F(ImporterTest, RespelledLabelsAreWarnedOfAndKept) {
  std::string text;
  AppendCsvRow(text, CanonicalHeader(Ctdc()));
  std::vector<std::string> row(63, "-99");
  row[0] = "2019";
  row[57] = "AR";
  row[8] = row[11] = "1";
  row[26] = "Threats;Debt bondage";
  AppendCsvRow(text, row);
  const auto report = Run(Options(folder_.Write("in.csv", text)));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->quality.warnings,
            (std::vector<QualityWarning>{
                {QualityKind::kLabelsRespelled, 1, "meansOfControlConcatenated"}}));
}

TEST(DrySink, CountsFiguresAsAnEmptyNodeWould) {
  DrySink sink;
  Batch batch;
  MappedObservation figure;
  figure.key.year = 2019;
  figure.value = 7;
  batch.observations = {{1, figure}, {2, figure}};
  figure.value = 8;
  batch.observations.push_back({3, figure});
  figure.jurisdiction = 1;
  batch.observations.push_back({4, figure});
  const auto results = sink.Send(batch);
  ASSERT_TRUE(results.ok());
  EXPECT_EQ(results->results[0].outcome, Outcome::kInConflict);
  EXPECT_EQ(results->results[1].outcome, Outcome::kUnchanged);
  EXPECT_EQ(results->results[2].outcome, Outcome::kInConflict);
  EXPECT_EQ(results->results[3].outcome, Outcome::kAccepted);
  EXPECT_TRUE(results->changed.empty());
}

TEST(DrySink, MovesTheFirstRowOfAConflictAndKnowsAllValuesAgain) {
  DrySink sink;
  const auto send = [&sink](uint64_t row, uint64_t value) {
    Batch batch;
    MappedObservation figure;
    figure.value = value;
    batch.observations = {{row, figure}};
    return *sink.Send(batch);
  };
  EXPECT_EQ(send(1, 12).results[0].outcome, Outcome::kAccepted);
  const BatchAnswer second = send(1001, 13);
  EXPECT_EQ(second.results[0].outcome, Outcome::kInConflict);
  ASSERT_EQ(second.changed.size(), 1u);
  EXPECT_EQ(second.changed[0].row, 1u);
  EXPECT_EQ(second.changed[0].outcome, Outcome::kInConflict);
  for (const uint64_t value : {12, 13}) {
    const BatchAnswer repeat = send(2001, value);
    EXPECT_EQ(repeat.results[0].outcome, Outcome::kUnchanged);
    EXPECT_TRUE(repeat.changed.empty());
  }
  EXPECT_EQ(send(3001, 14).results[0].outcome, Outcome::kInConflict);
}

}  // namespace
}  // namespace enlace::intake
