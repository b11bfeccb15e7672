#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "node/release/content.h"
#include "node/views/catalogue_view.h"
#include "node/views/figures_view.h"
#include "tests/testing/memory_store.h"

namespace enlace::views {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string ReleaseName(char digit, const std::string& jurisdiction = "ARG") {
  return "jurisdictions/" + jurisdiction + "/releases/" + std::string(32, digit);
}

class ViewsTest : public ::testing::Test {
 protected:
  struct Entry {
    std::string kind;
    std::string subject;
    std::string payload;
    std::string audience = "network";
  };

  uint64_t Append(const std::string& channel, const Entry& entry) {
    uint64_t sequence = 0;
    db_.Commit([&](store::Transaction& transaction) {
      const auto appended = store::AppendEntries(
          transaction, channel,
          {{entry.kind, entry.subject, *model::Audience::Parse(entry.audience), entry.payload}},
          keys_);
      ASSERT_TRUE(appended.ok()) << appended.status();
      sequence = *appended;
    });
    return sequence;
  }

  channel::v1::Release Release(char digit, uint64_t value, const std::string& supersedes = "",
                               const std::string& jurisdiction = "ARG") {
    channel::v1::ReleaseContent content;
    content.set_name(ReleaseName(digit, jurisdiction));
    content.set_jurisdiction(jurisdiction);
    content.set_codelist_version(1);
    content.set_method(channel::v1::METHOD_OFFICIAL_TABLE);
    content.set_threshold(5);
    content.set_year_from(2022);
    content.set_year_to(2022);
    content.set_supersedes(supersedes);
    auto& figure = *content.add_figures();
    figure.set_indicator(1);
    figure.set_dimension(1);
    figure.set_year(2022);
    figure.set_status(channel::v1::VALUE);
    figure.set_value(value);
    channel::v1::Release release;
    release.set_content(release::ContentBytes(content));
    release.set_content_hash(std::string(AsView(release::ContentHash(release.content()))));
    release.set_preparer_fingerprint(std::string(32, 'p'));
    release.set_approver_fingerprint(std::string(32, 'a'));
    release.set_released_on("2026-01-01");
    return release;
  }
  uint64_t Publish(const channel::v1::Release& release) {
    return Append(kStatistics, {"statistics.release", "r", release.SerializeAsString()});
  }
  uint64_t Withdraw(char digit) {
    channel::v1::ReleaseWithdrawal withdrawal;
    withdrawal.set_name(ReleaseName(digit));
    return Append(kStatistics, {"statistics.withdrawal", "r", withdrawal.SerializeAsString()});
  }
  std::shared_ptr<const StatisticsState> Statistics(uint64_t size) {
    return *figures_.At(*db_.store->Read(), {kStatistics, size});
  }
  static void AddText(channel::v1::LocalizedText& texts, const std::string& text) {
    auto& added = *texts.add_texts();
    added.set_language("es");
    added.set_text(text);
    added.set_translation(channel::v1::LocalizedText::Text::ORIGINAL);
  }
  uint64_t Programme(const std::string& id, uint32_t revision,
                     const std::string& audience = "network",
                     const std::string& jurisdiction = "ARG",
                     const std::function<void(channel::v1::Programme&)>& change = {}) {
    channel::v1::Programme programme;
    programme.set_name("jurisdictions/" + jurisdiction + "/programmes/" + id);
    programme.set_revision(revision);
    AddText(*programme.mutable_title(), "Curso");
    if (change) change(programme);
    return Append(kTraining, {"training.programme", id, programme.SerializeAsString(), audience});
  }
  std::shared_ptr<const CatalogueState> Catalogue(uint64_t size) {
    return *catalogue_.At(*db_.store->Read(), {kTraining, size});
  }

  static constexpr char kStatistics[] = "demo/ARG/statistics";
  static constexpr char kTraining[] = "demo/ARG/training";
  testing::MemoryStore db_;
  store::ChannelKeys keys_{*crypto::SigningKey::FromSeed(std::string(32, 'k')),
                           std::string(32, 's')};
  FiguresView figures_;
  CatalogueView catalogue_;
};

TEST_F(ViewsTest, AReleaseIsInForceFromItsEntryOn) {
  Publish(Release('1', 10));
  EXPECT_THAT(Statistics(0)->releases, IsEmpty());
  const auto state = Statistics(1);
  ASSERT_THAT(state->releases, SizeIs(1));
  EXPECT_EQ(FiguresInForce(*state)[0].figure.value(), 10u);
  EXPECT_EQ(state->jurisdiction, "ARG");
}

TEST_F(ViewsTest, SupersededAndWithdrawnReleasesAreNoLongerInForce) {
  Publish(Release('1', 10));
  Publish(Release('2', 20, ReleaseName('1')));
  Withdraw('2');
  EXPECT_EQ(FiguresInForce(*Statistics(1))[0].figure.value(), 10u);
  const auto superseded = Statistics(2);
  ASSERT_THAT(FiguresInForce(*superseded), SizeIs(1));
  EXPECT_EQ(FiguresInForce(*superseded)[0].figure.value(), 20u);
  EXPECT_EQ(superseded->superseded, 1u);
  EXPECT_THAT(FiguresInForce(*Statistics(3)), IsEmpty());
  EXPECT_EQ(Statistics(3)->withdrawn, 1u);
}

TEST_F(ViewsTest, EntriesAgainstTheRulesAreLeftOutAndCounted) {
  Publish(Release('1', 10));
  auto bad_hash = Release('2', 11);
  bad_hash.mutable_content_hash()->back() ^= 1;
  Publish(bad_hash);
  Publish(Release('3', 12, "", "BRA"));  // Of another state.
  Publish(Release('1', 13));             // A name again.
  // What a report could neither show nor check takes nothing else down with it.
  auto long_day = Release('4', 14);
  long_day.set_released_on(std::string(5000, '1'));
  Publish(long_day);
  auto formula = Release('5', 15);
  formula.set_released_on("=1+1");
  Publish(formula);
  Publish(Release('6', model::kObservationValueMax + 1));
  Append(kStatistics, {"statistics.release", "r", "\xff"});
  Append(kStatistics, {"statistics.withdrawal", "r", "\xff"});
  Append(kStatistics, {"statistics.cube", "r", "of the future"});
  const auto state = Statistics(10);
  ASSERT_THAT(state->releases, SizeIs(1));
  EXPECT_EQ(FiguresInForce(*state)[0].figure.value(), 10u);
  EXPECT_EQ(state->left_out.invalid, 8u);
  EXPECT_EQ(state->left_out.not_understood, 1u);
}

TEST_F(ViewsTest, AnErasedPayloadIsCountedAsErased) {
  const uint64_t sequence = Publish(Release('1', 10));
  db_.Commit([&](store::Transaction& transaction) {
    ASSERT_TRUE(store::ErasePayload(transaction, kStatistics, sequence).ok());
  });
  EXPECT_EQ(Statistics(1)->left_out.erased, 1u);
  EXPECT_THAT(Statistics(1)->releases, IsEmpty());
}

TEST_F(ViewsTest, AFoldInStepsEqualsAFoldAtOnce) {
  for (const char digit : {'1', '2', '3', '4'}) {
    Publish(Release(digit, 10, digit == '3' ? ReleaseName('2') : ""));
  }
  Withdraw('1');
  for (uint64_t size = 0; size <= 5; ++size) {
    FiguresView fresh;
    const auto at_once = *fresh.At(*db_.store->Read(), {kStatistics, size});
    const auto in_steps = Statistics(size);
    ASSERT_EQ(at_once->releases.size(), in_steps->releases.size());
    EXPECT_EQ(at_once->sequence_of, in_steps->sequence_of);
    EXPECT_EQ(at_once->withdrawn, in_steps->withdrawn);
  }
  // And back again to a smaller size.
  EXPECT_THAT(Statistics(2)->releases, SizeIs(2));
}

TEST_F(ViewsTest, HeldChannelsAreThoseOfOneKindAndNetworkAtSignedSizes) {
  Publish(Release('1', 10));
  Programme("a", 1);
  const auto held = *HeldChannels(*db_.store->Read(), "demo", "statistics");
  ASSERT_THAT(held, SizeIs(1));
  EXPECT_EQ(held[0], (ChannelAt{kStatistics, 1}));
  EXPECT_THAT(*HeldChannels(*db_.store->Read(), "other", "statistics"), IsEmpty());
}

TEST_F(ViewsTest, AChannelWithTwoHistoriesIsStopped) {
  Publish(Release('1', 10));
  EXPECT_THAT(*StoppedChannels(*db_.store->Read(), "demo", "statistics"), IsEmpty());
  db_.Commit([](store::Transaction& transaction) {
    ASSERT_TRUE(store::StopChannel(transaction, kStatistics, {"one note", "another"}).ok());
  });
  EXPECT_THAT(*StoppedChannels(*db_.store->Read(), "demo", "statistics"),
              ::testing::ElementsAre(kStatistics));
  EXPECT_THAT(*StoppedChannels(*db_.store->Read(), "demo", "training"), IsEmpty());
}

TEST_F(ViewsTest, TheHighestRevisionOfAProgrammeCounts) {
  Programme("a", 1);
  Programme("a", 2);
  Programme("a", 1);
  const auto state = Catalogue(3);
  ASSERT_THAT(state->programmes, SizeIs(1));
  EXPECT_EQ(state->programmes.begin()->second.programme.revision(), 2u);
  EXPECT_EQ(state->programmes.begin()->second.sequence, 1u);
  EXPECT_EQ(state->left_out.invalid, 1u);
}

TEST_F(ViewsTest, AWithdrawnProgrammeIsMarked) {
  Programme("a", 1);
  channel::v1::ProgrammeWithdrawal withdrawal;
  withdrawal.set_name("jurisdictions/ARG/programmes/a");
  Append(kTraining, {"training.withdrawal", "a", withdrawal.SerializeAsString()});
  EXPECT_FALSE(Catalogue(1)->programmes.begin()->second.withdrawn);
  EXPECT_TRUE(Catalogue(2)->programmes.begin()->second.withdrawn);
}

TEST_F(ViewsTest, AProgrammeAgainstTheRulesOfTextsIsLeftOut) {
  for (int i = 0; i < 20; ++i) {
    Programme("large" + std::to_string(i), 1, "network", "ARG",
              [](auto& p) { AddText(*p.mutable_summary(), std::string(890'000, 'a')); });
  }
  Programme("turned", 1, "network", "ARG",
            [](auto& p) { p.mutable_title()->mutable_texts(0)->set_text("a\xE2\x80\xAE"); });
  Programme("person", 1, "network", "ARG",
            [](auto& p) { p.set_contact_role("maria.gomez@example.org"); });
  Programme("untitled", 1, "network", "ARG", [](auto& p) { p.clear_title(); });
  Programme("codes", 1, "network", "ARG", [](auto& p) {
    for (int i = 0; i < 51; ++i) p.add_topics(1);
  });
  Programme("fine", 1);
  const auto state = Catalogue(25);
  ASSERT_THAT(state->programmes, SizeIs(1));
  EXPECT_EQ(state->programmes.begin()->first, "jurisdictions/ARG/programmes/fine");
  EXPECT_EQ(state->left_out.invalid, 24u);
}

TEST_F(ViewsTest, CodesAndLanguagesOfNewerSoftwareAreShown) {
  Programme("a", 1, "network", "ARG", [](auto& p) {
    p.set_codelist_version(99);
    p.add_topics(60'000);
    p.set_depth(60'000);
    auto& text = *p.mutable_title()->add_texts();
    text.set_language("gn");
    text.set_text("Mbo'epy");
    text.set_translation(static_cast<channel::v1::LocalizedText::Text::Translation>(9));
  });
  EXPECT_THAT(Catalogue(1)->programmes, SizeIs(1));
  EXPECT_EQ(Catalogue(1)->left_out.invalid, 0u);
}

TEST_F(ViewsTest, AProgrammeOfAnotherStateIsLeftOut) {
  Programme("a", 1, "network", "BRA");
  EXPECT_THAT(Catalogue(1)->programmes, IsEmpty());
  EXPECT_EQ(Catalogue(1)->left_out.invalid, 1u);
}

}  // namespace
}  // namespace enlace::views
