#pragma once

#include <string>
#include <string_view>

#include "node/store/reader.h"
#include "node/store/recovery.h"

namespace enlace::store {

SnapshotReader ReaderOf(const OpenedDatabase& opened);

// Makes `opened` a database that no other anchor or copy of this store fits: it gets another
// instance id and signs nothing of its channels (signing.h) until the sizes that peers hold are
// confirmed. One commit.
Status BeginIncarnation(OpenedDatabase& opened, std::string_view replaced_instance,
                        const std::string& new_instance);

}  // namespace enlace::store
