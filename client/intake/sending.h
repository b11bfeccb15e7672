#pragma once

#include <thread>
#include <utility>

#include "client/intake/sink.h"

namespace enlace::intake {

// A part of a file on its way, while the next one is read. Nothing else may use the sink meanwhile.
class Sending {
 public:
  // `nobodys` rows of others in it name no jurisdiction. `sink` must outlive it.
  Sending(RowSink& sink, Batch batch, uint64_t nobodys)
      : batch_(std::move(batch)),
        nobodys_(nobodys),
        thread_([this, &sink] { answer_ = sink.Send(batch_); }) {}
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;

  const Batch& batch() const { return batch_; }
  uint64_t nobodys() const { return nobodys_; }
  // Waits for it. Once.
  StatusOr<BatchAnswer> Answer() {
    thread_.join();
    return std::move(answer_);
  }

 private:
  const Batch batch_;
  const uint64_t nobodys_;
  StatusOr<BatchAnswer> answer_;  // Of the thread, until it is joined.
  std::jthread thread_;           // Last: starts when all else is there.
};

}  // namespace enlace::intake
