// What a node takes for an answer of its own door.
#include "node/rpc/own_door.h"

#include "tests/testing/rpc_world.h"

namespace enlace::testing {
namespace {

Status Ask(RpcWorld& world, const std::string& address) {
  return rpc::AskOwnDoor(address, world.Identity(world.arg_ca_, kArgNode), world.verifier_, 5'000);
}

TEST(OwnDoor, AnswersThoughTheNodeDrains) {
  RpcWorld world;
  const std::string address = world.network_->address();
  EXPECT_TRUE(Ask(world, address).ok());
  world.admission_.Drain();
  EXPECT_TRUE(Ask(world, address).ok());
}

TEST(OwnDoor, ARefusalIsAnAnswer) {
  RpcWorld::Options options;
  options.limits.peer_calls_max = 0;
  RpcWorld world(options);
  EXPECT_TRUE(Ask(world, world.network_->address()).ok());
}

TEST(OwnDoor, IsAskedAtTheLoopbackAddressWhenItIsOpenToAll) {
  RpcWorld world;
  const std::string address = world.network_->address();
  EXPECT_TRUE(Ask(world, "0.0.0.0" + address.substr(address.rfind(':'))).ok());
}

TEST(OwnDoor, SaysWhenNobodyAnswers) {
  RpcWorld world;
  const std::string address = world.network_->address();
  world.network_->Stop(0);
  EXPECT_FALSE(Ask(world, address).ok());
}

}  // namespace
}  // namespace enlace::testing
