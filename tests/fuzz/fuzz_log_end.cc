// Any bytes as a log: what is found whole is whole by itself, and nothing behind it is taken.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "node/base/bytes.h"
#include "node/base/check.h"
#include "node/kv/log_end.h"

namespace kv = enlace::kv;

namespace {

kv::LogEnd EndOf(std::string_view file) {
  kv::LogEnd end;
  for (size_t at = 0; at < file.size(); at += kv::kLogBlockBytes) {
    end.Take(file.substr(at, kv::kLogBlockBytes));
  }
  return end;
}

// A whole record of at most 255 bytes.
void AddRecord(std::string_view payload, std::string& log) {
  payload = payload.substr(0, 255);
  const uint32_t crc = enlace::Crc32c(payload, enlace::Crc32c("\x01"));
  const uint32_t masked = ((crc >> 15U) | (crc << 17U)) + 0xa282ead8U;
  for (unsigned shift = 0; shift < 32; shift += 8) {
    log += static_cast<char>(masked >> shift & 0xffU);
  }
  log += static_cast<char>(payload.size());
  log += '\0';
  log += '\x01';
  log += payload;
}

void Check(const std::string& file) {
  const kv::LogEnd end = EndOf(file);
  ENLACE_CHECK(end.bytes() <= file.size());
  if (end.Tail() == kv::LogTail::kNone) return;
  const kv::LogEnd again = EndOf(std::string_view(file).substr(0, end.bytes()));
  ENLACE_CHECK(again.Tail() == kv::LogTail::kNone);
  ENLACE_CHECK(again.bytes() == end.bytes());
  if (end.Tail() != kv::LogTail::kSpace) return;
  ENLACE_CHECK(file.find_first_not_of('\0', end.bytes()) == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  std::string log;
  for (size_t at = 0; at < size; at += 100) AddRecord(input.substr(at, 100), log);
  Check(input);
  Check(log);
  Check(log + input);
  Check(log + std::string(kv::kLogBlockBytes, '\0'));
  for (size_t i = 0; i + 2 < size && i < 12; i += 3) {
    log[(data[i] * 256U + data[i + 1]) % log.size()] = static_cast<char>(data[i + 2]);
  }
  Check(log);
  Check(log + std::string(2'000, '\0'));
  return 0;
}
