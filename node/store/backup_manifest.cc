#include "node/store/backup_manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "node/crypto/hash.h"

namespace enlace::store {
namespace {

constexpr std::string_view kFirstLine = "enlace-backup: ";
constexpr std::string_view kSumLine = "sha256: ";
constexpr std::string_view kSignatureLine = "signature: ";

std::string Hex(const Hash& hash) { return HexEncode(AsView(hash)); }

std::string KeyBytes(const crypto::PublicKey& key) { return {key.begin(), key.end()}; }

// All lines but the last two.
std::string Body(const BackupManifest& manifest) {
  std::string text = fmt::format("{}{}\n", kFirstLine, kBackupFormat);
  const auto line = [&text](std::string_view name, const auto& value) {
    text += fmt::format("{}: {}\n", name, value);
  };
  line("network", manifest.network);
  line("jurisdiction", manifest.jurisdiction);
  line("instance", HexEncode(manifest.instance_id));
  line("commit", manifest.commit_sequence);
  line("time_ms", manifest.time_ms);
  line("software", manifest.software_version);
  line("channel_key", Base64Encode(KeyBytes(manifest.channel_key)));
  line("audit_records", manifest.audit_records);
  line("audit_head", Hex(manifest.audit_head));
  for (const BackupChannel& channel : manifest.channels) {
    line("channel", fmt::format("{} {} {} {}", channel.origin, channel.own ? "own" : "mirror",
                                channel.size, Hex(channel.root)));
  }
  for (const BackupFile& file : manifest.files) {
    line("file", fmt::format("{} {} {} {}", file.name, file.bytes, file.rows, Hex(file.sha256)));
  }
  return text;
}

std::string SumLine(std::string_view body) {
  return fmt::format("{}{}\n", kSumLine, Hex(crypto::Sha256(body)));
}

Status Invalid(std::string_view fault) {
  return Error(Reason::BACKUP_INVALID,
               fmt::format("the manifest of the backup {}; use another backup", fault));
}

// Takes lines and words off a text; what does not fit makes it fail for good. Values need no
// further check: a manifest that was read is written again and compared.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  bool ok() const { return ok_; }
  bool NextIs(std::string_view name) const {
    return rest_.starts_with(name) && rest_.substr(name.size()).starts_with(": ");
  }
  std::string_view Line(std::string_view name) {
    const size_t end = rest_.find('\n');
    if (!NextIs(name) || end == std::string_view::npos) return Fail();
    const std::string_view value = rest_.substr(name.size() + 2, end - name.size() - 2);
    rest_.remove_prefix(end + 1);
    return value;
  }
  template <typename Number>
  Number ToNumber(std::string_view text) {
    Number number = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end) Fail();
    return number;
  }
  Hash ToHash(std::string_view text) {
    const std::optional<std::string> bytes = HexDecode(text);
    if (bytes.has_value() && bytes->size() == Hash().size()) return HashFromBytes(*bytes);
    Fail();
    return {};
  }
  // Exactly four words.
  std::array<std::string_view, 4> Words(std::string_view text) {
    std::array<std::string_view, 4> words;
    for (size_t i = 0; i < words.size(); ++i) {
      const size_t end = std::min(text.find(' '), text.size());
      words.at(i) = text.substr(0, end);
      const bool last = i + 1 == words.size();
      if (last != (end == text.size())) Fail();
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
  }
  std::string_view Fail() {
    ok_ = false;
    return {};
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

crypto::PublicKey ToKey(Parser& parser, std::string_view text) {
  crypto::PublicKey key{};
  const std::optional<std::string> bytes = Base64Decode(text);
  if (!bytes.has_value() || bytes->size() != key.size()) {
    parser.Fail();
    return key;
  }
  std::copy(bytes->begin(), bytes->end(), key.begin());
  return key;
}

BackupManifest ParseBody(Parser& parser) {
  BackupManifest manifest;
  parser.Line("enlace-backup");
  manifest.network = parser.Line("network");
  manifest.jurisdiction = parser.Line("jurisdiction");
  const std::optional<std::string> instance = HexDecode(parser.Line("instance"));
  if (!instance.has_value()) parser.Fail();
  manifest.instance_id = instance.value_or("");
  manifest.commit_sequence = parser.ToNumber<uint64_t>(parser.Line("commit"));
  manifest.time_ms = parser.ToNumber<int64_t>(parser.Line("time_ms"));
  manifest.software_version = parser.Line("software");
  manifest.channel_key = ToKey(parser, parser.Line("channel_key"));
  manifest.audit_records = parser.ToNumber<uint64_t>(parser.Line("audit_records"));
  manifest.audit_head = parser.ToHash(parser.Line("audit_head"));
  while (parser.ok() && parser.NextIs("channel")) {
    const auto words = parser.Words(parser.Line("channel"));
    manifest.channels.push_back({std::string(words[0]), words[1] == "own",
                                 parser.ToNumber<uint64_t>(words[2]), parser.ToHash(words[3])});
  }
  while (parser.ok() && parser.NextIs("file")) {
    const auto words = parser.Words(parser.Line("file"));
    manifest.files.push_back({std::string(words[0]), parser.ToNumber<uint64_t>(words[1]),
                              parser.ToNumber<uint64_t>(words[2]), parser.ToHash(words[3])});
  }
  return manifest;
}

}  // namespace

uint64_t BackupManifest::rows() const {
  uint64_t sum = 0;
  for (const BackupFile& file : files) sum += file.rows;
  return sum;
}

uint64_t BackupManifest::bytes() const {
  uint64_t sum = 0;
  for (const BackupFile& file : files) sum += file.bytes;
  return sum;
}

std::string SealManifest(BackupManifest manifest, const crypto::SigningKey& key) {
  manifest.channel_key = key.public_key();
  std::string text = Body(manifest);
  text += SumLine(text);
  return text + fmt::format("{}{}\n", kSignatureLine, Base64Encode(key.Sign(text)));
}

StatusOr<BackupManifest> OpenManifest(std::string_view text) {
  const size_t signature_at = text.rfind(kSignatureLine);
  const std::string_view summed = text.substr(0, std::min(signature_at, text.size()));
  const size_t sum_at = summed.rfind(kSumLine);
  if (!text.starts_with(kFirstLine) || sum_at == std::string_view::npos ||
      signature_at == std::string_view::npos) {
    return Invalid("is cut or damaged");
  }
  const std::string_view body = summed.substr(0, sum_at);
  if (summed.substr(sum_at) != SumLine(body)) return Invalid("does not match its checksum");
  if (!body.starts_with(fmt::format("{}{}\n", kFirstLine, kBackupFormat))) {
    return Error(Reason::STORE_FORMAT,
                 fmt::format("the backup has another format than {}, which this program knows; use "
                             "the version of Enlace that made it",
                             kBackupFormat));
  }
  Parser parser(body);
  const BackupManifest manifest = ParseBody(parser);
  if (!parser.ok() || Body(manifest) != body) return Invalid("is not in its own form");
  const std::string_view line = text.substr(signature_at + kSignatureLine.size());
  const std::optional<std::string> signature =
      Base64Decode(line.substr(0, std::max<size_t>(line.size(), 1) - 1));
  if (!line.ends_with('\n') || !signature.has_value() ||
      !crypto::VerifySignature(manifest.channel_key, summed, *signature)) {
    return Invalid("is not signed by the key that it names");
  }
  return manifest;
}

}  // namespace enlace::store
