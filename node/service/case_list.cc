#include "node/service/case_list.h"

#include "node/base/bytes.h"
#include "node/base/log.h"
#include "node/store/case_reference.h"

namespace enlace::service {
namespace {

// A delivery pays for following this many revisions, some tens of milliseconds, rather than the
// page that comes after a million of them.
constexpr size_t kFollowAfter = 1 << 16;

// REQUIRES: store::kRevisionKeyBytes bytes.
query::RowKey KeyOf(std::string_view bytes) { return {ReadU64(bytes), ReadU32(bytes, 8)}; }

Status BadKey() {
  return Error(Reason::STORE_CORRUPT,
               "a row of table case_revision has another key than such rows have");
}

}  // namespace

std::string KeyBytes(const query::RowKey& key) {
  std::string bytes;
  AppendU64(bytes, key.commit);
  AppendU32(bytes, key.index);
  return bytes;
}

StatusOr<CaseList::Page> CaseList::Choose(std::string_view entity, uint32_t year,
                                          std::string_view cursor, size_t cases_max) {
  if (!cursor.empty() && cursor.size() != store::kRevisionKeyBytes) {
    return Error(Reason::PAGE_TOKEN_INVALID,
                 "the page token is of another version of the node; begin with the first page");
  }
  Page page;
  MutexLock lock(mutex_);
  // Taken under the lock: the directory never knows more than the state it chooses from.
  page.reader = store_.Read();
  Follow(*page.reader);
  ENLACE_RETURN_IF_ERROR(fault_);
  query::CaseChoice choice =
      directory_.Choose(entity, year, cursor.empty() ? query::RowKey() : KeyOf(cursor), cases_max);
  page.cases = std::move(choice.cases);
  if (choice.next.has_value()) page.next_cursor = KeyBytes(*choice.next);
  return page;
}

void CaseList::Take(const store::CaseMark& mark) {
  MutexLock lock(mutex_);
  if (!fault_.ok()) return;
  if (const Status taken = TakeLocked(mark); !taken.ok()) StopLocked(taken);
}

void CaseList::CatchUp() {
  MutexLock lock(mutex_);
  Follow(*store_.Read());
}

void CaseList::Told(size_t revisions) {
  // Single records are told of by threads that others wait for.
  if ((told_ += revisions) >= kFollowAfter && revisions > 1) CatchUp();
}

void CaseList::Stop(const Status& fault) {
  MutexLock lock(mutex_);
  if (fault_.ok()) StopLocked(fault);
}

void CaseList::StopLocked(const Status& fault) {
  fault_ = fault;
  LogError("case_directory_stopped", {{"reason", MessageOf(fault)}});
}

Status CaseList::TakeLocked(const store::CaseMark& mark) {
  if (mark.key.size() != store::kRevisionKeyBytes) return BadKey();
  seen_ = mark.key;
  const query::RowKey key = KeyOf(mark.key);
  if (mark.revision == 1) return directory_.Add(key, mark.entity, mark.year);
  later_.push_back({std::string(mark.reference), key, mark.revision, mark.year});
  return absl::OkStatus();
}

void CaseList::Follow(const store::Reader& reader) {
  told_ = 0;
  if (!fault_.ok()) return;
  Status taken;
  Status scanned = store::ScanCaseMarks(reader, seen_, [&](const store::CaseMark& mark) {
    taken = TakeLocked(mark);
    return taken.ok();
  });
  if (scanned.ok()) scanned = taken;
  if (scanned.ok()) scanned = Settle(reader);
  if (!scanned.ok()) StopLocked(scanned);
}

Status CaseList::Settle(const store::Reader& reader) {
  std::vector<std::string> references;
  references.reserve(later_.size());
  for (const Later& later : later_) references.push_back(later.reference);
  ENLACE_ASSIGN_OR_RETURN(const auto firsts, store::FirstCaseKeys(reader, references));
  for (size_t i = 0; i < later_.size(); ++i) {
    const Later& later = later_[i];
    ENLACE_RETURN_IF_ERROR(
        directory_.Change(KeyOf(firsts[i]), later.key, later.revision, later.year));
  }
  later_.clear();
  return absl::OkStatus();
}

}  // namespace enlace::service
