#pragma once

#include <random>
#include <string>

#include "enlace/storage/v1/records.pb.h"
#include "node/store/anchor.h"
#include "node/store/store.h"
#include "tests/testing/settings.h"

namespace enlace::store::kill {

inline std::string SomeMeta() {
  storage::v1::StoreMeta meta;
  meta.set_format_version(1);
  meta.set_instance_id(std::string(kInstanceIdBytes, 'k'));
  return meta.SerializeAsString();
}

using testing::Setting;
using testing::TestSeed;

}  // namespace enlace::store::kill
