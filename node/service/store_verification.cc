#include "node/service/store_verification.h"

#include <fmt/format.h>

#include "node/store/audit_table.h"
#include "node/store/channel_table.h"
#include "node/store/stoppable_reader.h"
#include "node/store/verify.h"

namespace enlace::service {
namespace {

class Verifier {
 public:
  explicit Verifier(const KeyOfChannel& key_of) : key_of_(key_of) {}

  StoreVerification Run(const StatusOr<uint64_t>& rows, const store::Reader& reader) {
    if (rows.ok()) result_.rows = *rows;
    Note("rows", rows.status());
    const auto audit = store::VerifyAuditChain(reader);
    if (audit.ok()) result_.audit_records = *audit;
    Note("audit chain", audit.status());
    const auto heads = store::ListChannelHeads(reader);
    Note("channels", heads.status());
    if (heads.ok()) {
      for (const store::ChannelHead& head : *heads) Channel(reader, head);
    }
    return std::move(result_);
  }

 private:
  void Note(const std::string& where, const Status& status) {
    if (status.ok() || result_.findings.size() >= kFindingsMax) return;
    result_.findings.push_back(
        fmt::format("{}: {}: {}", where, ReasonName(ReasonOf(status)), MessageOf(status)));
  }

  void Channel(const store::Reader& reader, const store::ChannelHead& head) {
    ++result_.channels;
    if (head.stopped()) {
      Note(head.origin, Error(Reason::CHANNEL_STOPPED,
                              "its owner signed two contradicting checkpoints; both are kept"));
    }
    const std::optional<crypto::PublicKey> key = key_of_(head.origin);
    if (!key.has_value()) {
      Note(head.origin,
           Error(Reason::PEER_UNKNOWN, "no key of its owner is configured; it was not checked"));
      return;
    }
    const auto verified = store::VerifyStoredChannel(reader, head.origin, *key);
    Note(head.origin, verified.status());
    if (!verified.ok()) return;
    result_.entries += verified->entries;
    result_.payloads += verified->payloads;
  }

  const KeyOfChannel& key_of_;
  StoreVerification result_;
};

}  // namespace

StoreVerification VerifyStored(store::Store& store, const KeyOfChannel& key_of,
                               const std::function<bool()>& stopped) {
  const StatusOr<uint64_t> rows = store.VerifyRows(stopped);
  return Verifier(key_of).Run(rows, store::StoppableReader(store.Read(), stopped));
}

StoreVerification VerifyRead(const store::Reader& reader, const KeyOfChannel& key_of,
                             const std::function<bool()>& stopped) {
  const store::StoppableReader stoppable(reader, stopped);
  return Verifier(key_of).Run(store::VerifyEveryRow(stoppable), stoppable);
}

}  // namespace enlace::service
