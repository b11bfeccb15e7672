#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/lib/client.h"
#include "enlace/exchange/v1/case_service.pb.h"
#include "node/base/error.h"

// The case records of an answer, read where they lie. For who takes many: a hundred of them as
// messages are two thousand objects, and making these takes the client longer than the node
// takes to find the records. Pure but for the calls.
namespace enlace::client {

// One record. Views of the answer's bytes, valid as long as the CaseRecords they came from; every
// look at an attribute reads the record from its beginning.
class CaseRecordView {
 public:
  struct Single {
    uint32_t code = 0;  // 0 when missing is set.
    exchange::v1::Missing missing = exchange::v1::MISSING_UNSPECIFIED;
    bool operator==(const Single&) const = default;
  };
  struct Set {
    std::vector<uint32_t> affirmed;  // Ascending.
    std::vector<uint32_t> denied;    // Ascending.
    exchange::v1::Missing rest = exchange::v1::MISSING_UNSPECIFIED;
    bool operator==(const Set&) const = default;
  };

  std::string_view name() const { return name_; }
  std::string_view entity() const { return entity_; }
  uint32_t registration_year() const { return year_; }
  uint32_t revision() const { return revision_; }
  // Bytes of an exchange.v1.CaseRecord.
  std::string_view bytes() const { return bytes_; }

  // The answer to a single-valued attribute of list "case_attribute"; nothing when the record has
  // none, which stands for "not collected". REQUEST_MALFORMED when the record's bytes are broken.
  StatusOr<std::optional<Single>> FindSingle(uint32_t attribute) const;
  // The same of a several-valued one.
  StatusOr<std::optional<Set>> FindSet(uint32_t attribute) const;
  // The whole record as a message. REQUEST_MALFORMED.
  StatusOr<exchange::v1::CaseRecord> ToMessage() const;

 private:
  friend class CaseRecords;
  bool Read(std::string_view bytes);

  std::string_view bytes_;
  std::string_view name_;
  std::string_view entity_;
  uint32_t year_ = 0;
  uint32_t revision_ = 0;
};

class CaseRecords {
 public:
  // More are never asked for, and a node that sends them wants our memory.
  static constexpr size_t kRecordsMax = 1'000;

  // One call of ListCaseRecords or of BatchGetCaseRecords. Errors as of Client::CallRaw and Read.
  static StatusOr<CaseRecords> List(Client& client,
                                    const exchange::v1::ListCaseRecordsRequest& request);
  static StatusOr<CaseRecords> BatchGet(Client& client,
                                        const exchange::v1::BatchGetCaseRecordsRequest& request);
  // The one record that a stream of StreamGetCaseRecord or StreamCreateCaseRecord answers with.
  static StatusOr<CaseRecords> AskForOne(Stream& stream, const google::protobuf::Message& request);
  // Takes the bytes of an exchange.v1.CaseRecord. REQUEST_MALFORMED for other bytes.
  static StatusOr<CaseRecords> ReadOne(std::string answer);
  // Takes the bytes of a response of List or BatchGet. REQUEST_MALFORMED for other bytes,
  // REQUEST_TOO_LARGE for more than kRecordsMax records.
  static StatusOr<CaseRecords> Read(std::string answer);

  CaseRecords(CaseRecords&&) = default;
  CaseRecords& operator=(CaseRecords&&) = default;

  // In the answer's order.
  const std::vector<CaseRecordView>& records() const { return records_; }
  // Of a list: empty at its end and only there.
  const std::string& next_page_token() const { return next_page_token_; }

 private:
  CaseRecords() = default;

  std::unique_ptr<const std::string> answer_;  // Stays where it is when this is moved.
  std::vector<CaseRecordView> records_;
  std::string next_page_token_;
};

}  // namespace enlace::client
