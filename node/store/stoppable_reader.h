#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "node/store/store.h"

namespace enlace::store {

// Reads for a call, and ends within a row when the call does: its caller went away, its time
// is over, or the node stops. What it answered until then is not the whole. CALL_CANCELLED.
class StoppableReader final : public Reader {
 public:
  StoppableReader(std::unique_ptr<Reader> reader, std::function<bool()> stopped)
      : owned_(std::move(reader)), reader_(owned_.get()), stopped_(std::move(stopped)) {}
  // `reader` must outlive it.
  StoppableReader(const Reader& reader, std::function<bool()> stopped)
      : reader_(&reader), stopped_(std::move(stopped)) {}

  StatusOr<std::optional<std::string>> Get(Table table, std::string_view key) const override {
    ENLACE_RETURN_IF_ERROR(Check());
    return reader_->Get(table, key);
  }
  Status Scan(Table table, const kv::KeyRange& range, const kv::RowVisitor& visit) const override {
    bool stopped = false;
    const Status status =
        reader_->Scan(table, range, [&](std::string_view key, std::string_view value) {
          stopped = stopped_();
          return !stopped && visit(key, value);
        });
    return stopped ? Stopped() : status;
  }

  Status GetMany(Table table, std::span<const std::string> keys,
                 const kv::ValueVisitor& visit) const override {
    bool stopped = false;
    const Status status =
        reader_->GetMany(table, keys, [&](size_t place, const std::string_view* value) {
          stopped = stopped_();
          return !stopped && visit(place, value);
        });
    return stopped ? Stopped() : status;
  }

  // For steps between reads: whether to go on.
  Status Check() const { return stopped_() ? Stopped() : absl::OkStatus(); }

 private:
  static Status Stopped() {
    return Error(Reason::CALL_CANCELLED, "the call ended before its work was done");
  }

  const std::unique_ptr<Reader> owned_;
  const Reader* const reader_;
  const std::function<bool()> stopped_;
};

}  // namespace enlace::store
