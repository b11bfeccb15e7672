#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>

// What the environment asks of a test.
namespace enlace::testing {

// A number from the environment, for the long forms.
inline uint64_t Setting(const char* name, uint64_t normal) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : normal;
}

// ENLACE_TEST_SEED, or another each time.
inline uint64_t TestSeed() { return Setting("ENLACE_TEST_SEED", std::random_device{}()); }

}  // namespace enlace::testing
