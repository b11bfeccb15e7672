// Pages of an honest log, cut up and put together wrongly as the input says. Whatever is
// accepted must be the honest log, since nobody but its owner can sign.
#include <cstdint>
#include <string>

#include "google/protobuf/stubs/logging.h"
#include "node/base/check.h"
#include "node/channel/mirror.h"
#include "tests/testing/channel_log.h"

namespace channel = enlace::channel;

namespace {

class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  bool empty() const { return at_ >= size_; }
  uint64_t Next() { return empty() ? 0 : data_[at_++]; }

 private:
  const uint8_t* data_;
  size_t size_;
  size_t at_ = 0;
};

void Damage(std::string& bytes, Input& input) {
  if (bytes.empty()) {
    bytes.assign(input.Next(), 'x');
  } else {
    bytes[input.Next() % bytes.size()] = static_cast<char>(input.Next());
  }
}

void Mutate(channel::Page& page, const channel::Page& other, Input& input) {
  auto& entries = page.entries;
  const uint64_t which = entries.empty() ? 0 : input.Next() % entries.size();
  switch (entries.empty() ? 7 + input.Next() % 4 : input.Next() % 11) {
    case 0:
      entries[which].sequence = input.Next();
      break;
    case 1:
      Damage(entries[which].header, input);
      break;
    case 2:
      Damage(entries[which].payload, input);
      break;
    case 3:
      Damage(entries[which].opening, input);
      break;
    case 4:
      entries[which].state = static_cast<uint32_t>(input.Next() % 5);
      break;
    case 5:
      entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(which));
      break;
    case 6:
      std::swap(entries[which], entries.front());
      break;
    case 7:
      page.checkpoint = other.checkpoint;
      break;
    case 8:
      page.consistency_proof = other.checkpoint_proof;
      break;
    case 9:
      page.consistency_proof.resize(input.Next() % 80, std::string(32, 'p'));
      break;
    default:
      page.checkpoint_proof.resize(input.Next() % 80, std::string(32, 'p'));
      break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const enlace::testing::ChannelLog log("demo/ARG/training", 24);
  static const google::protobuf::LogSilencer silence;
  Input input(data, size);
  const uint64_t held = input.Next() % 12;
  const uint64_t last = held + input.Next() % 6;
  const uint64_t limit = held + input.Next() % 6;
  const uint64_t now = std::max(last, limit) + input.Next() % 3;
  const auto head =
      channel::VerifyPage(log.origin(), log.key().public_key(), {}, log.MakePage(0, held, last))
          .value()
          .head;
  channel::Page page = log.MakePage(held, limit, now, last);
  const channel::Page other = log.MakePage(input.Next() % 24, 24, 24, input.Next() % 24);
  const bool honest = input.empty();
  for (int i = 0; i < 4 && !input.empty(); ++i) Mutate(page, other, input);

  const auto verified = channel::VerifyPage(log.origin(), log.key().public_key(), head, page);
  ENLACE_CHECK(verified.ok() || !honest);
  if (!verified.ok()) {
    // The owner told one story only.
    ENLACE_CHECK(enlace::ReasonOf(verified.status()) != enlace::Reason::CHECKPOINT_INCONSISTENT);
    return 0;
  }
  const channel::CompactRange& range = verified->head.range;
  ENLACE_CHECK(range.Root() == log.RootAt(range.size()));
  ENLACE_CHECK(verified->checkpoint_size >= last);
  for (const auto& entry : verified->entries) {
    ENLACE_CHECK(entry.header.raw == log.entry(entry.sequence).header);
    if (entry.state == channel::PayloadState::kPresent) {
      ENLACE_CHECK(entry.payload == log.entry(entry.sequence).payload);
    }
  }
  return 0;
}
