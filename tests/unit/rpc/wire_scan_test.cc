#include "node/rpc/wire_scan.h"

#include <functional>
#include <iostream>
#include <random>

#include "enlace/exchange/v1/case_service.pb.h"
#include "enlace/exchange/v1/programme_service.pb.h"
#include "enlace/exchange/v1/statistics_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/wrappers.pb.h"
#include "gtest/gtest.h"

namespace enlace::rpc {
namespace {

using exchange::v1::GetCaseRecordRequest;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::StringValue;
using google::protobuf::Struct;

constexpr size_t kManyElements = 1'000'000;

Status Scan(std::string_view bytes, const Descriptor& type, size_t elements = kManyElements) {
  return ScanWire(bytes, type, elements);
}
Reason Refusal(const Status& status) {
  EXPECT_FALSE(status.ok());
  return ReasonOf(status);
}
const Descriptor& Strings() { return *StringValue::descriptor(); }

std::string Bytes(std::initializer_list<int> bytes) {
  std::string out;
  for (const int byte : bytes) out += static_cast<char>(byte);
  return out;
}

// Builds a random valid message of any type.
void Fill(Message& message, std::mt19937_64& random, int depth) {
  const auto* reflection = message.GetReflection();
  const Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (field->is_map() || random() % 3 == 0) continue;
    const int count = field->is_repeated() ? static_cast<int>(random() % 4) : 1;
    for (int k = 0; k < count; ++k) {
      const bool add = field->is_repeated();
      switch (field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_STRING: {
          const std::string text = field->type() == FieldDescriptor::TYPE_BYTES
                                       ? std::string("\xff\x00\x80", 3)
                                       : "señal 日本";
          add ? reflection->AddString(&message, field, text)
              : reflection->SetString(&message, field, text);
          break;
        }
        case FieldDescriptor::CPPTYPE_MESSAGE:
          if (depth > 4) break;
          Fill(add ? *reflection->AddMessage(&message, field)
                   : *reflection->MutableMessage(&message, field),
               random, depth + 1);
          break;
        case FieldDescriptor::CPPTYPE_INT64:
          add ? reflection->AddInt64(&message, field, static_cast<int64_t>(random()))
              : reflection->SetInt64(&message, field, static_cast<int64_t>(random()));
          break;
        case FieldDescriptor::CPPTYPE_UINT32:
          add ? reflection->AddUInt32(&message, field, static_cast<uint32_t>(random()))
              : reflection->SetUInt32(&message, field, static_cast<uint32_t>(random()));
          break;
        case FieldDescriptor::CPPTYPE_INT32:
          add ? reflection->AddInt32(&message, field, static_cast<int32_t>(random()))
              : reflection->SetInt32(&message, field, static_cast<int32_t>(random()));
          break;
        default:
          break;
      }
    }
  }
}

TEST(WireScan, AcceptsWhateverOurOwnSerialiserMakes) {
  const uint64_t seed = std::random_device()();
  std::cout << "seed " << seed << "\n";
  std::mt19937_64 random(seed);
  for (int i = 0; i < 500; ++i) {
    exchange::v1::ImportCaseRecordsRequest cases;
    Fill(cases, random, 0);
    EXPECT_TRUE(Scan(cases.SerializeAsString(), *cases.GetDescriptor()).ok());
    exchange::v1::ImportObservationsRequest figures;
    Fill(figures, random, 0);
    EXPECT_TRUE(Scan(figures.SerializeAsString(), *figures.GetDescriptor()).ok());
    exchange::v1::CreateProgrammeRequest programme;
    Fill(programme, random, 0);
    EXPECT_TRUE(Scan(programme.SerializeAsString(), *programme.GetDescriptor()).ok());
  }
}

// Whatever the scan accepts, the parser accepts and keeps nothing it does not know.
TEST(WireScan, AgreesWithTheParserOnDamagedBytes) {
  const uint64_t seed = std::random_device()();
  std::cout << "seed " << seed << "\n";
  std::mt19937_64 random(seed);
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    exchange::v1::CreateProgrammeRequest message;
    Fill(message, random, 0);
    std::string bytes = message.SerializeAsString();
    for (size_t k = random() % 3; k > 0 && !bytes.empty(); --k) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    if (random() % 4 == 0) bytes.resize(bytes.size() - random() % (bytes.size() + 1));
    if (!Scan(bytes, *message.GetDescriptor()).ok()) continue;
    ++accepted;
    exchange::v1::CreateProgrammeRequest parsed;
    ASSERT_TRUE(parsed.ParseFromString(bytes));
    ASSERT_TRUE(parsed.GetReflection()->GetUnknownFields(parsed).empty());
  }
  EXPECT_GT(accepted, 1000);
}

TEST(WireScan, AnEmptyMessageIsAMessage) { EXPECT_TRUE(Scan("", Strings()).ok()); }

TEST(WireScan, RefusesAnUnknownFieldAndNamesIt) {
  const Status status = Scan(Bytes({0x10, 0x01}), Strings());
  EXPECT_EQ(Refusal(status), Reason::REQUEST_UNKNOWN_FIELD);
  EXPECT_EQ(MetadataOf(status).at("field"), "2");
  EXPECT_EQ(MetadataOf(status).at("type"), "google.protobuf.StringValue");
}

TEST(WireScan, RefusesAnUnknownFieldAtDepth) {
  // Struct.fields[""].value.list_value.<field 9>
  const std::string bytes = Bytes({0x0a, 6, 0x12, 4, 0x32, 2, 0x48, 1});
  EXPECT_EQ(Refusal(Scan(bytes, *Struct::descriptor())), Reason::REQUEST_UNKNOWN_FIELD);
}

TEST(WireScan, RefusesCutOffBytes) {
  StringValue message;
  message.set_value(std::string(300, 'x'));
  const std::string bytes = message.SerializeAsString();
  for (const size_t size : {size_t{1}, size_t{2}, size_t{3}, size_t{100}, bytes.size() - 1}) {
    EXPECT_EQ(Refusal(Scan(bytes.substr(0, size), Strings())), Reason::REQUEST_MALFORMED);
  }
}

TEST(WireScan, RefusesTagsAndNumbersThatAreNone) {
  for (const std::string& bytes :
       {Bytes({0x02, 0x00}),                          // Field 0.
        Bytes({0x8a, 0x80, 0x80, 0x80, 0x80, 0x01}),  // A tag above 32 bits.
        Bytes({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}),
        Bytes({0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02})}) {
    EXPECT_EQ(Refusal(Scan(bytes, Strings())), Reason::REQUEST_MALFORMED);
  }
}

TEST(WireScan, RefusesALengthBeyondTheEndHoweverLarge) {
  for (const std::string& bytes :
       {Bytes({0x0a, 0x05, 'x'}),
        Bytes({0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})}) {
    EXPECT_EQ(Refusal(Scan(bytes, Strings())), Reason::REQUEST_MALFORMED);
  }
}

TEST(WireScan, RefusesAnotherWireTypeAndGroups) {
  for (const int tag : {0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f}) {
    EXPECT_EQ(Refusal(Scan(Bytes({tag, 0, 0, 0, 0, 0, 0, 0, 0}), Strings())),
              Reason::REQUEST_MALFORMED)
        << tag;
  }
}

TEST(WireScan, RefusesASingularFieldGivenTwice) {
  EXPECT_EQ(Refusal(Scan(Bytes({0x0a, 1, 'a', 0x0a, 1, 'b'}), Strings())),
            Reason::REQUEST_MALFORMED);
}

TEST(WireScan, RefusesTwoMembersOfOneChoice) {
  // google.protobuf.Value: number_value and bool_value.
  const std::string bytes = Bytes({0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 1});
  EXPECT_EQ(Refusal(Scan(bytes, *google::protobuf::Value::descriptor())),
            Reason::REQUEST_MALFORMED);
}

TEST(WireScan, RefusesTextThatIsNotUtf8WithoutRepeatingIt) {
  const std::string marker = "MARKER\xff";
  std::string bytes = Bytes({0x0a, static_cast<int>(marker.size())}) + marker;
  const Status status = Scan(bytes, Strings());
  EXPECT_EQ(Refusal(status), Reason::REQUEST_MALFORMED);
  EXPECT_EQ(status.ToString().find("MARKER"), std::string::npos);
}

TEST(WireScan, BytesNeedNotBeUtf8) {
  EXPECT_TRUE(Scan(Bytes({0x0a, 1, 0xff}), *google::protobuf::BytesValue::descriptor()).ok());
}

TEST(WireScan, CountsElementsAtAllDepths) {
  google::protobuf::ListValue list;
  for (int i = 0; i < 10; ++i) list.add_values()->set_bool_value(true);
  const std::string bytes = list.SerializeAsString();  // 10 values, 10 members.
  EXPECT_TRUE(Scan(bytes, *list.GetDescriptor(), 20).ok());
  const Status status = Scan(bytes, *list.GetDescriptor(), 19);
  EXPECT_EQ(Refusal(status), Reason::REQUEST_TOO_LARGE);
  EXPECT_EQ(MetadataOf(status).at("elements_max"), "19");
}

TEST(WireScan, CountsMembersOfPackedFields) {
  google::protobuf::FileDescriptorProto file;
  file.set_name("packed.proto");
  file.set_syntax("proto3");
  auto* type = file.add_message_type();
  type->set_name("Packed");
  const auto add = [type](int number, google::protobuf::FieldDescriptorProto::Type kind) {
    auto* field = type->add_field();
    field->set_name("f" + std::to_string(number));
    field->set_number(number);
    field->set_type(kind);
    field->set_label(google::protobuf::FieldDescriptorProto::LABEL_REPEATED);
  };
  add(1, google::protobuf::FieldDescriptorProto::TYPE_UINT32);
  add(2, google::protobuf::FieldDescriptorProto::TYPE_FIXED32);
  add(100, google::protobuf::FieldDescriptorProto::TYPE_DOUBLE);
  google::protobuf::DescriptorPool pool;
  const Descriptor& packed = *pool.BuildFile(file)->message_type(0);
  const std::string varints = Bytes({0x0a, 4, 1, 2, 0x80, 1});  // Three members.
  EXPECT_TRUE(Scan(varints, packed, 4).ok());
  EXPECT_EQ(Refusal(Scan(varints, packed, 3)), Reason::REQUEST_TOO_LARGE);
  EXPECT_TRUE(Scan(Bytes({0x08, 1, 0x08, 2}), packed, 2).ok());  // Not packed is allowed.
  const std::string fixed = Bytes({0x12, 8, 0, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_TRUE(Scan(fixed, packed, 3).ok());
  EXPECT_EQ(Refusal(Scan(fixed, packed, 2)), Reason::REQUEST_TOO_LARGE);
  EXPECT_EQ(Refusal(Scan(Bytes({0x12, 3, 0, 0, 0}), packed)), Reason::REQUEST_MALFORMED);
  EXPECT_EQ(Refusal(Scan(Bytes({0x0a, 1, 0x80}), packed)), Reason::REQUEST_MALFORMED);
  EXPECT_TRUE(Scan(Bytes({0xa2, 6, 8, 0, 0, 0, 0, 0, 0, 0, 0}), packed).ok());
}

TEST(WireScan, CountsMessagesForMoreThanTheirTags) {
  exchange::v1::ImportCaseRecordsRequest request;
  const auto scan = [&](int rows) {
    while (request.rows_size() < rows) request.add_rows();
    return Scan(request.SerializeAsString(), *request.GetDescriptor(), 1'000);
  };
  EXPECT_TRUE(scan(100).ok());
  EXPECT_EQ(Refusal(scan(101)), Reason::REQUEST_TOO_LARGE);
}

TEST(WireScan, HasALimitOnNesting) {
  // ListValue.values[0].list_value.values[0]...: two messages a level.
  std::string bytes;
  for (int i = 1; i < kNestingMax; ++i) {
    std::string outer = i % 2 == 1 ? Bytes({0x0a}) : Bytes({0x32});
    google::protobuf::UInt64Value length;
    length.set_value(bytes.size());
    const std::string varint = bytes.empty() ? Bytes({0}) : length.SerializeAsString().substr(1);
    bytes = outer + varint + bytes;
    const Descriptor& type = i % 2 == 1 ? *google::protobuf::ListValue::descriptor()
                                        : *google::protobuf::Value::descriptor();
    EXPECT_TRUE(Scan(bytes, type).ok()) << i;
  }
  google::protobuf::UInt64Value length;
  length.set_value(bytes.size());
  bytes = Bytes({0x32}) + length.SerializeAsString().substr(1) + bytes;
  EXPECT_EQ(Refusal(Scan(bytes, *google::protobuf::Value::descriptor())),
            Reason::REQUEST_TOO_LARGE);
}

TEST(Utf8, KnowsWellFormedText) {
  for (const char* good : {"", "plain", "ñ", "日本", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf",
                           "\xed\x9f\xbf", "\xee\x80\x80", "\xe0\xa0\x80"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe6\x97", "\xc3(", "a\xff"}) {
    EXPECT_FALSE(IsUtf8(bad));
  }
}

}  // namespace
}  // namespace enlace::rpc
