// What entries carry across borders, against bytes that another implementation made.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "enlace/channel/v1/directory.pb.h"
#include "enlace/channel/v1/statistics.pb.h"
#include "enlace/channel/v1/training.pb.h"
#include "node/base/bytes.h"
#include "node/release/content.h"
#include "node/views/programme_check.h"
#include "tests/testing/golden.h"

namespace enlace {
namespace {

using testing::Counting;

constexpr char kRelease[] = "jurisdictions/ARG/releases/000102030405060708090a0b0c0d0e0f";
constexpr char kProgramme[] = "jurisdictions/BRA/programmes/border-police-basics";

class GoldenPayloads : public ::testing::Test {
 protected:
  void Expect(const std::string& name, std::string_view bytes) const {
    ASSERT_TRUE(golden_.contains(name));
    EXPECT_EQ(HexEncode(bytes), HexEncode(golden_.at(name)));
  }

  const std::map<std::string, std::string> golden_ = testing::GoldenBytes("payloads.txt");
};

void AddFigure(channel::v1::ReleaseContent& content, model::FigureKey key,
               channel::v1::FigureStatus status, uint64_t value) {
  channel::v1::Figure& figure = *content.add_figures();
  figure.set_indicator(key.indicator);
  figure.set_dimension(key.dimension);
  figure.set_category(key.category);
  figure.set_sex(key.sex);
  figure.set_age(key.age);
  figure.set_year(key.year);
  figure.set_status(status);
  figure.set_value(value);
}

channel::v1::ReleaseContent Content() {
  channel::v1::ReleaseContent content;
  content.set_name(kRelease);
  content.set_jurisdiction("ARG");
  content.set_codelist_version(1);
  content.set_method(channel::v1::METHOD_OFFICIAL_TABLE);
  content.set_threshold(5);
  content.set_zero_is_small(true);
  content.set_year_from(2021);
  content.set_year_to(2022);
  content.set_counting_basis(2);
  content.set_supersedes("jurisdictions/ARG/releases/ffeeddccbbaa99887766554433221100");
  AddFigure(content, {1, 1, 0, 0, 0, 2021}, channel::v1::VALUE, 300);
  AddFigure(content, {1, 1, 0, 1, 0, 2021}, channel::v1::SUPPRESSED, 0);
  AddFigure(content, {1, 1, 0, 2, 0, 2021}, channel::v1::SUPPRESSED_BY_SOURCE, 0);
  AddFigure(content, {1, 2, 5, 0, 0, 2022}, channel::v1::IN_CONFLICT, 0);
  content.add_entities("police");
  content.add_entities("shelters");
  return content;
}

TEST_F(GoldenPayloads, ContentOfARelease) {
  const std::string bytes = release::ContentBytes(Content());
  Expect("content", bytes);
  Expect("content_hash", AsView(release::ContentHash(bytes)));
  const auto read = release::ParseContent(golden_.at("content"));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(release::ContentBytes(*read), golden_.at("content"));
}

TEST_F(GoldenPayloads, ReleaseWithItsTwoPersons) {
  channel::v1::Release release;
  release.set_content(release::ContentBytes(Content()));
  release.set_content_hash(golden_.at("content_hash"));
  release.set_preparer_fingerprint(Counting(0));
  release.set_approver_fingerprint(Counting(32));
  release.set_released_on("2026-01-31");
  Expect("release", release.SerializeAsString());
  const auto opened = release::OpenRelease(release);
  EXPECT_TRUE(opened.ok()) << opened.status();
}

TEST_F(GoldenPayloads, WithdrawalOfARelease) {
  channel::v1::ReleaseWithdrawal withdrawal;
  withdrawal.set_name(kRelease);
  withdrawal.set_reason(2);
  withdrawal.set_withdrawn_on("2026-02-28");
  Expect("release_withdrawal", withdrawal.SerializeAsString());
}

void AddText(channel::v1::LocalizedText& texts, const char* language, const char* text,
             channel::v1::LocalizedText::Text::Translation translation) {
  auto& added = *texts.add_texts();
  added.set_language(language);
  added.set_text(text);
  added.set_translation(translation);
}

TEST_F(GoldenPayloads, ProgrammeInItsCanonicalForm) {
  using Text = channel::v1::LocalizedText::Text;
  channel::v1::Programme programme;
  programme.set_name(kProgramme);
  programme.set_revision(3);
  programme.set_codelist_version(1);
  AddText(*programme.mutable_title(), "es", "Básico de policía de fronteras", Text::ORIGINAL);
  AddText(*programme.mutable_title(), "en", "Border police basics", Text::TRANSLATED);
  AddText(*programme.mutable_summary(), "es", "Indicadores y primera atención", Text::ORIGINAL);
  for (const uint32_t topic : {4U, 1U, 4U}) programme.add_topics(topic);
  for (const uint32_t audience : {3U, 2U}) programme.add_audiences(audience);
  programme.set_depth(2);
  for (const uint32_t mode : {2U, 1U}) programme.add_delivery_modes(mode);
  for (const char* language : {"gn", "es"}) programme.add_languages(language);
  programme.set_hours(300);
  programme.set_contact_role("Escuela de Fronteras");
  programme.set_protocol_area(2);
  programme.set_valid_from("2026-01-31");
  programme.set_valid_to("2026-12-31");
  views::Canonicalize(programme);
  Expect("programme", programme.SerializeAsString());
}

TEST_F(GoldenPayloads, WithdrawalOfAProgramme) {
  channel::v1::ProgrammeWithdrawal withdrawal;
  withdrawal.set_name(kProgramme);
  withdrawal.set_revision(3);
  withdrawal.set_reason(1);
  Expect("programme_withdrawal", withdrawal.SerializeAsString());
}

TEST_F(GoldenPayloads, CardOfANode) {
  channel::v1::NodeCard card;
  card.set_jurisdiction("ARG");
  AddText(*card.mutable_institution(), "es", "Oficina de Enlace",
          channel::v1::LocalizedText::Text::ORIGINAL);
  card.add_endpoints("enlace.example.org:8443");
  card.add_endpoints("127.0.0.1:8443");
  card.set_signing_key(Counting(64));
  card.set_software_version("1.0.0");
  Expect("card", card.SerializeAsString());
}

}  // namespace
}  // namespace enlace
