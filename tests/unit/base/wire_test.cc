#include "node/base/wire.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace enlace {
namespace {

TEST(Varint, ComesBackInAsFewBytesAsItNeeds) {
  for (unsigned bits = 0; bits <= 64; ++bits) {
    const uint64_t value = bits == 0 ? 0 : UINT64_MAX >> (64 - bits);
    std::string bytes;
    AppendVarint(bytes, value);
    EXPECT_EQ(bytes.size(), bits == 0 ? 1 : (bits + 6) / 7) << bits;
    EXPECT_EQ(VarintBytes(value), bytes.size());
    bytes += "rest";
    std::string_view left = bytes;
    uint64_t taken = 1;
    ASSERT_TRUE(TakeVarint(left, taken)) << bits;
    EXPECT_EQ(taken, value);
    EXPECT_EQ(left, "rest");
  }
}

TEST(Varint, IsRefusedWhenItIsCutOffOrHasMoreThan64Bits) {
  for (const std::string& bytes :
       {std::string(), std::string("\x80"), std::string(9, '\xff'), std::string(10, '\xff'),
        std::string(9, '\xff') + '\x02', std::string(10, '\x80') + '\x01'}) {
    std::string_view left = bytes;
    uint64_t value = 7;
    EXPECT_FALSE(TakeVarint(left, value));
    EXPECT_EQ(left, bytes);
    EXPECT_EQ(value, 7u);
  }
}

// Of the four wire types, made by hand as the encoding guide of protobuf has it.
class Fields {
 public:
  explicit Fields(unsigned seed) : random_(seed) {}

  void Add() {
    const auto number = static_cast<uint32_t>(1 + random_() % 3000);
    const uint64_t value = random_() >> random_() % 64;
    switch (random_() % 4) {
      case 0:
        Tag(number, 0);
        AppendVarint(bytes, value);
        wanted.push_back({number, WireType::kVarint, value, {}});
        break;
      case 1:
        Tag(number, 1);
        Fixed(value, 8);
        wanted.push_back({number, WireType::kFixed64, value, {}});
        break;
      case 2:
        Tag(number, 2);
        texts_.emplace_back(random_() % 200, static_cast<char>(random_()));
        AppendVarint(bytes, texts_.back().size());
        bytes += texts_.back();
        wanted.push_back({number, WireType::kBytes, 0, texts_.back()});
        break;
      default:
        Tag(number, 5);
        Fixed(value & UINT32_MAX, 4);
        wanted.push_back({number, WireType::kFixed32, value & UINT32_MAX, {}});
        break;
    }
    ends.push_back(bytes.size());
  }

  std::string bytes;
  std::vector<WireField> wanted;
  std::vector<size_t> ends;  // Of the fields.

 private:
  void Tag(uint32_t number, uint32_t type) { AppendVarint(bytes, number << 3 | type); }
  void Fixed(uint64_t value, size_t size) {
    for (size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  }

  std::mt19937_64 random_;
  std::vector<std::string> texts_ = [] {
    std::vector<std::string> texts;
    texts.reserve(100);  // They stay where they are.
    return texts;
  }();
};

TEST(WireFields, AreTakenOneByOneAsTheyWereWritten) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    Fields fields(seed);
    for (int i = 0; i < 20; ++i) fields.Add();
    std::string_view left = fields.bytes;
    WireField field;
    for (const WireField& wanted : fields.wanted) {
      ASSERT_TRUE(TakeField(left, field));
      EXPECT_EQ(field.number, wanted.number);
      ASSERT_EQ(field.type, wanted.type);
      if (wanted.type == WireType::kBytes) {
        EXPECT_EQ(field.bytes, wanted.bytes);
      } else {
        EXPECT_EQ(field.value, wanted.value);
      }
    }
    EXPECT_TRUE(left.empty());
  }
}

TEST(WireFields, AreRefusedWhereTheBytesEndWithinOne) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    Fields fields(seed);
    for (int i = 0; i < 4; ++i) fields.Add();
    for (size_t size = 1; size < fields.bytes.size(); ++size) {
      std::string_view left = std::string_view(fields.bytes).substr(0, size);
      WireField field;
      size_t taken = 0;
      while (!left.empty() && TakeField(left, field)) taken = size - left.size();
      const bool whole =
          std::find(fields.ends.begin(), fields.ends.end(), size) != fields.ends.end();
      EXPECT_EQ(left.empty() && taken == size, whole) << size;
    }
  }
}

TEST(WireFields, OfAGroupOrWithoutANumberAreNone) {
  for (const std::string& bytes :
       {std::string("\x0b"), std::string("\x0c"), std::string("\x0e\x01"), std::string("\x0f\x01"),
        std::string("\x00\x01", 2), std::string("\x80\x80\x80\x80\x80\x01\x01")}) {
    std::string_view left = bytes;
    WireField field;
    EXPECT_FALSE(TakeField(left, field));
  }
}

}  // namespace
}  // namespace enlace
