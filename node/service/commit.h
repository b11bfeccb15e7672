#pragma once

#include <functional>
#include <string_view>

#include "node/rpc/handler.h"
#include "node/store/store.h"

// What handlers that write have in common.
namespace enlace::service {

// Adds the audit record of an allowed call to the commit of its effect, so that neither is
// there without the other. `resource` is a resource name or a closed word.
Status AuditCommit(store::Transaction& transaction, const rpc::CallContext& call,
                   std::string_view resource);

// Runs `work` exactly as a write, against the state that a write would see, and gives it
// up at its end: nothing of it is stored. Returns the status of `work`.
Status Try(store::Store& store, const std::function<Status(store::Transaction&)>& work,
           store::WriteClass write_class = store::WriteClass::kOrdinary);

// The same of a caller's trial of a delivery, whose answer tells what is stored: recorded as a read
// of "trials/<batch_id>" when `work` came to its end. OK only when the record is written too.
Status TryDelivery(store::Store& store, const rpc::CallContext& call, std::string_view batch_id,
                   const std::function<Status(store::Transaction&)>& work);

}  // namespace enlace::service
