#include "node/store/group.h"

#include <fmt/format.h>

#include <utility>

#include "node/base/bytes.h"
#include "node/store/envelope.h"

namespace enlace::store {

// One transaction of a group.
class Group::Member final : public Transaction {
 public:
  explicit Member(Group& group) : group_(group), next_index_(group.next_index_) {}

  StatusOr<std::optional<std::string>> Get(Table table, std::string_view key) const override {
    const Overlay::Change* change = changes_.Find(table, key);
    if (change == nullptr) change = group_.changes_.Find(table, key);
    if (change != nullptr) {
      if (!change->has_value()) return std::optional<std::string>();
      return std::optional<std::string>(Overlay::ValueOf(**change));
    }
    return group_.base_.Get(table, key);
  }

  Status Scan(Table table, const kv::KeyRange& range, const kv::RowVisitor& visit) const override {
    Overlay::Changes changes;
    group_.changes_.Collect(table, range, changes);
    changes_.Collect(table, range, changes);
    if (changes.empty()) return group_.base_.Scan(table, range, visit);
    return ScanWithChanges(group_.base_, table, range, changes, visit);
  }

  void Put(Table table, std::string_view key, std::string_view value) override {
    if (value.size() > kv::kValueBytesMax - kEnvelopeBytes) {
      return Refuse(fmt::format("a value of table {} has {} bytes; at most {} are allowed",
                                TableNames().at(static_cast<size_t>(table)), value.size(),
                                kv::kValueBytesMax - kEnvelopeBytes));
    }
    Set(table, key, WrapValue(table, key, value));
  }
  void Delete(Table table, std::string_view key) override { Set(table, key, std::nullopt); }

  uint64_t commit_sequence() const override { return group_.commit_sequence_; }
  uint32_t NextIndex() override { return next_index_++; }
  int64_t now_ms() const override { return group_.now_ms_; }

  // Gives all changes to the group, unless one of them was over a limit.
  Status Keep() {
    ENLACE_RETURN_IF_ERROR(refused_);
    group_.next_index_ = next_index_;
    changes_.MoveInto(group_.changes_);
    return absl::OkStatus();
  }

 private:
  void Set(Table table, std::string_view key, Overlay::Change change) {
    if (!refused_.ok()) return;
    if (key.empty() || key.size() > kv::kKeyBytesMax) {
      return Refuse(fmt::format("a key of table {} has {} bytes; 1 to {} are allowed",
                                TableNames().at(static_cast<size_t>(table)), key.size(),
                                kv::kKeyBytesMax));
    }
    changes_.Set(table, key, std::move(change));
    if (changes_.bytes() > kTransactionBytesMax) {
      Refuse(fmt::format("one write has more than {} bytes; split it", kTransactionBytesMax));
    }
  }
  void Refuse(std::string_view message) {
    if (refused_.ok()) refused_ = Error(Reason::STORE_LIMIT, message);
  }

  Group& group_;
  Overlay changes_;
  uint32_t next_index_;
  Status refused_;  // The first write over a limit.
};

Status Group::Run(const std::function<Status(Transaction&)>& work) {
  Member member(*this);
  try {
    ENLACE_RETURN_IF_ERROR(work(member));
  } catch (...) {
    // On the writer thread nobody else would catch it, and the node would end for all. Its
    // text may hold a value of the write and is not repeated.
    return Error(Reason::INTERNAL, "a fault of the program ended this write; nothing was written");
  }
  return member.Keep();
}

kv::Batch Group::ToBatch() {
  kv::Batch batch;
  std::vector<Overlay::Changes> tables = changes_.Take();
  for (size_t number = 0; number < tables.size(); ++number) {
    Overlay::Changes& changes = tables[number];
    batch.mutations.reserve(batch.mutations.size() + changes.size());
    while (!changes.empty()) {
      auto change = changes.extract(changes.begin());
      batch.mutations.push_back(
          {static_cast<kv::TableId>(number), std::move(change.key()), std::move(change.mapped())});
    }
  }
  const auto id = static_cast<kv::TableId>(kCommitTable);
  const std::string key(kCommitKey);
  kv::Precondition alone{id, key, std::nullopt};
  if (commit_sequence_ > 1) {
    alone.expected = WrapValue(kCommitTable, key, EncodeCommitSequence(commit_sequence_ - 1));
  }
  batch.preconditions.push_back(std::move(alone));
  batch.mutations.push_back(
      {id, key, WrapValue(kCommitTable, key, EncodeCommitSequence(commit_sequence_))});
  return batch;
}

std::string EncodeCommitSequence(uint64_t sequence) {
  std::string value;
  AppendU64(value, sequence);
  return value;
}

StatusOr<uint64_t> ReadCommitSequence(const Reader& reader) {
  ENLACE_ASSIGN_OR_RETURN(const auto value, reader.Get(kCommitTable, kCommitKey));
  if (!value) return 0;
  if (value->size() != 8) {
    return Error(Reason::STORE_CORRUPT, "the commit sequence in table meta is not 8 bytes");
  }
  return ReadU64(*value);
}

}  // namespace enlace::store
