#include "node/release/content.h"

#include <functional>

#include "gtest/gtest.h"
#include "node/release/ledger.h"
#include "tests/unit/release/lists.h"

namespace enlace::release {
namespace {

channel::v1::ReleaseContent Content() {
  channel::v1::ReleaseContent content;
  content.set_name("jurisdictions/ARG/releases/" + std::string(32, 'a'));
  content.set_jurisdiction("ARG");
  content.set_codelist_version(1);
  content.set_method(channel::v1::METHOD_OFFICIAL_TABLE);
  content.set_threshold(5);
  content.set_year_from(2021);
  content.set_year_to(2022);
  content.set_counting_basis(1);
  OfficialTable table;
  table.figures = {{Key({.year = 2021}), channel::v1::VALUE, 17},
                   {Key({.sex = kMale, .year = 2021}), channel::v1::SUPPRESSED, 0},
                   {Key({.year = 2022}), channel::v1::VALUE, 0}};
  SetFigures(table, content);
  return content;
}

Reason ReasonOfParsing(const channel::v1::ReleaseContent& content) {
  const auto parsed = ParseContent(ContentBytes(content));
  EXPECT_FALSE(parsed.ok());
  return ReasonOf(parsed.status());
}

TEST(ContentTest, BytesAreStableAndParseBack) {
  const std::string bytes = ContentBytes(Content());
  EXPECT_EQ(bytes, ContentBytes(Content()));
  const auto parsed = ParseContent(bytes);
  ASSERT_TRUE(parsed.ok()) << MessageOf(parsed.status());
  EXPECT_EQ(ContentBytes(*parsed), bytes);
}

// The bytes of a release are signed and kept by others for ever.
TEST(ContentTest, GoldenHash) {
  EXPECT_EQ(HexEncode(AsView(ContentHash(ContentBytes(Content())))),
            "f4952d4664dacde8f54b025aaa0c15fa03b27160b8a15d6bb1e00906f9881362");
}

TEST(ContentTest, GoldenHashOfCaseRecords) {
  auto content = Content();
  content.set_counting_basis(2);
  content.add_entities("police");
  content.add_entities("shelter-2");
  EXPECT_EQ(HexEncode(AsView(ContentHash(ContentBytes(content)))),
            "00abb617aa8c8c44d09ae746de107abb595fb7c5b0a098b86e746c65dc0e6a9c");
  EXPECT_TRUE(ParseContent(ContentBytes(content)).ok());
}

TEST(ContentTest, RefusesWhatIsNotWellFormed) {
  const std::vector<std::function<void(channel::v1::ReleaseContent&)>> faults = {
      [](auto& c) { c.set_name("jurisdictions/BRA/releases/" + std::string(32, 'a')); },
      [](auto& c) { c.set_name("x"); },
      [](auto& c) { c.set_jurisdiction("arg"); },
      [](auto& c) { c.set_supersedes("jurisdictions/BRA/releases/" + std::string(32, 'b')); },
      [](auto& c) { c.set_method(channel::v1::METHOD_UNSPECIFIED); },
      [](auto& c) { c.set_year_from(2023); },
      [](auto& c) { c.set_year_to(2021); },
      [](auto& c) { c.set_year_from(0); },
      [](auto& c) { c.mutable_figures()->SwapElements(0, 1); },
      [](auto& c) { *c.add_figures() = c.figures(2); },
      [](auto& c) { c.mutable_figures(1)->set_value(3); },
      [](auto& c) { c.mutable_figures(1)->clear_status(); },
      [](auto& c) { c.mutable_figures(1)->set_status(static_cast<channel::v1::FigureStatus>(99)); },
      [](auto& c) { c.mutable_figures(0)->set_indicator(0); },
      [](auto& c) { c.mutable_figures(0)->set_value(model::kObservationValueMax + 1); },
      [](auto& c) { c.add_entities("Police"); },
      [](auto& c) { c.add_entities(""); },
      [](auto& c) { c.add_entities("shelter"), c.add_entities("police"); },
      [](auto& c) { c.add_entities("police"), c.add_entities("police"); },
      [](auto& c) {
        for (int n = 0; n <= kReleaseEntitiesMax; ++n) c.add_entities(std::to_string(100 + n));
      },
  };
  for (size_t index = 0; index < faults.size(); ++index) {
    SCOPED_TRACE(index);
    auto content = Content();
    faults[index](content);
    EXPECT_EQ(ReasonOfParsing(content), Reason::ENTRY_INVALID);
  }
  EXPECT_EQ(ReasonOf(ParseContent("\xff\xff").status()), Reason::ENTRY_INVALID);
}

TEST(ContentTest, OpensOnlyReleasesWithMatchingHashAndTwoKeys) {
  channel::v1::Release release;
  release.set_content(ContentBytes(Content()));
  const Hash hash = ContentHash(release.content());
  release.set_content_hash(std::string(AsView(hash)));
  release.set_preparer_fingerprint(std::string(32, 'p'));
  release.set_approver_fingerprint(std::string(32, 'a'));
  release.set_released_on("2026-02-28");
  EXPECT_TRUE(OpenRelease(release).ok());

  auto same = release;
  same.set_approver_fingerprint(release.preparer_fingerprint());
  EXPECT_EQ(ReasonOf(OpenRelease(same).status()), Reason::ENTRY_INVALID);
  auto none = release;
  none.clear_approver_fingerprint();
  EXPECT_EQ(ReasonOf(OpenRelease(none).status()), Reason::ENTRY_INVALID);
  auto changed = release;
  changed.mutable_content()->back() ^= 1;
  EXPECT_EQ(ReasonOf(OpenRelease(changed).status()), Reason::ENTRY_INVALID);
}

// What a report shows and partner programs read as a day is one.
TEST(ContentTest, OpensOnlyReleasesOfADay) {
  channel::v1::Release release;
  release.set_content(ContentBytes(Content()));
  release.set_content_hash(std::string(AsView(ContentHash(release.content()))));
  release.set_preparer_fingerprint(std::string(32, 'p'));
  release.set_approver_fingerprint(std::string(32, 'a'));
  for (const std::string& day :
       {std::string(), std::string("=1+1"), std::string(5000, '1'), std::string("2026-02-30"),
        std::string("2026-13-01"), std::string("2026-00-10"), std::string("2026/02/03"),
        std::string("2026-2-003"), std::string("+026-02-03")}) {
    release.set_released_on(day);
    EXPECT_EQ(ReasonOf(OpenRelease(release).status()), Reason::ENTRY_INVALID) << day;
  }
  release.set_released_on("2024-02-29");
  EXPECT_TRUE(OpenRelease(release).ok());
}

TEST(LedgerTest, OnePopulationIsReleasedOnce) {
  const std::vector<LedgerEntry> in_force = {{"old", Source::kObservations, 2018, 2020}};
  const auto check = [&](Source source, uint32_t from, uint32_t to, const std::string& supersedes) {
    return ReasonOf(CheckLedger(in_force, {"new", source, from, to}, supersedes));
  };
  EXPECT_EQ(check(Source::kCaseRecords, 2020, 2022, ""), Reason::RELEASE_METHOD_TAKEN);
  EXPECT_EQ(check(Source::kObservations, 2017, 2018, ""), Reason::RELEASE_METHOD_TAKEN);
  EXPECT_TRUE(CheckLedger(in_force, {"new", Source::kCaseRecords, 2021, 2022}, "").ok());
  EXPECT_TRUE(CheckLedger(in_force, {"new", Source::kObservations, 2018, 2022}, "old").ok());
  EXPECT_EQ(check(Source::kCaseRecords, 2018, 2022, "old"), Reason::RELEASE_METHOD_TAKEN);
  EXPECT_TRUE(CheckLedger(in_force, {"old", Source::kObservations, 2018, 2020}, "").ok());
  EXPECT_TRUE(CheckLedger({}, {"new", Source::kObservations, 2018, 2020}, "").ok());
}

TEST(LedgerTest, WhatWasTakenBackStillExcludesTheOtherSource) {
  const std::vector<LedgerEntry> past = {{"old", Source::kObservations, 2018, 2020, false}};
  EXPECT_EQ(ReasonOf(CheckLedger(past, {"new", Source::kCaseRecords, 2020, 2022}, "")),
            Reason::RELEASE_METHOD_TAKEN);
  EXPECT_TRUE(CheckLedger(past, {"new", Source::kCaseRecords, 2021, 2022}, "").ok());
  EXPECT_TRUE(CheckLedger(past, {"new", Source::kObservations, 2018, 2020}, "").ok());
}

}  // namespace
}  // namespace enlace::release
