#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "enlace/exchange/v1/case_service.pb.h"
#include "node/codes/registry.h"
#include "node/rpc/handler.h"
#include "node/rpc/page_token.h"
#include "node/service/case_columns.h"
#include "node/service/epochs.h"
#include "node/store/case_table.h"
#include "node/store/store.h"

// National case records. A record is seen by its own reporting entity and by nobody else,
// but for thresholded tabulation. Thread-safe.
namespace enlace::service {

namespace pb = enlace::exchange::v1;

// One record, found or waited for by nobody's thread.
inline constexpr rpc::MethodLimits kBriefLimits{.brief = true};
// Big enough for 1,000 names.
inline constexpr rpc::MethodLimits kBatchGetLimits{64 << 10, 2'000};

class CaseService {
 public:
  struct Parts {
    store::Store& store;
    const codes::Registry& registry;
    CaseColumns& columns;
    const rpc::PageTokens& page_tokens;
    const Epochs& epochs;
    store::RandomSource random;  // crypto::RandomBytes.
    std::string jurisdiction;
    uint32_t threshold = 5;  // For tabulation over all entities.
  };
  explicit CaseService(Parts parts) : parts_(std::move(parts)), lists_(parts_.registry) {}

  void Register(rpc::HandlerTable& table);

  // `request` are the bytes of an ImportCaseRecordsRequest.
  StatusOr<pb::ImportCaseRecordsResponse> ImportCaseRecords(const rpc::CallContext& call,
                                                            std::string_view request);
  // From the bytes of a CreateCaseRecordRequest, which live until the answer, to those of a
  // CaseRecord.
  void CreateCaseRecord(const rpc::CallContext& call, std::string_view request,
                        const rpc::Respond<std::string>& respond);
  StatusOr<pb::CaseRecord> CorrectCaseRecord(const rpc::CallContext& call,
                                             const pb::CorrectCaseRecordRequest& request);
  StatusOr<pb::CaseRecord> WithdrawCaseRecord(const rpc::CallContext& call,
                                              const pb::WithdrawCaseRecordRequest& request);
  StatusOr<pb::CaseRecord> EraseCaseRecord(const rpc::CallContext& call,
                                           const pb::EraseCaseRecordRequest& request);
  // The bytes of a CaseRecord.
  StatusOr<std::string> GetCaseRecord(const rpc::CallContext& call,
                                      const pb::GetCaseRecordRequest& request);
  // The bytes of a BatchGetCaseRecordsResponse.
  StatusOr<std::string> BatchGetCaseRecords(const rpc::CallContext& call,
                                            const pb::BatchGetCaseRecordsRequest& request);
  // The bytes of a ListCaseRecordsResponse.
  StatusOr<std::string> ListCaseRecords(const rpc::CallContext& call,
                                        const pb::ListCaseRecordsRequest& request);
  StatusOr<pb::TabulateCaseRecordsResponse> TabulateCaseRecords(
      const rpc::CallContext& call, const pb::TabulateCaseRecordsRequest& request);
  StatusOr<pb::BatchTabulateCaseRecordsResponse> BatchTabulateCaseRecords(
      const rpc::CallContext& call, const pb::BatchTabulateCaseRecordsRequest& request);

 private:
  struct Creation;
  // All of it that needs no write.
  Status PrepareCreation(const rpc::CallContext& call, std::string_view request,
                         Creation& creation) const;
  // The write; fills in the record and the answer.
  Status Create(store::Transaction& transaction, const rpc::CallContext& call,
                Creation& creation) const;
  // The reference of a record that the caller's entity owns. NAME_INVALID, CASE_NOT_FOUND.
  StatusOr<model::CaseRecord> LoadOwn(const store::Reader& reader, const std::string& entity,
                                      const std::string& name) const;
  // The records of a page, checked against what they were chosen for.
  StatusOr<std::string> ReadPage(const store::Reader& reader, const std::string& entity,
                                 const std::vector<query::ListedCase>& cases) const;
  // A page that is found by going through the rows.
  StatusOr<std::string> ScanForPage(const rpc::CallContext& call,
                                    const pb::ListCaseRecordsRequest& request,
                                    const std::string& entity, const std::string& cursor,
                                    size_t cases_max) const;
  // Who sees only rows of the own entity sees them exactly; everybody else, thresholded.
  // PERMISSION_DENIED for a caller who may see neither.
  StatusOr<query::Viewer> ViewerOf(const authz::Caller& caller) const;
  Status CheckReason(std::string_view list, uint32_t reason) const;
  // Runs one change of one own record as one commit with its audit record.
  using Change = std::function<StatusOr<model::CaseRecord>(store::Transaction&,
                                                           const model::CaseRecord& current)>;
  StatusOr<pb::CaseRecord> ChangeOwn(const rpc::CallContext& call, const std::string& name,
                                     const Change& change,
                                     store::WriteClass write_class = store::WriteClass::kOrdinary);

  const Parts parts_;
  const model::CaseLists lists_;
};

}  // namespace enlace::service
