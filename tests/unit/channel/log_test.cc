#include "node/channel/log.h"

#include <gtest/gtest.h>

#include <random>

namespace enlace::channel {
namespace {

Hash FromHex(const std::string& hex) { return HashFromBytes(HexDecode(hex).value()); }

std::vector<Hash> Hashes(const std::vector<std::string>& hex) {
  std::vector<Hash> hashes;
  for (const std::string& text : hex) hashes.push_back(FromHex(text));
  return hashes;
}

// The eight leaves, roots and proofs that Certificate Transparency's own tests publish.
std::vector<Hash> PublishedLeaves() {
  std::vector<Hash> leaves;
  for (const char* hex : {"", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                          "606162636465666768696a6b6c6d6e6f"}) {
    leaves.push_back(LeafHash(HexDecode(hex).value()));
  }
  return leaves;
}

const std::vector<std::string>& PublishedRoots() {
  static const std::vector<std::string> roots = {
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  return roots;
}

// Written straight from RFC 6962, 2.1, over copies: slow and plain.
std::vector<Hash> Part(const std::vector<Hash>& d, size_t first, size_t limit) {
  return std::vector<Hash>(d.begin() + static_cast<std::ptrdiff_t>(first),
                           d.begin() + static_cast<std::ptrdiff_t>(limit));
}

size_t K(size_t n) {
  size_t k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

Hash Mth(const std::vector<Hash>& d) {
  if (d.empty()) return EmptyRoot();
  if (d.size() == 1) return d[0];
  const size_t k = K(d.size());
  return NodeHash(Mth(Part(d, 0, k)), Mth(Part(d, k, d.size())));
}

std::vector<Hash> Path(size_t m, const std::vector<Hash>& d) {
  if (d.size() == 1) return {};
  const size_t k = K(d.size());
  std::vector<Hash> path = m < k ? Path(m, Part(d, 0, k)) : Path(m - k, Part(d, k, d.size()));
  path.push_back(m < k ? Mth(Part(d, k, d.size())) : Mth(Part(d, 0, k)));
  return path;
}

std::vector<Hash> SubProof(size_t m, const std::vector<Hash>& d, bool complete) {
  if (m == d.size()) return complete ? std::vector<Hash>() : std::vector<Hash>{Mth(d)};
  const size_t k = K(d.size());
  std::vector<Hash> proof =
      m <= k ? SubProof(m, Part(d, 0, k), complete) : SubProof(m - k, Part(d, k, d.size()), false);
  proof.push_back(m <= k ? Mth(Part(d, k, d.size())) : Mth(Part(d, 0, k)));
  return proof;
}

std::vector<Hash> RandomLeaves(std::mt19937_64& random, size_t count) {
  std::vector<Hash> leaves(count);
  for (Hash& leaf : leaves) {
    for (uint8_t& byte : leaf) byte = static_cast<uint8_t>(random());
  }
  return leaves;
}

TEST(CompactRangeTest, HasThePublishedRoots) {
  CompactRange range;
  EXPECT_EQ(range.Root(), EmptyRoot());
  const auto leaves = PublishedLeaves();
  for (size_t i = 0; i < leaves.size(); ++i) {
    range.Append(leaves[i]);
    EXPECT_EQ(range.Root(), FromHex(PublishedRoots()[i]));
  }
}

TEST(CompactRangeTest, EqualsTheRecursiveDefinition) {
  std::mt19937_64 random(1);
  const auto leaves = RandomLeaves(random, 300);
  CompactRange range;
  for (size_t size = 0; size <= leaves.size(); ++size) {
    EXPECT_EQ(range.Root(), Mth(Part(leaves, 0, size))) << size;
    const auto again = CompactRange::FromParts(range.size(), range.hashes());
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(*again, range);
    if (size < leaves.size()) range.Append(leaves[size]);
  }
}

TEST(CompactRangeTest, ReportsEachCompletedSubtreeOnceWithItsHash) {
  std::mt19937_64 random(2);
  const auto leaves = RandomLeaves(random, 130);
  std::map<std::pair<int, uint64_t>, Hash> nodes;
  CompactRange range;
  for (const Hash& leaf : leaves) {
    range.Append(leaf, [&](int level, uint64_t index, const Hash& hash) {
      EXPECT_TRUE(nodes.emplace(std::make_pair(level, index), hash).second);
    });
  }
  size_t expected = 0;
  for (int level = 0; level < 8; ++level) {
    const size_t width = size_t{1} << level;
    for (size_t index = 0; (index + 1) * width <= leaves.size(); ++index, ++expected) {
      const Hash subtree = Mth(Part(leaves, index * width, (index + 1) * width));
      EXPECT_EQ(nodes.at(std::make_pair(level, index)), subtree);
    }
  }
  EXPECT_EQ(nodes.size(), expected);
}

TEST(CompactRangeTest, RefusesPartsThatDoNotFitTheirSize) {
  EXPECT_TRUE(CompactRange::FromParts(0, {}).ok());
  for (const auto& [size, count] :
       std::vector<std::pair<uint64_t, size_t>>{{0, 1}, {1, 0}, {3, 1}, {4, 2}, {UINT64_MAX, 63}}) {
    const auto range = CompactRange::FromParts(size, std::vector<Hash>(count));
    ASSERT_FALSE(range.ok());
    EXPECT_EQ(ReasonOf(range.status()), Reason::ENTRY_INVALID);
  }
}

TEST(ProofTest, AreThePublishedOnes) {
  const auto leaves = PublishedLeaves();
  EXPECT_EQ(InclusionProof(leaves, 0),
            Hashes({"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}));
  EXPECT_EQ(InclusionProof(leaves, 5),
            Hashes({"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}));
  EXPECT_EQ(ConsistencyProof(leaves, 1),
            Hashes({"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}));
  EXPECT_EQ(ConsistencyProof(leaves, 6),
            Hashes({"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}));
}

TEST(ProofTest, EqualTheRecursiveDefinitionAndVerify) {
  std::mt19937_64 random(3);
  const auto all = RandomLeaves(random, 70);
  for (size_t size = 1; size <= all.size(); ++size) {
    const auto leaves = Part(all, 0, size);
    const Hash root = Mth(leaves);
    for (size_t i = 0; i < size; ++i) {
      const auto proof = InclusionProof(leaves, i);
      EXPECT_EQ(proof, Path(i, leaves));
      EXPECT_EQ(VerifyInclusion(leaves[i], i, size, proof, root), absl::OkStatus());
    }
    for (size_t old = 1; old <= size; ++old) {
      const auto proof = ConsistencyProof(leaves, old);
      EXPECT_EQ(proof, SubProof(old, leaves, true));
      EXPECT_EQ(VerifyConsistency(old, size, Mth(Part(leaves, 0, old)), root, proof),
                absl::OkStatus());
    }
  }
}

TEST(ProofTest, AsksForFewNodes) {
  const uint64_t size = (uint64_t{1} << 40) + 12345;
  int asked = 0;
  const NodeSource nodes = [&](int, uint64_t) -> StatusOr<Hash> {
    ++asked;
    return Hash{};
  };
  ASSERT_TRUE(ConsistencyProof(nodes, 987654321, size).ok());
  ASSERT_TRUE(InclusionProof(nodes, 987654321, size).ok());
  EXPECT_LT(asked, 200);
}

TEST(ProofTest, PassesOnAFailureOfTheNodeSource) {
  const NodeSource broken = [](int, uint64_t) -> StatusOr<Hash> {
    return Error(Reason::STORE_CORRUPT, "gone");
  };
  EXPECT_EQ(ReasonOf(ConsistencyProof(broken, 3, 8).status()), Reason::STORE_CORRUPT);
  EXPECT_EQ(ReasonOf(InclusionProof(broken, 3, 8).status()), Reason::STORE_CORRUPT);
}

void ExpectRefused(const Status& status, const std::string& what) {
  EXPECT_EQ(ReasonOf(status), Reason::PROOF_INVALID) << what;
}

TEST(VerifyTest, RefusesEveryChangedProof) {
  std::mt19937_64 random(4);
  for (const size_t size : {2U, 3U, 7U, 8U, 13U, 64U, 65U}) {
    const auto leaves = RandomLeaves(random, size);
    const Hash root = Mth(leaves);
    for (size_t old = 1; old < size; ++old) {
      const Hash old_root = Mth(Part(leaves, 0, old));
      const auto good = ConsistencyProof(leaves, old);
      for (size_t i = 0; i < good.size(); ++i) {
        auto bad = good;
        bad[i][random() % 32] ^= 1;
        ExpectRefused(VerifyConsistency(old, size, old_root, root, bad), "flipped");
        bad = good;
        bad.erase(bad.begin() + static_cast<std::ptrdiff_t>(i));
        ExpectRefused(VerifyConsistency(old, size, old_root, root, bad), "missing");
        bad = good;
        bad.insert(bad.begin() + static_cast<std::ptrdiff_t>(i), good[i]);
        ExpectRefused(VerifyConsistency(old, size, old_root, root, bad), "extra");
      }
      ExpectRefused(VerifyConsistency(old, size, root, root, good), "other old root");
      ExpectRefused(VerifyConsistency(old, size, old_root, old_root, good), "other new root");
      ExpectRefused(VerifyConsistency(old, size, old_root, root, {}), "empty");
    }
  }
}

TEST(VerifyTest, RefusesAProofForAnotherSize) {
  std::mt19937_64 random(5);
  const auto leaves = RandomLeaves(random, 20);
  const Hash root = Mth(leaves);
  const auto proof = ConsistencyProof(leaves, 11);
  const Hash old_root = Mth(Part(leaves, 0, 11));
  for (uint64_t old = 1; old < 20; ++old) {
    if (old != 11) ExpectRefused(VerifyConsistency(old, 20, old_root, root, proof), "old size");
  }
  ExpectRefused(VerifyConsistency(20, 11, root, old_root, proof), "shrunk");
  for (uint64_t index = 0; index < 20; ++index) {
    if (index == 7) continue;
    ExpectRefused(VerifyInclusion(leaves[7], index, 20, InclusionProof(leaves, 7), root), "index");
  }
  ExpectRefused(VerifyInclusion(leaves[7], 20, 20, InclusionProof(leaves, 7), root), "outside");
  ExpectRefused(VerifyInclusion(leaves[7], 0, 0, {}, EmptyRoot()), "empty log");
}

TEST(VerifyTest, KnowsTheEmptyAndTheEqualLog) {
  const Hash root = LeafHash("x");
  EXPECT_EQ(VerifyConsistency(0, 1, EmptyRoot(), root, {}), absl::OkStatus());
  EXPECT_EQ(VerifyConsistency(1, 1, root, root, {}), absl::OkStatus());
  EXPECT_EQ(VerifyConsistency(0, 0, EmptyRoot(), EmptyRoot(), {}), absl::OkStatus());
  ExpectRefused(VerifyConsistency(0, 1, EmptyRoot(), root, {root}), "hashes after nothing");
  ExpectRefused(VerifyConsistency(0, 1, root, root, {}), "root of nothing");
  ExpectRefused(VerifyConsistency(1, 1, root, EmptyRoot(), {}), "equal sizes");
  ExpectRefused(VerifyConsistency(1, 1, root, root, {root}), "equal sizes with hashes");
}

TEST(VerifyTest, RefusesAHundredThousandHashesAtOnce) {
  const std::vector<Hash> proof(100'000);
  ExpectRefused(VerifyConsistency(1, uint64_t{1} << 62, Hash{}, Hash{}, proof), "consistency");
  ExpectRefused(VerifyInclusion(Hash{}, 1, uint64_t{1} << 62, proof, Hash{}), "inclusion");
}

}  // namespace
}  // namespace enlace::channel
