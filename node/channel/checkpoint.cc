#include "node/channel/checkpoint.h"

#include <charconv>
#include <optional>
#include <vector>

#include "node/crypto/hash.h"

namespace enlace::channel {
namespace {

constexpr char kEd25519Type = 0x01;
constexpr size_t kKeyIdBytes = 4;
constexpr std::string_view kSignaturePrefix = "\xE2\x80\x94 ";  // Em dash, space.

std::string TypedKey(const crypto::PublicKey& key) {
  std::string bytes(1, kEd25519Type);
  bytes.append(reinterpret_cast<const char*>(key.data()), key.size());
  return bytes;
}

std::string KeyId(std::string_view name, const crypto::PublicKey& key) {
  const Hash hash = crypto::Sha256(std::string(name) + "\n" + TypedKey(key));
  return std::string(AsView(hash).substr(0, kKeyIdBytes));
}

Status Invalid(std::string_view what) {
  return Error(Reason::CHECKPOINT_INVALID, "the checkpoint is refused: " + std::string(what));
}

// The lines of `text`, each of which must end with a newline.
std::optional<std::vector<std::string_view>> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

// Decimal without sign or leading zero.
std::optional<uint64_t> ParseSize(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return value;
}

std::string Body(const Checkpoint& checkpoint) {
  return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" +
         Base64Encode(AsView(checkpoint.root)) + "\n";
}

StatusOr<Checkpoint> ParseBody(std::string_view body) {
  const auto lines = Lines(body);
  if (!lines.has_value() || lines->size() < 3) return Invalid("it has fewer than three lines");
  for (const std::string_view line : *lines) {
    if (line.empty()) return Invalid("a line of its text is empty");
  }
  const auto size = ParseSize((*lines)[1]);
  if (!size.has_value()) return Invalid("the size is not a plain decimal number");
  const auto root = Base64Decode((*lines)[2]);
  if (!root.has_value() || root->size() != Hash().size()) {
    return Invalid("the root is not 32 bytes in base64");
  }
  return Checkpoint{std::string((*lines)[0]), *size, HashFromBytes(*root)};
}

struct SignatureLine {
  std::string_view name;
  std::string key_id;
  std::string signature;
};

std::optional<SignatureLine> ParseSignatureLine(std::string_view line) {
  if (!line.starts_with(kSignaturePrefix)) return std::nullopt;
  line.remove_prefix(kSignaturePrefix.size());
  const size_t space = line.find(' ');
  if (space == std::string_view::npos || space == 0) return std::nullopt;
  if (line.substr(0, space).find('+') != std::string_view::npos) return std::nullopt;
  const auto bytes = Base64Decode(line.substr(space + 1));
  if (!bytes.has_value() || bytes->size() <= kKeyIdBytes) return std::nullopt;
  return SignatureLine{line.substr(0, space), bytes->substr(0, kKeyIdBytes),
                       bytes->substr(kKeyIdBytes)};
}

Status CheckSignatures(std::string_view body, std::string_view signatures, std::string_view name,
                       const crypto::PublicKey& key) {
  const auto lines = Lines(signatures);
  if (!lines.has_value() || lines->empty()) return Invalid("it has no signature lines");
  if (lines->size() > kNoteSignaturesMax) return Invalid("it has too many signature lines");
  const std::string key_id = KeyId(name, key);
  bool found = false;
  for (const std::string_view line : *lines) {
    const auto parsed = ParseSignatureLine(line);
    if (!parsed.has_value()) return Invalid("a signature line is not well formed");
    if (parsed->name != name || parsed->key_id != key_id) continue;
    if (found) return Invalid("the owner signed twice");
    if (!crypto::VerifySignature(key, body, parsed->signature)) {
      return Invalid("the owner's signature does not verify");
    }
    found = true;
  }
  return found ? absl::OkStatus() : Invalid("the owner's key has not signed it");
}

}  // namespace

std::string SignCheckpoint(const Checkpoint& checkpoint, const crypto::SigningKey& key) {
  const std::string body = Body(checkpoint);
  return body + "\n" + std::string(kSignaturePrefix) + checkpoint.origin + " " +
         Base64Encode(KeyId(checkpoint.origin, key.public_key()) + key.Sign(body)) + "\n";
}

StatusOr<Checkpoint> OpenCheckpoint(std::string_view note, std::string_view origin,
                                    const crypto::PublicKey& key) {
  if (note.size() > kNoteBytesMax) return Invalid("it is larger than 16 KiB");
  // Signatures follow the last empty line; the signed text keeps its final newline.
  const size_t gap = note.rfind("\n\n");
  if (gap == std::string_view::npos) return Invalid("no empty line ends its text");
  const std::string_view body = note.substr(0, gap + 1);
  for (const char c : body) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n') {
      return Invalid("its text holds a control character");
    }
  }
  ENLACE_RETURN_IF_ERROR(CheckSignatures(body, note.substr(gap + 2), origin, key));
  ENLACE_ASSIGN_OR_RETURN(Checkpoint checkpoint, ParseBody(body));
  if (checkpoint.origin != origin) return Invalid("it is of another channel");
  return checkpoint;
}

std::string VerifierKeyText(std::string_view name, const crypto::PublicKey& key) {
  return std::string(name) + "+" + HexEncode(KeyId(name, key)) + "+" + Base64Encode(TypedKey(key));
}

StatusOr<VerifierKey> ParseVerifierKey(std::string_view text) {
  const auto refuse = [](std::string_view what) {
    return Error(Reason::KEY_INVALID,
                 "a verifier key is <name>+<key id>+<base64 key>: " + std::string(what));
  };
  const size_t first = text.find('+');
  const size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos || first == 0) return refuse("a part is missing");
  const auto bytes = Base64Decode(text.substr(second + 1));
  VerifierKey result;
  if (!bytes.has_value() || bytes->size() != result.key.size() + 1 ||
      bytes->front() != kEd25519Type) {
    return refuse("the key is not an Ed25519 key of type 0x01");
  }
  result.name = std::string(text.substr(0, first));
  std::copy(bytes->begin() + 1, bytes->end(), result.key.begin());
  if (HexEncode(KeyId(result.name, result.key)) != text.substr(first + 1, second - first - 1)) {
    return refuse("the key id does not belong to name and key");
  }
  return result;
}

}  // namespace enlace::channel
