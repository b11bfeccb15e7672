#pragma once

#include <cstdlib>
#include <random>
#include <string>

#include "enlace/storage/v1/records.pb.h"
#include "node/store/anchor.h"
#include "node/store/store.h"

namespace enlace::store::kill {

inline std::string SomeMeta() {
  storage::v1::StoreMeta meta;
  meta.set_format_version(1);
  meta.set_instance_id(std::string(kInstanceIdBytes, 'k'));
  return meta.SerializeAsString();
}

// A number from the environment, for the long forms.
inline uint64_t Setting(const char* name, uint64_t normal) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : normal;
}

// ENLACE_TEST_SEED, or another each time.
inline uint64_t TestSeed() { return Setting("ENLACE_TEST_SEED", std::random_device{}()); }

}  // namespace enlace::store::kill
