#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "node/store/store.h"

namespace enlace::service {

// Reads for a call, and ends within a row when the call does: its caller went away, its time
// is over, or the node stops. What it answered until then is not the whole. CALL_CANCELLED.
class StoppableReader final : public store::Reader {
 public:
  StoppableReader(std::unique_ptr<store::Reader> reader, std::function<bool()> stopped)
      : reader_(std::move(reader)), stopped_(std::move(stopped)) {}

  StatusOr<std::optional<std::string>> Get(store::Table table,
                                           std::string_view key) const override {
    if (stopped_()) return Stopped();
    return reader_->Get(table, key);
  }
  Status Scan(store::Table table, const kv::KeyRange& range,
              const kv::RowVisitor& visit) const override {
    bool stopped = false;
    const Status status =
        reader_->Scan(table, range, [&](std::string_view key, std::string_view value) {
          stopped = stopped_();
          return !stopped && visit(key, value);
        });
    return stopped ? Stopped() : status;
  }

 private:
  static Status Stopped() {
    return Error(Reason::CALL_CANCELLED, "the call ended before its work was done");
  }

  const std::unique_ptr<store::Reader> reader_;
  const std::function<bool()> stopped_;
};

}  // namespace enlace::service
