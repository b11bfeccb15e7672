#include "node/store/incarnation.h"

#include <memory>

#include "node/store/group.h"
#include "node/store/signing.h"

namespace enlace::store {

SnapshotReader ReaderOf(const OpenedDatabase& opened) {
  return {opened.engine->TakeSnapshot(), std::make_shared<StoreHealth>()};
}

Status BeginIncarnation(OpenedDatabase& opened, std::string_view replaced_instance,
                        const std::string& new_instance) {
  const SnapshotReader reader = ReaderOf(opened);
  ENLACE_ASSIGN_OR_RETURN(storage::v1::StoreMeta meta, ReadMeta(reader));
  meta.set_instance_id(new_instance);
  Group group(reader, opened.commit_sequence + 1, 0);
  ENLACE_RETURN_IF_ERROR(group.Run([&](Transaction& transaction) {
    transaction.Put(kStoreTable, kStoreKey, meta.SerializeAsString());
    CloseSigning(transaction, replaced_instance);
    return absl::OkStatus();
  }));
  ENLACE_RETURN_IF_ERROR(opened.engine->Commit(group.ToBatch()));
  opened.instance_id = meta.instance_id();
  ++opened.commit_sequence;
  return absl::OkStatus();
}

}  // namespace enlace::store
