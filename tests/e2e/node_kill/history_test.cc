// Whether the answers that eight concurrent clients got about four records, through kills of the
// node, could be those of a single copy of each record. ENLACE_HISTORY_OPERATIONS and
// ENLACE_HISTORY_KILLS set the size.
#include <gtest/gtest.h>

#include <deque>
#include <thread>

#include "node/base/mutex.h"
#include "tests/e2e/node_kill/real_node.h"
#include "tests/testing/linear.h"

namespace enlace::testing {
namespace {

constexpr int kClients = 8;
constexpr size_t kNames = 4;
constexpr char kPath[] = "entity/police/records";

// One case record as its agency sees it. Its content is told by year and quarter.
struct CaseModel {
  struct State {
    int phase = 0;  // 0 absent, 1 active, 2 withdrawn.
    uint32_t revision = 0;
    uint32_t content = 0;
    auto operator<=>(const State&) const = default;
  };
  struct Input {
    enum Kind { kCreate, kGet, kCorrect, kWithdraw } kind = kGet;
    uint32_t content = 0;
    uint32_t revision = 0;  // That the etag names.
  };
  struct Output {
    Reason refusal = Reason::INTERNAL;  // INTERNAL: none.
    State record;
    bool operator==(const Output&) const = default;
  };

  static std::pair<State, Output> Apply(const State& state, const Input& input) {
    const auto refuse = [&](Reason reason) { return std::pair{state, Output{reason, {}}}; };
    const auto become = [](const State& after) {
      return std::pair{after, Output{Reason::INTERNAL, after}};
    };
    if (input.kind == Input::kCreate && state.phase == 0) return become({1, 1, input.content});
    if (state.phase == 0) return refuse(Reason::CASE_NOT_FOUND);
    if (input.kind == Input::kCreate || input.kind == Input::kGet) return become(state);
    if (state.phase == 2) return refuse(Reason::CASE_WITHDRAWN);
    if (input.kind == Input::kWithdraw) return become({2, state.revision + 1, state.content});
    if (input.revision != state.revision) return refuse(Reason::ETAG_MISMATCH);
    return become({1, state.revision + 1, input.content});
  }
};
using Op = Operation<CaseModel>;

std::string Text(const Op& op) {
  constexpr std::array<const char*, 4> kKinds = {"create", "get", "correct", "withdraw"};
  std::string text =
      fmt::format("  {:6}-{:6} {} content={} etag=r{}:", op.begin,
                  op.end == kNeverEnded ? "lost" : std::to_string(op.end),
                  kKinds.at(size_t(op.input.kind)), op.input.content, op.input.revision);
  if (!op.output) return text + "\n";
  if (op.output->refusal != Reason::INTERNAL) {
    return text + " " + std::string(ReasonName(op.output->refusal)) + "\n";
  }
  const CaseModel::State& state = op.output->record;
  return text +
         fmt::format(" phase={} r{} content={}\n", state.phase, state.revision, state.content);
}

// One record and what was done to it. The record gets its name by its first create that is
// answered; each create is the same request again.
struct Object {
  std::string request_id;
  uint32_t content = 0;
  std::string name;
  uint32_t revision = 1;  // That somebody saw last.
  std::vector<Op> operations;
};

class HistoryTest : public ::testing::Test {
 protected:
  static constexpr uint32_t kContents = 35 * 4;

  Object& NewObject() {
    objects_.push_back(
        {RandomUuid(random_), static_cast<uint32_t>(random_() % kContents), "", 1, {}});
    return objects_.back();
  }
  static pb::CaseRecord RecordOf(uint32_t content) {
    pb::CaseRecord record;
    record.set_codelist_version(1);
    record.set_registration_year(1990 + content / 4);
    record.set_registration_quarter(1 + content % 4);
    return record;
  }
  static CaseModel::State StateOf(const pb::CaseRecord& record) {
    return {record.state() == pb::CaseRecord::WITHDRAWN ? 2 : 1, record.revision(),
            (record.registration_year() - 1990) * 4 + record.registration_quarter() - 1};
  }

  static StatusOr<pb::CaseRecord> Call(client::Client& client, const Object& object,
                                       const CaseModel::Input& input) {
    if (input.kind == CaseModel::Input::kCreate) {
      pb::CreateCaseRecordRequest request;
      *request.mutable_case_record() = RecordOf(input.content);
      request.set_request_id(object.request_id);
      return CallCases<pb::CaseRecord>(client, "CreateCaseRecord", request);
    }
    if (input.kind == CaseModel::Input::kGet) {
      pb::GetCaseRecordRequest request;
      request.set_name(object.name);
      return CallCases<pb::CaseRecord>(client, "GetCaseRecord", request);
    }
    if (input.kind == CaseModel::Input::kWithdraw) {
      pb::WithdrawCaseRecordRequest request;
      request.set_name(object.name);
      request.set_reason(1);
      return CallCases<pb::CaseRecord>(client, "WithdrawCaseRecord", request);
    }
    pb::CorrectCaseRecordRequest request;
    *request.mutable_case_record() = RecordOf(input.content);
    request.mutable_case_record()->set_name(object.name);
    request.set_etag(fmt::format("r{}", input.revision));
    request.set_reason(1);
    return CallCases<pb::CaseRecord>(client, "CorrectCaseRecord", request);
  }

  // One operation on one of the names; false when its answer was lost.
  bool Step(client::Client& client, std::mt19937_64& random) {
    size_t index = 0;
    Object copy;  // Of what is needed to call.
    CaseModel::Input input;
    {
      const MutexLock lock(mutex_);
      index = current_[random() % kNames];
      const Object& object = objects_[index];
      copy = {object.request_id, object.content, object.name, object.revision, {}};
      const uint64_t dice = random() % 100;
      input = {dice < 45   ? CaseModel::Input::kGet
               : dice < 90 ? CaseModel::Input::kCorrect
               : dice < 97 ? CaseModel::Input::kCreate
                           : CaseModel::Input::kWithdraw,
               static_cast<uint32_t>(random() % kContents), copy.revision};
      if (copy.name.empty()) input.kind = CaseModel::Input::kCreate;
      if (input.kind == CaseModel::Input::kCreate) input.content = copy.content;
    }
    const uint64_t begin = ++events_;
    const auto answer = Call(client, copy, input);
    const uint64_t end = ++events_;
    const bool lost = !answer.ok() && IsLost(answer.status());
    Op op{begin, lost ? kNeverEnded : end, input, {}};
    if (answer.ok()) {
      op.output = CaseModel::Output{Reason::INTERNAL, StateOf(*answer)};
    } else if (!lost) {
      op.output = CaseModel::Output{ReasonOf(answer.status()), {}};
    }
    const MutexLock lock(mutex_);
    Note(index, op, answer.ok() ? answer->name() : "");
    return !lost;
  }
  void Note(size_t index, const Op& op, const std::string& name) ENLACE_REQUIRES(mutex_) {
    Object& object = objects_[index];
    object.operations.push_back(op);
    ++operations_;
    if (!name.empty()) {
      object.name = name;
      object.revision = op.output->record.revision;
    }
    const bool ended =
        op.output && (op.output->record.phase == 2 || op.output->refusal == Reason::CASE_WITHDRAWN);
    if (!ended) return;
    // A few more look at what was withdrawn, then the next record takes its place.
    for (size_t& current : current_) {
      if (current != index || random_() % 3 != 0) continue;
      NewObject();
      current = objects_.size() - 1;
    }
  }

  // Runs all clients until `until` operations were made, and kills the node under them.
  void RunLife(uint64_t until) {
    ASSERT_TRUE(node_.Start());
    std::atomic<bool> stop = false;
    std::vector<std::jthread> threads;
    for (int i = 0; i < kClients; ++i) {
      std::shared_ptr<client::Client> client = node_.Connect(kPath);
      threads.emplace_back([this, client, &stop, seed = random_()] {
        std::mt19937_64 random(seed);
        while (!stop && Step(*client, random)) {
        }
      });
    }
    EXPECT_TRUE(Eventually([&] { return operations_ >= until; }));
    node_.Kill();
    stop = true;
  }
  // The last word on each record.
  void ReadAll() {
    ASSERT_TRUE(node_.Start());
    const auto client = node_.Connect(kPath);
    for (Object& object : objects_) {
      if (object.name.empty()) continue;
      const uint64_t begin = ++events_;
      const auto answer = Call(*client, object, {CaseModel::Input::kGet, 0, 0});
      ASSERT_TRUE(answer.ok()) << answer.status().ToString();
      object.operations.push_back({begin,
                                   ++events_,
                                   {CaseModel::Input::kGet, 0, 0},
                                   CaseModel::Output{Reason::INTERNAL, StateOf(*answer)}});
    }
    node_.Kill();
  }

  const uint64_t seed_ = TestSeed();
  std::mt19937_64 random_{seed_};  // Under mutex_ while clients run.
  RealNode node_;
  std::atomic<uint64_t> events_ = 0;
  std::atomic<uint64_t> operations_ = 0;
  Mutex mutex_;
  std::deque<Object> objects_;
  std::array<size_t, kNames> current_{};
};

TEST_F(HistoryTest, AnswersOfConcurrentClientsThroughKillsHaveOneOrder) {
  const uint64_t wanted = Setting("ENLACE_HISTORY_OPERATIONS", 600);
  const uint64_t kills = Setting("ENLACE_HISTORY_KILLS", 3);
  for (size_t& current : current_) {
    NewObject();
    current = objects_.size() - 1;
  }
  for (uint64_t kill = 1; kill <= kills && !HasFailure(); ++kill) RunLife(wanted * kill / kills);
  ReadAll();

  uint64_t violations = 0, lost = 0, refused = 0, longest = 0;
  for (const Object& object : objects_) {
    longest = std::max<uint64_t>(longest, object.operations.size());
    for (const Op& op : object.operations) {
      lost += op.output ? 0 : 1;
      refused += op.output && op.output->refusal != Reason::INTERNAL ? 1 : 0;
    }
    if (IsLinearizable<CaseModel>(object.operations, {})) continue;
    ++violations;
    std::string history;
    for (const Op& op : object.operations) history += Text(op);
    ADD_FAILURE() << "no order explains what was answered of one record, seed " << seed_ << ":\n"
                  << history;
  }
  EXPECT_GT(lost, 0U) << "no kill met an operation";
  EXPECT_GT(refused, 0U) << "no two clients met";
  fmt::print(
      "history: seed={} operations={} kills={} records={} longest={} lost_answers={} refused={} "
      "violations={}\n",
      seed_, operations_.load(), kills, objects_.size(), longest, lost, refused, violations);
}

}  // namespace
}  // namespace enlace::testing
