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

TEST_F(RequestTest, AnEmptyIdIsNeverKept) {
  Put("caller", "");
  EXPECT_EQ(*Find("caller", ""), std::nullopt);
}

}  // namespace
}  // namespace enlace::store
