// The formats that others build on, against tests/golden/model.txt.
#include <gtest/gtest.h>

#include <map>

#include "node/base/bytes.h"
#include "node/model/attributes.h"
#include "node/model/case_record.h"
#include "node/model/names.h"
#include "node/model/observation.h"
#include "tests/testing/golden.h"

namespace enlace::model {
namespace {

constexpr char kAdvice[] =
    "a format changed: change docs/ARCHITECTURE.md (Case records and figures) and "
    "tests/golden/model.txt with it, and say how what was written before is read";

class ModelGoldenTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(golden_.size(), 12U); }
  void Expect(const std::string& name, std::string_view bytes) {
    EXPECT_EQ(HexEncode(bytes), HexEncode(golden_[name])) << name << ": " << kAdvice;
  }

  std::map<std::string, std::string> golden_ = testing::GoldenBytes("model.txt");
};

TEST_F(ModelGoldenTest, CanonicalContentOfACase) {
  CaseContent content;
  content.registration_year = 2022;
  content.registration_quarter = 3;
  content.singles[kSex] = {1, Missing::kNone};
  content.singles[kAgeBand] = {0, Missing::kUnknown};
  content.singles[kCitizenship] = {32, Missing::kNone};
  content.singles[kAbduction] = {0, Missing::kNotApplicable};
  content.singles[kMajority] = {0, Missing::kNotCollected};
  content.sets[kForms] = {0b0110, 0b1000, Missing::kNotCollected};
  content.sets[kMeans] = {uint64_t{1} << 18, 0, Missing::kUnknown};
  content.sets[kActs] = {0, 0, Missing::kNotCollected};
  Expect("case_full", CanonicalBytes(content));

  CaseContent empty;
  empty.registration_year = 1990;
  Expect("case_empty", CanonicalBytes(empty));
}

TEST_F(ModelGoldenTest, KeysOfFigures) {
  Expect("figure_key", FigureKeyText({1, 2, 32, 0, 0, 2022}));
  Expect("figure_key_large", FigureKeyText({4294967295U, 0, 0, 0, 0, 2100}));
}

TEST_F(ModelGoldenTest, Names) {
  const std::string hex = "000102030405060708090a0b0c0d0e0f";
  Expect("case_name", ResourceName{"ARG", "cases", hex}.ToString());
  Expect("release_name",
         ResourceName{"OAS", "releases", "ffeeddccbbaa99887766554433221100"}.ToString());
  Expect("programme_name", ResourceName{"BRA", "programmes", "border-police-basics"}.ToString());
  Expect("observation_name", ResourceName{"ARG", "observations", "1-2-32-0-0-2022"}.ToString());
  Expect("own_channel", ChannelOrigin{"demo", "ARG", "training", ""}.ToString());
  Expect("peer_channel", ChannelOrigin{"demo", "ARG", "cases", "BRA"}.ToString());
  Expect("audience_members", Audience::Parse("OAS,BRA,ARG")->ToString());
  Expect("audience_network", Audience::Network().ToString());
}

TEST_F(ModelGoldenTest, EveryNameInTheFileIsReadBack) {
  const std::map<std::string, std::string> collections = {{"case_name", "cases"},
                                                          {"release_name", "releases"},
                                                          {"programme_name", "programmes"},
                                                          {"observation_name", "observations"}};
  for (const auto& [name, collection] : collections) {
    EXPECT_TRUE(ResourceName::Parse(golden_[name], collection).ok()) << name;
  }
  for (const char* name : {"own_channel", "peer_channel"}) {
    EXPECT_TRUE(ChannelOrigin::Parse(golden_[name]).ok()) << name;
  }
  for (const char* name : {"figure_key", "figure_key_large"}) {
    EXPECT_TRUE(ParseFigureKey(golden_[name]).ok()) << name;
  }
}

}  // namespace
}  // namespace enlace::model
