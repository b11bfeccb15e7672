// What the connections of one identity are taken to cost together.
#include "node/rpc/crowds.h"

#include <gtest/gtest.h>

namespace enlace::rpc {
namespace {

TEST(CrowdsTest, AddUpTheirMembersFromTheirComingToTheirGoing) {
  Crowds crowds;
  CrowdShare first{.streams = 3, .unlooked = 100, .debt = 5};
  const CrowdShare second{.streams = 4, .unlooked = 50, .debt = 0};
  Crowds::Crowd& police = crowds.Join("police", 1, first);
  EXPECT_EQ(&crowds.Join("police", 2, second), &police);
  crowds.Join("", 3, {.streams = 1});
  EXPECT_EQ(police.sum.streams, 7);
  EXPECT_EQ(police.sum.unlooked, 150);
  EXPECT_EQ(police.sum.debt, 5);
  EXPECT_EQ(crowds.all().streams, 8);

  crowds.Change(police, first, {.streams = 10, .unlooked = 0, .debt = 1});
  EXPECT_EQ(first.streams, 10);
  EXPECT_EQ(police.sum.streams, 14);
  EXPECT_EQ(police.sum.unlooked, 50);
  EXPECT_EQ(police.sum.debt, 1);
  EXPECT_EQ(crowds.all().streams, 15);

  crowds.Leave(police, 1, first);
  EXPECT_EQ(police.sum.streams, 4);
  crowds.Leave(police, 2, second);
  EXPECT_EQ(crowds.Find("police"), nullptr);
  EXPECT_EQ(crowds.all().streams, 1);
}

TEST(CrowdsTest, TheBusiestHasTheMostStreams) {
  Crowds crowds;
  EXPECT_EQ(crowds.Busiest(), nullptr);
  crowds.Join("a", 1, {.streams = 2});
  crowds.Join("b", 2, {.streams = 2});
  crowds.Join("b", 3, {.streams = 2});
  crowds.Join("c", 4, {.streams = 3, .unlooked = 1'000});
  ASSERT_NE(crowds.Busiest(), nullptr);
  EXPECT_EQ(crowds.Busiest()->caller, "b");
}

}  // namespace
}  // namespace enlace::rpc
