// A node whose listener dies ends itself; one that is busy or full does not.
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/e2e/door/door_world.h"

namespace enlace::testing {
namespace {

constexpr char kOften[] = "watchdog: {interval_ms: 200}\n";

// The node's own listening socket, as a descriptor of ours; -1 when the system forbids it.
int ListenerOf(pid_t pid, uint16_t port) {
  const int process = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  for (int number = 3; number < 256; ++number) {
    const int fd = static_cast<int>(syscall(SYS_pidfd_getfd, process, number, 0));
    if (fd < 0) continue;
    int listens = 0;
    socklen_t size = sizeof(listens);
    sockaddr_in name{};
    socklen_t name_size = sizeof(name);
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens == 1 &&
        getsockname(fd, reinterpret_cast<sockaddr*>(&name), &name_size) == 0 &&
        ntohs(name.sin_port) == port) {
      close(process);
      return fd;
    }
    close(fd);
  }
  close(process);
  return -1;
}

TEST(WatchdogTest, ANodeWithADeadListenerEndsWithAFailureAndSaysWhy) {
  DoorWorld world(kOften);
  ASSERT_TRUE(world.Serves());
  const int listener = ListenerOf(world.node().pid(), world.port());
  if (listener < 0) GTEST_SKIP() << "this system lends no descriptors of a child";
  shutdown(listener, SHUT_RDWR);  // It is one socket: the node's ends with ours.
  close(listener);
  const int64_t begin_ms = world.world().clock.SteadyMs();
  EXPECT_EQ(world.node().Wait(), EXIT_FAILURE);
  EXPECT_LT(world.world().clock.SteadyMs() - begin_ms, 60'000);
  EXPECT_NE(world.node().Output().find("watchdog_failed"), std::string::npos)
      << world.node().Output();
}

TEST(WatchdogTest, DoesNotFailANodeThatIsFullOrDrains) {
  DoorWorld world(std::string(kOften) +
                  "limits: {connections_max: 16, address_connections_max: 16}\n");
  std::vector<std::unique_ptr<client::Client>> callers;
  for (int i = 0; i < 20; ++i) {
    callers.push_back(world.Peer());
    DoorWorld::Serves(*callers.back());  // Some find no place.
  }
  std::vector<std::unique_ptr<H2Client>> strangers;
  for (int i = 0; i < 40; ++i) {
    strangers.push_back(std::make_unique<H2Client>(world.port(), nullptr, "127.0.0.1"));
    strangers.back()->ConnectTcp();
  }
  poll(nullptr, 0, 3'000);
  EXPECT_TRUE(world.node().Running());
  world.node().Signal(SIGTERM);
  EXPECT_EQ(world.node().Wait(), 0) << world.node().Output();
  EXPECT_EQ(world.node().Output().find("watchdog_failed"), std::string::npos);
}

}  // namespace
}  // namespace enlace::testing
