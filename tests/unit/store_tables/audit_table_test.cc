#include "node/store/audit_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/crypto/hash.h"
#include "tests/testing/memory_store.h"

namespace enlace::store {
namespace {

using ::testing::HasSubstr;

class AuditTableTest : public ::testing::Test {
 protected:
  void Append(const std::string& resource) {
    db_.Commit([&](Transaction& transaction) {
      ASSERT_TRUE(AppendAudit(transaction, {"spiffe://arg.demo/entity/police/a", "/S/M", resource,
                                            "allow", "id-1"})
                      .ok());
    });
  }
  // Keys of the audit table, in order.
  std::vector<std::string> Keys() {
    std::vector<std::string> keys;
    EXPECT_TRUE(db_.store->Read()
                    ->Scan(Table::kAudit, {},
                           [&keys](std::string_view key, std::string_view) {
                             keys.emplace_back(key);
                             return true;
                           })
                    .ok());
    return keys;
  }

  enlace::testing::MemoryStore db_;
};

TEST_F(AuditTableTest, AnEmptyChainVerifies) {
  const auto count = VerifyAuditChain(*db_.store->Read());
  ASSERT_TRUE(count.ok()) << count.status();
  EXPECT_EQ(*count, 0u);
}

TEST_F(AuditTableTest, ChainCountsItsLinksAcrossAndWithinCommits) {
  Append("a");
  db_.Commit([](Transaction& transaction) {
    ASSERT_TRUE(AppendAudit(transaction, {"x", "/S/M", "b", "allow", "2"}).ok());
    ASSERT_TRUE(AppendAudit(transaction, {"x", "/S/M", "c", "deny", "3"}).ok());
  });
  const auto count = VerifyAuditChain(*db_.store->Read());
  ASSERT_TRUE(count.ok()) << count.status();
  EXPECT_EQ(*count, 3u);
}

TEST_F(AuditTableTest, AChangedLinkIsFoundAtTheNextOne) {
  for (const char* resource : {"a", "b", "c"}) Append(resource);
  const auto keys = Keys();
  db_.Commit([&](Transaction& transaction) {
    auto bytes = **transaction.Get(Table::kAudit, keys[0]);
    bytes.replace(bytes.find("allow"), 5, "alloW");
    transaction.Put(Table::kAudit, keys[0], bytes);
  });
  const auto count = VerifyAuditChain(*db_.store->Read());
  EXPECT_EQ(ReasonOf(count.status()), Reason::STORE_CORRUPT);
  EXPECT_EQ(MetadataOf(count.status())["link"], "2");
}

TEST_F(AuditTableTest, AChangedLastLinkIsFound) {
  Append("a");
  const auto keys = Keys();
  db_.Commit([&](Transaction& transaction) {
    auto bytes = **transaction.Get(Table::kAudit, keys[0]);
    bytes.replace(bytes.find("allow"), 5, "alloW");
    transaction.Put(Table::kAudit, keys[0], bytes);
  });
  EXPECT_EQ(ReasonOf(VerifyAuditChain(*db_.store->Read()).status()), Reason::STORE_CORRUPT);
}

TEST_F(AuditTableTest, ACutChainIsFound) {
  for (const char* resource : {"a", "b", "c"}) Append(resource);
  const auto keys = Keys();
  db_.Commit([&](Transaction& transaction) { transaction.Delete(Table::kAudit, keys[2]); });
  const auto count = VerifyAuditChain(*db_.store->Read());
  EXPECT_EQ(ReasonOf(count.status()), Reason::STORE_CORRUPT);
  EXPECT_THAT(MessageOf(count.status()), HasSubstr("missing"));
}

TEST_F(AuditTableTest, ALinkTakenFromTheMiddleIsFound) {
  for (const char* resource : {"a", "b", "c"}) Append(resource);
  const auto keys = Keys();
  db_.Commit([&](Transaction& transaction) { transaction.Delete(Table::kAudit, keys[1]); });
  EXPECT_EQ(ReasonOf(VerifyAuditChain(*db_.store->Read()).status()), Reason::STORE_CORRUPT);
}

TEST_F(AuditTableTest, AFailedWriteLeavesTheChainAsItWas) {
  Append("a");
  const Status status = db_.store->Write([](Transaction& transaction) {
    EXPECT_TRUE(AppendAudit(transaction, {"x", "/S/M", "b", "allow", "2"}).ok());
    return Error(Reason::CASE_NOT_FOUND, "no");
  });
  EXPECT_EQ(ReasonOf(status), Reason::CASE_NOT_FOUND);
  EXPECT_EQ(*VerifyAuditChain(*db_.store->Read()), 1u);
}

class RequestTest : public AuditTableTest {
 protected:
  StatusOr<std::optional<std::string>> Find(std::string_view caller, std::string_view id,
                                            std::string_view content = "content") {
    return FindRequest(*db_.store->Read(), caller, "/S/M", id, crypto::Sha256(content));
  }
  void Put(std::string_view caller, std::string_view id) {
    db_.Commit([&](Transaction& transaction) {
      PutRequest(transaction, caller, "/S/M", id, crypto::Sha256("content"), "resource");
    });
  }
};

TEST_F(RequestTest, AKnownRequestReturnsWhatItMade) {
  Put("caller", "id");
  const auto found = Find("caller", "id");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(*found, "resource");
}

TEST_F(RequestTest, OtherContentUnderTheSameIdIsRefused) {
  Put("caller", "id");
  EXPECT_EQ(ReasonOf(Find("caller", "id", "other").status()), Reason::REQUEST_ID_REUSED);
}

TEST_F(RequestTest, IdsOfOtherCallersAreTheirOwn) {
  Put("caller", "id");
  EXPECT_EQ(*Find("another", "id"), std::nullopt);
  // No two triples may run together to one key.
  EXPECT_EQ(*Find("calle", "rid"), std::nullopt);
}

// Of 3,000 requests of one moment, how many are left after 400 new ones.
class OldRequestTest : public RequestTest {
 protected:
  static constexpr int kOld = 3000;
  static constexpr int kNew = 400;

  OldRequestTest() {
    db_.Commit([](Transaction& transaction) {
      for (int n = 0; n < kOld; ++n) {
        PutRequest(transaction, "caller", "/S/M", "old" + std::to_string(n),
                   crypto::Sha256("content"), "resource");
      }
    });
  }
  void Pass(uint64_t commits) {
    for (uint64_t n = 0; n < commits; ++n) {
      db_.Commit([](Transaction& transaction) { transaction.Put(Table::kSecret, "k", "v"); });
    }
  }
  int LeftAfterNewOnes() {
    db_.Commit([](Transaction& transaction) {
      for (int n = 0; n < kNew; ++n) {
        PutRequest(transaction, "caller", "/S/M", "new" + std::to_string(n),
                   crypto::Sha256("content"), "resource");
      }
    });
    int rows = 0;
    EXPECT_TRUE(db_.store->Read()
                    ->Scan(Table::kRequest, {},
                           [&rows](std::string_view, std::string_view) { return ++rows > 0; })
                    .ok());
    return rows - kNew;
  }
};

TEST_F(OldRequestTest, OldOnesAreForgottenWithNewOnes) {
  Pass(kRequestAgeCommits);
  db_.clock.AdvanceMs(kRequestAgeMs + 1);
  const int left = LeftAfterNewOnes();
  EXPECT_LE(left, kOld / 2);
  EXPECT_GE(left, kOld - kNew * static_cast<int>(kRequestsLookedAtMax) / 4) << "bounded work";
  EXPECT_EQ(*Find("caller", "new0"), "resource");
}

TEST_F(OldRequestTest, AClockThatJumpsForgetsNothing) {
  db_.clock.AdvanceMs(100 * kRequestAgeMs);
  EXPECT_EQ(LeftAfterNewOnes(), kOld);
  Pass(kRequestAgeCommits);
  db_.clock.SetWallMs(1000);
  EXPECT_EQ(LeftAfterNewOnes(), kOld);
}

TEST_F(OldRequestTest, ABurstOfWritesForgetsNothing) {
  Pass(kRequestAgeCommits);
  db_.clock.AdvanceMs(kRequestAgeMs);
  EXPECT_EQ(LeftAfterNewOnes(), kOld);
}

TEST_F(RequestTest, AnEmptyIdIsNeverKept) {
  Put("caller", "");
  EXPECT_EQ(*Find("caller", ""), std::nullopt);
}

}  // namespace
}  // namespace enlace::store
