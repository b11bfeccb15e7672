// What other parts may rely on in the lists that are shipped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <set>

#include "node/codes/fold.h"
#include "node/codes/registry.h"

namespace enlace::codes {
namespace {

class ShippedListsTest : public ::testing::Test {
 protected:
  static const Registry& Lists() {
    static const std::shared_ptr<const Registry> registry =
        *Registry::Load(ENLACE_SOURCE_DIR "/config/codelists");
    return *registry;
  }
  static const CodeList& List(std::string_view name) { return Lists().Get(name); }
  static std::string English(std::string_view list, uint32_t number) {
    return List(list).Label(number, "en").value_or("");
  }
  // Every code with `property` leads to an id of `target`.
  static void ExpectLeadsTo(std::string_view list, const std::string& property,
                            std::string_view target) {
    for (const Code& code : List(list).codes()) {
      const auto at = code.properties.find(property);
      if (at == code.properties.end()) continue;
      EXPECT_NE(List(target).FindId(at->second), nullptr) << list << "." << code.id;
    }
  }
};

TEST_F(ShippedListsTest, HaveFourLanguagesExceptForNamesOfPlaces) {
  for (const auto& [name, list] : Lists().lists()) {
    if (name == "country" || name == "place" || name == "admin1") continue;
    for (const Code& code : list.codes()) {
      for (const std::string_view language : kLanguages) {
        EXPECT_TRUE(list.Label(code.number, language).has_value())
            << name << "." << code.id << " " << language;
      }
    }
  }
}

TEST_F(ShippedListsTest, LabelsOfOneLanguageDifferWithinAList) {
  for (const auto& [name, list] : Lists().lists()) {
    for (const std::string_view language : kLanguages) {
      std::set<std::string> seen;
      for (const Code& code : list.codes()) {
        const auto label = list.Label(code.number, language);
        if (!label.has_value()) continue;
        // Many islands have a Saint George; within one country it is one.
        const auto country = code.properties.find("country");
        const std::string where = country == code.properties.end() ? "" : country->second;
        EXPECT_TRUE(seen.insert(where + "/" + *Fold(*label)).second)
            << name << "." << code.id << language;
      }
    }
  }
}

TEST_F(ShippedListsTest, OfficialFiguresUseTheLabelsOfTheSource) {
  EXPECT_EQ(English("indicator", 1), "Detected trafficking victims");
  EXPECT_EQ(English("indicator", 2), "Offences of trafficking in persons");
  EXPECT_EQ(English("indicator", 3), "Persons brought into formal contact");
  EXPECT_EQ(English("indicator", 4), "Persons prosecuted");
  EXPECT_EQ(English("indicator", 5), "Persons convicted");
  EXPECT_EQ(English("dimension", 2), "by form of exploitation");
  EXPECT_EQ(English("dimension", 3), "by citizenship");
  EXPECT_EQ(English("dimension", 4), "by country of repatriation");
  EXPECT_EQ(English("official_form", 1), "Sexual exploitation");
  EXPECT_EQ(English("official_form", 2), "Forced labour");
  EXPECT_EQ(English("official_form", 3), "Other forms of exploitation");
  EXPECT_EQ(English("sex", 0), "Total");
  EXPECT_EQ(English("sex", 4), "Unknown");
  EXPECT_EQ(English("age_group", 1), "0 to 17 years");
  EXPECT_EQ(English("age_group", 2), "18 years or over");
}

TEST_F(ShippedListsTest, CountriesAreTheOfficiallyAssignedOnes) {
  const CodeList& countries = List("country");
  EXPECT_EQ(countries.codes().size(), 249U);
  std::set<std::string> alpha2;
  for (const Code& code : countries.codes()) {
    EXPECT_EQ(code.id.size(), 3U);
    EXPECT_TRUE(alpha2.insert(code.properties.at("alpha2")).second) << code.id;
    EXPECT_EQ(countries.FindId(code.properties.at("alpha3")), &code);
    EXPECT_TRUE(code.properties.contains("subregion") || code.id == "ata") << code.id;
  }
  EXPECT_EQ(countries.FindId("ARG")->number, 32U);
}

TEST_F(ShippedListsTest, TheThirtyFiveStatesOfTheCharterHaveFourNames) {
  const std::set<std::string> americas = {"caribbean", "central_america", "south_america",
                                          "northern_america"};
  int members = 0;
  for (const Code& code : List("country").codes()) {
    if (!code.properties.contains("oas_member")) continue;
    ++members;
    EXPECT_EQ(code.labels.size(), 4U) << code.id;
    EXPECT_TRUE(americas.contains(code.properties.at("subregion"))) << code.id;
  }
  EXPECT_EQ(members, 35);
}

TEST_F(ShippedListsTest, PlacesAreTheCountriesAndGroupsFrom1001) {
  const CodeList& places = List("place");
  for (const Code& country : List("country").codes()) {
    const Code* place = places.Find(country.number);
    ASSERT_NE(place, nullptr) << country.id;
    EXPECT_EQ(place->id, country.id);
    EXPECT_EQ(place->labels, country.labels);
  }
  for (const Code& place : places.codes()) {
    EXPECT_EQ(List("country").Find(place.number) == nullptr, place.number > 1000) << place.id;
  }
  EXPECT_EQ(places.FindId("own_nationals")->number, 1001U);
  EXPECT_EQ(places.FindId("abroad")->number, 1003U);
}

TEST_F(ShippedListsTest, EveryMemberHasItsSubdivisionsByTheirIsoCodes) {
  std::set<std::string> covered;
  for (const Code& code : List("admin1").codes()) {
    const Code* country = List("country").FindId(code.properties.at("country"));
    ASSERT_NE(country, nullptr) << code.id;
    covered.insert(country->id);
    const std::string& iso = code.properties.at("iso");
    EXPECT_EQ(iso.substr(0, 3), country->properties.at("alpha2") + "-") << code.id;
    std::string id;
    for (const char c : iso) {
      id += c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    EXPECT_EQ(code.id, id);
  }
  for (const Code& country : List("country").codes()) {
    const auto oas = country.properties.find("oas_member");
    EXPECT_EQ(covered.contains(country.id), oas != country.properties.end()) << country.id;
  }
}

TEST_F(ShippedListsTest, ReferencesBetweenListsLeadSomewhere) {
  ExpectLeadsTo("gender", "sex", "sex");
  ExpectLeadsTo("age_band", "age_group", "age_group");
  ExpectLeadsTo("majority", "age_group", "age_group");
  ExpectLeadsTo("form_of_exploitation", "official", "official_form");
  ExpectLeadsTo("labour_sector", "isic_section", "isic_section");
  ExpectLeadsTo("admin1", "country", "country");
  for (const Code& dimension : List("dimension").codes()) {
    const auto at = dimension.properties.find("category_list");
    EXPECT_EQ(at == dimension.properties.end(), dimension.id == "total");
    if (at != dimension.properties.end()) {
      EXPECT_NE(Lists().Find(at->second), nullptr);
    }
  }
}

TEST_F(ShippedListsTest, ListsOfTheKnownSizes) {
  EXPECT_EQ(List("age_band").codes().size(), 9U);
  EXPECT_EQ(List("means_of_control").codes().size(), 18U);
  EXPECT_EQ(List("labour_sector").codes().size(), 13U);
  EXPECT_EQ(List("form_of_exploitation").codes().size(), 8U);
  EXPECT_EQ(List("isic_section").codes().size(), 21U);
  EXPECT_EQ(List("recruiter_relation").codes().size(), 5U);
  EXPECT_EQ(List("sex_type").codes().size(), 4U);
  EXPECT_EQ(List("palermo_act").codes().size(), 5U);
  EXPECT_EQ(List("palermo_means").codes().size(), 8U);
}

TEST_F(ShippedListsTest, AgeBandsCoverEveryAgeOnce) {
  int next = 0;
  for (const Code& band : List("age_band").codes()) {
    EXPECT_EQ(band.properties.at("from"), std::to_string(next));
    const auto to = band.properties.find("to");
    next = to == band.properties.end() ? -1 : std::stoi(to->second) + 1;
  }
  EXPECT_EQ(next, -1) << "the last band is open";
}

}  // namespace
}  // namespace enlace::codes
