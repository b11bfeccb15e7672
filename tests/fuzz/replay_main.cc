// Runs a fuzz target without libFuzzer: a fixed number of seeded random inputs, so that
// every build exercises the target. The seed is printed; pass another as argument.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {
constexpr int kInputs = 20000;
constexpr size_t kSizeMax = 512;
}  // namespace

int main(int argc, char** argv) {
  const uint64_t seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20260101;
  std::printf("seed %llu, %d inputs\n", static_cast<unsigned long long>(seed), kInputs);
  std::mt19937_64 random(seed);
  std::vector<uint8_t> previous;
  for (int i = 0; i < kInputs; ++i) {
    std::vector<uint8_t> input = previous;
    if (input.empty() || random() % 4 == 0) {
      input.resize(random() % kSizeMax);
      for (uint8_t& byte : input) byte = static_cast<uint8_t>(random());
    } else {
      input[random() % input.size()] = static_cast<uint8_t>(random());
    }
    LLVMFuzzerTestOneInput(input.data(), input.size());
    previous = input;
  }
  return 0;
}
