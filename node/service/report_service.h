#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "enlace/exchange/v1/report_service.pb.h"
#include "node/base/clock.h"
#include "node/base/mutex.h"
#include "node/codes/registry.h"
#include "node/report/rows.h"
#include "node/rpc/handler.h"
#include "node/rpc/page_token.h"
#include "node/store/case_table.h"
#include "node/store/store.h"

// Released figures and the regional report. Reads channels only; it has no way to
// national data.
//
// A report is fixed by its first page: the page token carries the signed size of every
// channel it was made from, so any later page, on this node or after a restart, is cut out
// of the same bytes. Checking a report keeps the file that is being handed in in memory
// until its last part has come: at most kVerificationsMax at a time, each for
// kVerificationMs after its last part; the oldest gives way. Thread-safe.
namespace enlace::service {

class ReportService {
 public:
  static constexpr size_t kPageBytesMax = 1 << 20;
  static constexpr size_t kVerificationsMax = 4;
  static constexpr int64_t kVerificationMs = 10 * 60 * 1000;

  struct Parts {
    store::Store& store;
    const codes::Registry& registry;
    const rpc::PageTokens& page_tokens;
    views::FiguresView& figures;
    views::CatalogueView& catalogue;
    Clock& clock;
    store::RandomSource random;  // crypto::RandomBytes.
    std::string network;
    std::vector<std::string> roster;  // Jurisdictions that are expected to report.
  };
  explicit ReportService(Parts parts) : parts_(std::move(parts)) {}

  void Register(rpc::HandlerTable& table);

  StatusOr<exchange::v1::ListFiguresResponse> ListFigures(
      const rpc::CallContext& call, const exchange::v1::ListFiguresRequest& request);
  StatusOr<exchange::v1::GetRegionalReportResponse> GetRegionalReport(
      const rpc::CallContext& call, const exchange::v1::GetRegionalReportRequest& request);
  StatusOr<exchange::v1::VerifyRegionalReportResponse> VerifyRegionalReport(
      const rpc::CallContext& call, const exchange::v1::VerifyRegionalReportRequest& request);

 private:
  // What a report is made from, as its page tokens carry it.
  struct Fixed {
    int64_t compiled_ms = 0;
    uint64_t offset = 0;
    std::vector<views::ChannelAt> statistics;
    std::vector<views::ChannelAt> training;
    std::vector<views::ChannelAt> stopped;  // Of the statistics channels, at size 0.
  };
  struct Running {
    std::string bytes;
    std::string caller;
    int64_t last_steady_ms = 0;
  };

  // REQUEST_INVALID for a jurisdiction that neither the roster nor a held channel names.
  Status CheckKnown(const std::string& jurisdiction,
                    const std::vector<views::ChannelAt>& held) const;
  StatusOr<Fixed> FixNow(const store::Reader& reader) const;
  std::string Encode(const Fixed& fixed) const;
  StatusOr<Fixed> Decode(std::string_view cursor) const;
  StatusOr<report::Input> Load(const store::Reader& reader, const Fixed& fixed) const;
  // The whole file; the last one made is kept.
  StatusOr<std::shared_ptr<const std::string>> Document(
      exchange::v1::GetRegionalReportRequest::Format format, const Fixed& fixed);
  // Adds a part to a running check, or begins one; returns its id.
  StatusOr<std::string> AddPart(const rpc::CallContext& call,
                                const exchange::v1::VerifyRegionalReportRequest& request,
                                std::string& whole);

  const Parts parts_;
  Mutex mutex_;
  std::string document_key_ ENLACE_GUARDED_BY(mutex_);
  std::shared_ptr<const std::string> document_ ENLACE_GUARDED_BY(mutex_);
  std::map<std::string, Running> running_ ENLACE_GUARDED_BY(mutex_);
};

}  // namespace enlace::service
