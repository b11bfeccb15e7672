#include "client/intake/csv.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "client/intake/csv_writer.h"

namespace enlace::intake {
namespace {

using Table = std::vector<std::vector<std::string>>;

// Hands out a few bytes at a time, so that every boundary falls between two reads.
class TrickleSource final : public ByteSource {
 public:
  TrickleSource(std::string_view text, size_t step) : text_(text), step_(step) {}
  StatusOr<size_t> Read(char* buffer, size_t size) override {
    const size_t count = std::min({size, step_, text_.size() - at_});
    std::copy_n(text_.data() + at_, count, buffer);
    at_ += count;
    return count;
  }

 private:
  std::string_view text_;
  size_t step_;
  size_t at_ = 0;
};

struct Parsed {
  Table rows;
  std::vector<std::vector<FaultyCell>> faults;
  std::vector<uint64_t> lines;
  Status status;
};

Parsed ParseFrom(ByteSource& source, CsvLimits limits = {}) {
  Parsed out;
  CsvReader reader(source, limits);
  CsvRecord record;
  for (;;) {
    const StatusOr<bool> more = reader.Next(record);
    if (!more.ok() || !*more) {
      out.status = more.status();
      return out;
    }
    EXPECT_EQ(record.row, out.rows.size());
    out.rows.push_back(record.fields);
    out.faults.push_back(record.faults);
    out.lines.push_back(record.line);
  }
}

Parsed Parse(std::string_view text, CsvLimits limits = {}) {
  StringSource source(text);
  return ParseFrom(source, limits);
}

TEST(CsvReader, ReadsPlainFields) {
  const Parsed parsed = Parse("a,b\n1,2\n");
  EXPECT_EQ(parsed.rows, (Table{{"a", "b"}, {"1", "2"}}));
}

TEST(CsvReader, EndsRowsWithCrLfLfOrTheFile) {
  EXPECT_EQ(Parse("a,b\r\n1,2\n3,4").rows, (Table{{"a", "b"}, {"1", "2"}, {"3", "4"}}));
}

TEST(CsvReader, KeepsSeparatorsQuotesAndLineBreaksInsideQuotes) {
  const Parsed parsed = Parse("\"a,\"\"b\"\"\r\nc\",d\ne,f\n");
  EXPECT_EQ(parsed.rows, (Table{{"a,\"b\"\r\nc", "d"}, {"e", "f"}}));
  EXPECT_EQ(parsed.lines, (std::vector<uint64_t>{1, 3}));
}

TEST(CsvReader, TakesTheByteOrderMarkAway) {
  for (const size_t step : {1u, 2u, 100u}) {
    TrickleSource source("\xEF\xBB\xBFname,b\n", step);
    EXPECT_EQ(ParseFrom(source).rows, (Table{{"name", "b"}}));
  }
}

TEST(CsvReader, SkipsLinesWithoutAnyCharacter) {
  EXPECT_EQ(Parse("a\n\n\r\nb\n\"\"\n").rows, (Table{{"a"}, {"b"}, {""}}));
}

TEST(CsvReader, KeepsEmptyFieldsAtTheEnd) {
  EXPECT_EQ(Parse("a,,\n,\n").rows, (Table{{"a", "", ""}, {"", ""}}));
}

TEST(CsvReader, ReportsAReplacementCharacterByItsCell) {
  const Parsed parsed = Parse("a,pa\xEF\xBF\xBDs\nb,c\n");
  EXPECT_EQ(parsed.faults[0], (std::vector<FaultyCell>{{1, CellFault::kReplacementCharacter}}));
  EXPECT_TRUE(parsed.faults[1].empty());
}

TEST(CsvReader, ReportsBytesThatAreNotUtf8) {
  const Parsed parsed = Parse(
      "Espa\xF1"
      "a,b\n");  // Latin-1.
  EXPECT_EQ(parsed.faults[0], (std::vector<FaultyCell>{{0, CellFault::kInvalidUtf8}}));
}

TEST(CsvReader, ReportsStrayQuotesAndGoesOnWithTheNextRow) {
  const Parsed parsed = Parse("a\"b,\"c\"d\ne,f\n");
  EXPECT_EQ(parsed.faults[0],
            (std::vector<FaultyCell>{{0, CellFault::kStrayQuote}, {1, CellFault::kStrayQuote}}));
  EXPECT_EQ(parsed.rows[1], (std::vector<std::string>{"e", "f"}));
}

TEST(CsvReader, ReportsACarriageReturnWithoutLineFeed) {
  const Parsed parsed = Parse("a\rb,c\n");
  EXPECT_EQ(parsed.faults[0], (std::vector<FaultyCell>{{0, CellFault::kStrayCarriageReturn}}));
}

TEST(CsvReader, RefusesAQuoteThatIsNeverClosedWithRowAndLine) {
  const Parsed parsed = Parse("a\n\"b\nc\n");
  EXPECT_EQ(ReasonOf(parsed.status), Reason::FILE_MALFORMED);
  EXPECT_EQ(MetadataOf(parsed.status).at("row"), "1");
}

TEST(CsvReader, RefusesAFieldAboveItsLimit) {
  CsvLimits limits;
  limits.field_bytes_max = 4;
  EXPECT_TRUE(Parse("1234,x\n", limits).status.ok());
  EXPECT_EQ(ReasonOf(Parse("12345,x\n", limits).status), Reason::FILE_MALFORMED);
}

TEST(CsvReader, RefusesARowAboveItsLimit) {
  CsvLimits limits;
  limits.record_bytes_max = 6;
  EXPECT_TRUE(Parse("123,456\n123,456\n", limits).status.ok());
  EXPECT_EQ(ReasonOf(Parse("123,4567\n", limits).status), Reason::FILE_MALFORMED);
}

TEST(CsvReader, RefusesMoreFieldsThanItsLimit) {
  CsvLimits limits;
  limits.fields_max = 2;
  EXPECT_TRUE(Parse("a,b\n", limits).status.ok());
  EXPECT_EQ(ReasonOf(Parse("a,b,c\n", limits).status), Reason::FILE_MALFORMED);
}

TEST(CsvReader, ErrorsNeverEchoTheFile) {
  const Parsed parsed = Parse("a\n\"secret");
  EXPECT_EQ(parsed.status.ToString().find("secret"), std::string::npos);
}

TEST(IsUtf8, RefusesOverlongSurrogatesAndBeyondTheLastCodePoint) {
  EXPECT_TRUE(IsUtf8("Panam\xC3\xA1 \xF0\x9F\x98\x80"));
  for (const char* bad : {"\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80",
                          "\xC3", "\xF5\x80\x80\x80"}) {
    EXPECT_FALSE(IsUtf8(bad));
  }
}

// The whole text at once, by position; for input without broken quotes.
Table NaiveParse(const std::string& text) {
  Table rows;
  size_t at = 0;
  while (at < text.size()) {
    const size_t begin = at;
    std::vector<std::string> row(1);
    for (;;) {
      if (at < text.size() && text[at] == '"') {
        for (++at; text[at] != '"' || (at + 1 < text.size() && text[at + 1] == '"'); ++at) {
          if (text[at] == '"') ++at;
          row.back() += text[at];
        }
        ++at;
      } else {
        const size_t end = std::min(text.find_first_of(",\r\n", at), text.size());
        row.back() = text.substr(at, end - at);
        at = end;
      }
      if (at >= text.size() || text[at] != ',') break;
      ++at;
      row.emplace_back();
    }
    const bool blank = at == begin;
    if (text.compare(at, 2, "\r\n") == 0)
      at += 2;
    else if (at < text.size())
      ++at;
    if (!blank) rows.push_back(row);
  }
  return rows;
}

std::string RandomField(std::mt19937_64& random) {
  static const char* kPieces[] = {"a", "7", ",", "\"", "\n", "\r\n", " ", "\xC3\xA9", ";", "-99"};
  std::string out;
  for (uint64_t n = random() % 5; n > 0; --n) out += kPieces[random() % 10];
  return out;
}

TEST(CsvReaderProperty, AgreesWithANaiveParserAndWithTheWriter) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 2000; ++round) {
    Table table(random() % 6);
    std::string text;
    for (auto& row : table) {
      row.resize(1 + random() % 4);
      for (std::string& field : row) field = RandomField(random);
      AppendCsvRow(text, row, random() % 2 == 0 ? LineEnd::kLf : LineEnd::kCrLf);
    }
    TrickleSource source(text, 1 + random() % 7);
    const Parsed parsed = ParseFrom(source);
    ASSERT_TRUE(parsed.status.ok()) << parsed.status;
    ASSERT_EQ(parsed.rows, table) << text;
    ASSERT_EQ(NaiveParse(text), table) << text;
    for (const auto& faults : parsed.faults) ASSERT_TRUE(faults.empty()) << text;
  }
}

}  // namespace
}  // namespace enlace::intake
