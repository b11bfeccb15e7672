#include "node/model/attributes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "node/codes/registry.h"
#include "node/config/yaml.h"

namespace enlace::model {
namespace {

constexpr char kLists[] = ENLACE_SOURCE_DIR "/config/codelists";

TEST(AttributesTest, StandInTheCodeListUnderTheSameNumbersAndIds) {
  const auto registry = *codes::Registry::Load(kLists);
  const codes::CodeList& list = registry->Get("case_attribute");
  ASSERT_EQ(list.codes().size(), AllAttributes().size());
  for (size_t i = 0; i < AllAttributes().size(); ++i) {
    const AttributeInfo& info = AllAttributes()[i];
    const codes::Code& code = list.codes()[i];
    EXPECT_EQ(code.number, info.number);
    EXPECT_LT(info.number, kAttributesEnd);
    EXPECT_EQ(code.id, info.id);
    EXPECT_EQ(code.properties.at("list"), info.list);
    EXPECT_EQ(code.properties.at("kind") == "set", info.kind == AttributeKind::kSet);
  }
}

TEST(AttributesTest, DrawFromListsThatEveryBundleMustHave) {
  const auto required = codes::RequiredLists();
  for (const AttributeInfo& info : AllAttributes()) {
    EXPECT_NE(std::find(required.begin(), required.end(), info.list), required.end()) << info.id;
  }
}

TEST(AttributesTest, SeveralValuedOnesDrawFromListsMarkedAsSets) {
  for (const AttributeInfo& info : AllAttributes()) {
    const auto file =
        config::Yaml::LoadFile(std::string(kLists) + "/" + std::string(info.list) + ".yaml");
    ASSERT_TRUE(file.ok()) << info.list;
    EXPECT_EQ(file->Find("set") != nullptr, info.kind == AttributeKind::kSet) << info.list;
  }
}

TEST(AttributesTest, AreFoundByNumberAndById) {
  for (const AttributeInfo& info : AllAttributes()) {
    EXPECT_EQ(FindAttribute(info.number), &info);
    EXPECT_EQ(FindAttributeId(info.id), &info);
  }
  EXPECT_EQ(FindAttribute(0), nullptr);
  EXPECT_EQ(FindAttribute(999), nullptr);
  EXPECT_EQ(FindAttributeId("name"), nullptr);
}

TEST(AttributesTest, AscendByNumber) {
  EXPECT_TRUE(std::is_sorted(
      AllAttributes().begin(), AllAttributes().end(),
      [](const AttributeInfo& a, const AttributeInfo& b) { return a.number < b.number; }));
}

}  // namespace
}  // namespace enlace::model
