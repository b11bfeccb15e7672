#pragma once

#include <string>

#include "client/intake/sink.h"
#include "client/lib/client.h"

// Hands typed rows to a node.
namespace enlace::cli {

class RpcSink final : public intake::RowSink {
 public:
  // `client` must outlive the sink; `target` names the node for the import's state file.
  RpcSink(client::Client& client, uint32_t codelist_version, std::string target)
      : client_(client), codelist_version_(codelist_version), target_(std::move(target)) {}

  StatusOr<intake::BatchAnswer> Send(const intake::Batch& batch) override;
  std::string Target() const override { return target_; }

 private:
  client::Client& client_;
  const uint32_t codelist_version_;
  const std::string target_;
};

}  // namespace enlace::cli
