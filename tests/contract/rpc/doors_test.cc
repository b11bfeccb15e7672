// Health, reflection, the accept loop and the admin socket's file.
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

#include "google/protobuf/descriptor.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "node/rpc/descriptors.h"
#include "node/transport/remote_status.h"
#include "tests/testing/rpc_world.h"

namespace enlace::testing {
namespace {

using Record = RpcWorld::Record;
constexpr int64_t kTimeoutMs = 10'000;

// -- health

grpc::health::v1::HealthCheckResponse::ServingStatus HealthOf(RpcWorld& world) {
  grpc::health::v1::HealthCheckResponse response;
  EXPECT_TRUE(world.Operator()
                  ->Call(kHealthCheck, grpc::health::v1::HealthCheckRequest(), response, kTimeoutMs)
                  .ok());
  return response.status();
}

TEST(Health, SaysWhatItWasTold) {
  RpcWorld world;
  EXPECT_EQ(HealthOf(world), grpc::health::v1::HealthCheckResponse::SERVING);
  world.health_.Set(false);
  EXPECT_EQ(HealthOf(world), grpc::health::v1::HealthCheckResponse::NOT_SERVING);
}

TEST(Health, KnowsItsServicesAndNoOthers) {
  RpcWorld world;
  grpc::health::v1::HealthCheckRequest request;
  grpc::health::v1::HealthCheckResponse response;
  request.set_service("enlace.exchange.v1.CaseService");
  EXPECT_TRUE(world.Operator()->Call(kHealthCheck, request, response, kTimeoutMs).ok());
  request.set_service("a.B");
  EXPECT_THAT(world.Operator()->Call(kHealthCheck, request, response, kTimeoutMs),
              IsReason(Reason::SERVICE_UNKNOWN));
}

TEST(Health, IsNotWatched) {
  RpcWorld world;
  grpc::health::v1::HealthCheckResponse response;
  EXPECT_THAT(world.Operator()->Call("/grpc.health.v1.Health/Watch",
                                     grpc::health::v1::HealthCheckRequest(), response, kTimeoutMs),
              IsReason(Reason::METHOD_UNKNOWN));
}

TEST(Health, ANodeAsksThroughTheNetworkDoorAndAnAgencyMayNot) {
  RpcWorld world;
  grpc::health::v1::HealthCheckResponse response;
  const grpc::health::v1::HealthCheckRequest request;
  EXPECT_TRUE(world.Caller(world.Identity(world.arg_ca_, kArgNode))
                  ->Call(kHealthCheck, request, response, kTimeoutMs)
                  .ok());
  EXPECT_THAT(world.Agency()->Call(kHealthCheck, request, response, kTimeoutMs),
              IsReason(Reason::PERMISSION_DENIED));
}

// -- reflection, over a real stream

namespace reflection = grpc::reflection::v1alpha;

std::vector<reflection::ServerReflectionResponse> Ask(
    RpcWorld& world, const std::vector<reflection::ServerReflectionRequest>& requests) {
  auto channel = grpc::CreateChannel(world.admin_->address(), grpc::InsecureChannelCredentials());
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  auto stream = stub.PrepareCall(
      &context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  void* tag = nullptr;
  bool ok = false;
  stream->StartCall(nullptr);
  EXPECT_TRUE(queue.Next(&tag, &ok) && ok);
  std::vector<reflection::ServerReflectionResponse> responses;
  for (const auto& request : requests) {
    grpc::Slice slice(request.SerializeAsString());
    stream->Write(grpc::ByteBuffer(&slice, 1), nullptr);
    EXPECT_TRUE(queue.Next(&tag, &ok) && ok);
    grpc::ByteBuffer answer;
    stream->Read(&answer, nullptr);
    EXPECT_TRUE(queue.Next(&tag, &ok) && ok);
    EXPECT_TRUE(answer.DumpToSingleSlice(&slice).ok());
    responses.emplace_back();
    EXPECT_TRUE(responses.back().ParseFromArray(slice.begin(), static_cast<int>(slice.size())));
  }
  grpc::Status status;
  stream->WritesDone(nullptr);
  queue.Next(&tag, &ok);
  stream->Finish(&status, nullptr);
  queue.Next(&tag, &ok);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return responses;
}

TEST(Reflection, AnswersSeveralQuestionsOfOneStreamInOrder) {
  RpcWorld world;
  reflection::ServerReflectionRequest list;
  list.set_list_services("");
  reflection::ServerReflectionRequest symbol;
  symbol.set_file_containing_symbol("enlace.exchange.v1.CaseService");
  const auto responses = Ask(world, {list, symbol});
  ASSERT_EQ(responses.size(), 2u);
  ASSERT_EQ(responses[0].list_services_response().service_size(), 3);
  EXPECT_EQ(responses[0].list_services_response().service(0).name(),
            "enlace.exchange.v1.CaseService");
  google::protobuf::FileDescriptorProto file;
  ASSERT_GT(responses[1].file_descriptor_response().file_descriptor_proto_size(), 0);
  ASSERT_TRUE(
      file.ParseFromString(responses[1].file_descriptor_response().file_descriptor_proto(0)));
  EXPECT_EQ(file.name(), "enlace/exchange/v1/case_service.proto");
  EXPECT_EQ(responses[1].original_request().file_containing_symbol(),
            "enlace.exchange.v1.CaseService");
}

TEST(Reflection, TellsNothingOfWhatNoMethodUses) {
  RpcWorld world;
  reflection::ServerReflectionRequest storage;
  storage.set_file_by_filename("enlace/storage/v1/records.proto");
  reflection::ServerReflectionRequest unknown;
  unknown.set_file_containing_symbol("a.B");
  reflection::ServerReflectionRequest numbers;
  numbers.set_all_extension_numbers_of_type("enlace.exchange.v1.CaseRecord");
  reflection::ServerReflectionRequest no_type;
  no_type.set_all_extension_numbers_of_type("a.B");
  reflection::ServerReflectionRequest extension;
  extension.mutable_file_containing_extension()->set_containing_type("a.B");
  const auto responses = Ask(world, {storage, unknown, numbers, no_type, extension});
  ASSERT_EQ(responses.size(), 5u);
  for (const size_t i : {size_t{0}, size_t{1}, size_t{3}, size_t{4}}) {
    EXPECT_EQ(responses[i].error_response().error_code(), 5) << i;
  }
  EXPECT_EQ(responses[2].all_extension_numbers_response().extension_number_size(), 0);
}

TEST(Reflection, IsNotAtTheNetworkDoor) {
  RpcWorld world;
  reflection::ServerReflectionResponse response;
  EXPECT_THAT(world.Agency()->Call("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                                   reflection::ServerReflectionRequest(), response, kTimeoutMs),
              IsReason(Reason::PERMISSION_DENIED));
}

// -- what reaches the door

TEST(Door, ACompressedRequestIsRefused) {
  RpcWorld world;
  auto channel = grpc::CreateChannel(world.admin_->address(), grpc::InsecureChannelCredentials());
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  grpc::CompletionQueue queue;
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(std::string(1000, 'x'));  // Compresses well.
  grpc::Slice slice(request.SerializeAsString());
  grpc::ByteBuffer answer;
  grpc::Status status;
  auto call = stub.PrepareUnaryCall(&context, kHealthCheck, grpc::ByteBuffer(&slice, 1), &queue);
  call->StartCall();
  call->Finish(&answer, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << status.error_message();
  EXPECT_THAT(
      transport::FromRemote(status.error_code(), status.error_message(), status.error_details()),
      IsReason(Reason::REQUEST_COMPRESSED));
}

// Calls of one connection whose headers come and whose requests do not.
class UnfinishedCalls {
 public:
  UnfinishedCalls(const std::string& address, const std::string& method, int count)
      : stub_(grpc::CreateChannel(address, grpc::InsecureChannelCredentials())) {
    for (int i = 0; i < count; ++i) {
      auto& call = *calls_.emplace_back(std::make_unique<Call>());
      call.stream = stub_.PrepareCall(&call.context, method, &queue_);
      call.stream->StartCall(&call.started);
      call.stream->Finish(&call.status, &call.ended);
    }
  }
  // In the order of their ends.
  std::vector<grpc::Status> AwaitEnds() {
    std::vector<grpc::Status> ends;
    while (ends.size() < calls_.size()) {
      void* tag = nullptr;
      bool ok = false;
      const auto limit = std::chrono::system_clock::now() + std::chrono::seconds(10);
      if (queue_.AsyncNext(&tag, &ok, limit) != grpc::CompletionQueue::GOT_EVENT) break;
      for (const auto& call : calls_) {
        if (tag == &call->ended) ends.push_back(call->status);
      }
    }
    return ends;
  }
  void Cancel() {
    for (const auto& call : calls_) call->context.TryCancel();
  }

 private:
  struct Call {
    grpc::ClientContext context;
    std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream;
    grpc::Status status;
    char started = 0;  // Tags.
    char ended = 0;
  };
  grpc::CompletionQueue queue_;
  grpc::GenericStub stub_;
  std::vector<std::unique_ptr<Call>> calls_;
};

TEST(Door, CallsWithoutTheirRequestsTakeFewPlacesAndNotForLong) {
  RpcWorld::Options options;
  options.limits.calls_per_caller_max = 10;
  options.server.read_timeout_ms = 200;
  RpcWorld world(options);
  UnfinishedCalls calls(world.admin_->address(), kHealthCheck, 40);
  const std::vector<grpc::Status> ends = calls.AwaitEnds();
  ASSERT_EQ(ends.size(), 40u);
  for (size_t i = 0; i < ends.size(); ++i) {
    EXPECT_EQ(ends[i].error_code(),
              i < 30 ? grpc::StatusCode::RESOURCE_EXHAUSTED : grpc::StatusCode::DEADLINE_EXCEEDED)
        << i << ": " << ends[i].error_message();
  }
  EXPECT_EQ(world.admission_.InFlight(), 0);
  EXPECT_EQ(HealthOf(world), grpc::health::v1::HealthCheckResponse::SERVING);
}

TEST(Door, NobodyIsReadWhoMayNotCall) {
  RpcWorld world;
  for (const auto& [method, code] :
       {std::pair{kGetCase, grpc::StatusCode::PERMISSION_DENIED},
        std::pair{"/enlace.exchange.v1.CaseService/Nothing", grpc::StatusCode::UNIMPLEMENTED}}) {
    UnfinishedCalls calls(world.admin_->address(), method, 3);
    const std::vector<grpc::Status> ends = calls.AwaitEnds();
    ASSERT_EQ(ends.size(), 3u);
    for (const grpc::Status& end : ends) EXPECT_EQ(end.error_code(), code) << end.error_message();
  }
  ASSERT_EQ(world.audit_.events().size(), 1u);
  ASSERT_TRUE(world.dispatcher_.RecordDenials(true).ok());
  EXPECT_EQ(world.audit_.events().back().resource, "repeated:2");
}

TEST(Door, ACallerWhoGoesBeforeTheirRequestGivesThePlaceBack) {
  RpcWorld world;
  UnfinishedCalls calls(world.admin_->address(), kHealthCheck, 5);
  while (world.admission_.InFlight() < 5) std::this_thread::yield();
  calls.Cancel();
  EXPECT_TRUE(world.admission_.WaitUntilEmpty(kTimeoutMs));
  EXPECT_EQ(calls.AwaitEnds().size(), 5u);
}

void ConnectTcp(int fd, const std::string& address) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  name.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
}

int ConnectTcp(const std::string& address) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ConnectTcp(fd, address);
  return fd;
}

// True when the other side closed within the receive timeout.
bool IsClosed(int fd) {
  timeval timeout{5, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  char byte = 0;
  const ssize_t size = recv(fd, &byte, 1, 0);
  return size == 0 || (size < 0 && errno == ECONNRESET);
}

TEST(Door, ASilentStrangerIsShownOutAfterTheHandshakeTimeout) {
  RpcWorld::Options options;
  options.server.handshake_timeout_ms = 100;
  RpcWorld world(options);
  const int fd = ConnectTcp(world.network_->address());
  EXPECT_TRUE(IsClosed(fd));
  close(fd);
}

TEST(Door, TheShippedHandshakeLimitIsFiveSeconds) {
  EXPECT_EQ(rpc::ServerOptions().handshake_timeout_ms, 5'000);
  RpcWorld world;  // With the options that ship.
  const int64_t begin_ms = world.clock_.SteadyMs();
  const int fd = ConnectTcp(world.network_->address());
  pollfd closed{fd, POLLIN, 0};
  EXPECT_EQ(poll(&closed, 1, 4'000), 0);
  EXPECT_EQ(poll(&closed, 1, 6'000), 1);
  EXPECT_TRUE(IsClosed(fd));
  EXPECT_GE(world.clock_.SteadyMs() - begin_ms, 4'900);
  close(fd);
}

TEST(Door, APlainTextCallerIsShownOut) {
  RpcWorld world;
  const int fd = ConnectTcp(world.network_->address());
  const std::string text = "GET / HTTP/1.1\r\n\r\n";
  ASSERT_EQ(send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  EXPECT_TRUE(IsClosed(fd));
  close(fd);
}

// UBSan looks at an object's type through a pipe; without descriptors it takes every object
// for a wrong one and ends the process.
#ifdef __SANITIZE_ADDRESS__
#define ENLACE_SKIP_IF_SANITIZED() GTEST_SKIP() << "UBSan needs descriptors of its own"
#else
#define ENLACE_SKIP_IF_SANITIZED() static_cast<void>(0)
#endif

// As long as it lives, this process can open no further descriptor.
class NoDescriptors {
 public:
  NoDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest_free = dup(STDIN_FILENO);
    close(lowest_free);
    rlimit few = before_;
    few.rlim_cur = static_cast<rlim_t>(lowest_free);
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

// Only the accept loop: the callers of this test live in the same process, so that a whole
// server would run out of descriptors for other reasons.
TEST(Acceptor, TurnsCallersAwayWithoutDescriptorsAndGoesOnAfterwards) {
  ENLACE_SKIP_IF_SANITIZED();
  auto acceptor = rpc::SocketAcceptor::Tcp("127.0.0.1:0");
  ASSERT_TRUE(acceptor.ok()) << acceptor.status();
  Mutex mutex;
  CondVar changed;
  std::vector<int> taken;
  (*acceptor)->Start([&](int fd) {
    const MutexLock lock(mutex);
    taken.push_back(fd);
    changed.NotifyAll();
  });
  std::vector<int> callers;
  for (int i = 0; i < 5; ++i) callers.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  {
    const NoDescriptors none;
    for (const int fd : callers) {
      ConnectTcp(fd, (*acceptor)->address());
      EXPECT_TRUE(IsClosed(fd));
    }
  }
  for (const int fd : callers) close(fd);
  const int late = ConnectTcp((*acceptor)->address());
  {
    const MutexLock lock(mutex);
    EXPECT_TRUE(changed.WaitFor(mutex, 10'000, [&] { return !taken.empty(); }));
    EXPECT_EQ(taken.size(), 1u);
  }
  (*acceptor)->Stop();
  close(late);
  for (const int fd : taken) close(fd);
}

// Those that this process opens next, of which some may be far apart.
std::vector<int> NextDescriptors(size_t count) {
  std::vector<int> next;
  while (next.size() < count) next.push_back(dup(STDERR_FILENO));
  for (const int fd : next) close(fd);
  return next;
}

TEST(Acceptor, LeavesDescriptorsToTheDatabase) {
  constexpr size_t kOwn = 3;  // To listen, to be woken, and the spare one.
  constexpr size_t kPlaces = 2;
  std::vector<int> callers;
  for (int i = 0; i < 6; ++i) callers.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int end = NextDescriptors(kOwn + kPlaces).back() + 1;
  auto acceptor = rpc::SocketAcceptor::Tcp("127.0.0.1:0", end);
  ASSERT_TRUE(acceptor.ok()) << acceptor.status();
  Mutex mutex;
  CondVar changed;
  std::vector<int> taken;
  (*acceptor)->Start([&](int fd) {
    const MutexLock lock(mutex);
    taken.push_back(fd);
    changed.NotifyAll();
  });
  const auto await_taken = [&](size_t count) {
    const MutexLock lock(mutex);
    return changed.WaitFor(mutex, 10'000, [&] { return taken.size() == count; });
  };
  for (size_t i = 0; i < 5; ++i) ConnectTcp(callers[i], (*acceptor)->address());
  EXPECT_TRUE(await_taken(kPlaces));
  for (size_t i = kPlaces; i < 5; ++i) EXPECT_TRUE(IsClosed(callers[i])) << i;
  EXPECT_TRUE(await_taken(kPlaces));
  close(taken[0]);  // Who leaves makes a place.
  ConnectTcp(callers[5], (*acceptor)->address());
  EXPECT_TRUE(await_taken(kPlaces + 1));
  (*acceptor)->Stop();
  for (const int fd : callers) close(fd);
  for (size_t i = 1; i < taken.size(); ++i) close(taken[i]);
}

TEST(Acceptor, StopsThoughNoDescriptorIsToBeHad) {
  ENLACE_SKIP_IF_SANITIZED();
  const int caller = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int spare = NextDescriptors(3)[2];  // Behind the one to listen and the one to be woken.
  auto acceptor = rpc::SocketAcceptor::Tcp("127.0.0.1:0");
  ASSERT_TRUE(acceptor.ok()) << acceptor.status();
  (*acceptor)->Start([](int fd) { close(fd); });
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 2;  // So that the spare one cannot be opened again either.
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  ConnectTcp(caller, (*acceptor)->address());
  while (fcntl(spare, F_GETFD) >= 0) std::this_thread::yield();  // Until it has been given up.
  (*acceptor)->Stop();
  EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  close(caller);
}

TEST(Descriptors, ANodeDoesNotStartWithTooFew) {
  EXPECT_THAT(rpc::PlanDescriptors(rpc::kDescriptorsMin - 1).status(),
              IsReason(Reason::LISTEN_FAILED));
  EXPECT_TRUE(rpc::PlanDescriptors(rpc::kDescriptorsMin).ok());
}

TEST(Descriptors, TheStoreGetsItsShareFirstAndConnectionsWhatIsLeft) {
  for (const int64_t limit : {256, 300, 1'000, 1'024, 20'000, 1 << 30}) {
    for (const int64_t peers : {0, 5, 36}) {
      const auto plan = rpc::PlanDescriptors(limit, peers);
      ASSERT_TRUE(plan.ok()) << limit << " " << peers << " " << plan.status();
      EXPECT_GE(plan->store_files, 64);
      EXPECT_LE(plan->store_files, 256);
      EXPECT_GE(plan->connections, 16);
      // A connection takes two, a peer up to two; 64 are for all else.
      EXPECT_LE(2 * plan->connections + 2 * peers + plan->store_files + 64, limit);
      EXPECT_LT(plan->connection_end, limit);
    }
  }
}

TEST(Descriptors, TheFewestThatAreAskedForAreEnough) {
  for (const int64_t peers : {36, 100, 1'000}) {
    int64_t least = rpc::kDescriptorsMin;
    const auto refused = rpc::PlanDescriptors(least, peers);
    if (!refused.ok()) least = std::stoll(MetadataOf(refused.status()).at("files_min"));
    EXPECT_TRUE(rpc::PlanDescriptors(least, peers).ok()) << peers << " " << least;
  }
}

TEST(Descriptors, TheServerRaisesTheLimitToWhatTheSystemAllows) {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit few = before;
  few.rlim_cur = std::min<rlim_t>(before.rlim_max, 900);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  const RpcWorld world;
  rlimit after{};
  getrlimit(RLIMIT_NOFILE, &after);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(Acceptor, ATakenPortIsNotShared) {
  auto first = rpc::SocketAcceptor::Tcp("127.0.0.1:0");
  ASSERT_TRUE(first.ok());
  EXPECT_THAT(rpc::SocketAcceptor::Tcp((*first)->address()).status(),
              IsReason(Reason::LISTEN_FAILED));
}

TEST(Acceptor, RefusesWhatIsNoAddress) {
  for (const char* address : {"", "127.0.0.1", "no such host:1", "192.0.2.1:0", "127.0.0.1:x"}) {
    EXPECT_THAT(rpc::SocketAcceptor::Tcp(address).status(), IsReason(Reason::LISTEN_FAILED))
        << address;
  }
}

// -- the admin socket's file

TEST(AdminSocket, IsOpenToItsOwnerOnlyAndGoesWithTheNode) {
  TempDir dir;
  const std::string path = dir.path("admin.sock");
  auto acceptor = rpc::SocketAcceptor::Unix(path);
  ASSERT_TRUE(acceptor.ok()) << acceptor.status();
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_TRUE(S_ISSOCK(info.st_mode));
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  (*acceptor)->Stop();
  EXPECT_NE(stat(path.c_str(), &info), 0);
}

TEST(AdminSocket, AFileOfADeadProcessIsReplaced) {
  TempDir dir;
  const std::string path = dir.path("admin.sock");
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strcpy(name.sun_path, path.c_str());
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
  close(fd);  // The file stays, and nobody listens.
  EXPECT_TRUE(rpc::SocketAcceptor::Unix(path).ok());
}

TEST(AdminSocket, ALivingNodesSocketIsLeftAlone) {
  RpcWorld world;
  EXPECT_THAT(rpc::SocketAcceptor::Unix(world.dir_.path("admin.sock")).status(),
              IsReason(Reason::LISTEN_FAILED));
  EXPECT_EQ(HealthOf(world), grpc::health::v1::HealthCheckResponse::SERVING);
}

TEST(AdminSocket, AnotherFileIsLeftAlone) {
  TempDir dir;
  const std::string path = dir.Write("admin.sock", "notes");
  EXPECT_THAT(rpc::SocketAcceptor::Unix(path).status(), IsReason(Reason::LISTEN_FAILED));
  EXPECT_EQ(TempDir::Read(path), "notes");
  EXPECT_THAT(rpc::SocketAcceptor::Unix(dir.path(std::string(200, 'x'))).status(),
              IsReason(Reason::LISTEN_FAILED));
}

// -- the client library against a real node

TEST(ClientLib, CallsOverTlsAndOverTheSocket) {
  RpcWorld world;
  auto client = client::Client::Make(world.ClientFor(kArgAgency));
  ASSERT_TRUE(client.ok()) << client.status();
  EXPECT_TRUE((*client)->Call<Record>(kGetCase, GetCase()).ok());
  client::ClientOptions admin;
  admin.endpoint = world.admin_->address();
  EXPECT_TRUE((*client::Client::Make(admin))
                  ->Call<grpc::health::v1::HealthCheckResponse>(
                      kHealthCheck, grpc::health::v1::HealthCheckRequest())
                  .ok());
}

TEST(ClientLib, SaysThatNobodyAnswers) {
  RpcWorld world;
  auto options = world.ClientFor(kArgAgency);
  options.retries_max = 1;
  world.network_->Stop(0);
  auto client = client::Client::Make(options);
  ASSERT_TRUE(client.ok());
  EXPECT_THAT((*client)->Call<Record>(kGetCase, GetCase()).status(),
              IsReason(Reason::PEER_UNREACHABLE));
}

TEST(ClientLib, SaysThatAnotherNodeAnswers) {
  RpcWorld world;
  auto options = world.ClientFor(kArgAgency);
  options.node_uri = "spiffe://bra.demo/node";
  auto client = client::Client::Make(options);
  ASSERT_TRUE(client.ok());
  EXPECT_THAT((*client)->Call<Record>(kGetCase, GetCase()).status(),
              IsReason(Reason::IDENTITY_UNTRUSTED));
}

TEST(ClientLib, ComesBackAfterARefusalThatAsksForIt) {
  std::atomic<int> calls = 0;
  RpcWorld::Options options;
  options.get = [&calls](const rpc::CallContext&, const RpcWorld::GetRequest&) -> StatusOr<Record> {
    if (++calls < 3) {
      return Error(Reason::NODE_OVERLOADED, "busy", {{"retry_delay_ms", "1"}});
    }
    return Record();
  };
  RpcWorld world(options);
  auto client = client::Client::Make(world.ClientFor(kArgAgency));
  ASSERT_TRUE(client.ok());
  EXPECT_TRUE((*client)->Call<Record>(kGetCase, GetCase()).ok());
  EXPECT_EQ(calls, 3);
}

TEST(ClientLib, GivesUpAfterItsNumberOfRetries) {
  std::atomic<int> calls = 0;
  RpcWorld::Options options;
  options.get = [&calls](const rpc::CallContext&, const RpcWorld::GetRequest&) -> StatusOr<Record> {
    ++calls;
    return Error(Reason::NODE_OVERLOADED, "busy", {{"retry_delay_ms", "1"}});
  };
  RpcWorld world(options);
  auto client_options = world.ClientFor(kArgAgency);
  client_options.retries_max = 2;
  auto client = client::Client::Make(client_options);
  ASSERT_TRUE(client.ok());
  EXPECT_THAT((*client)->Call<Record>(kGetCase, GetCase()).status(),
              IsReason(Reason::NODE_OVERLOADED));
  EXPECT_EQ(calls, 3);
}

TEST(ClientLib, RefusesAnIdentityOfANodeThatIsNone) {
  RpcWorld world;
  auto options = world.ClientFor(kArgAgency);
  options.node_uri = "spiffe://arg.demo/person/ana";
  EXPECT_THAT(client::Client::Make(options).status(), IsReason(Reason::NAME_INVALID));
}

}  // namespace
}  // namespace enlace::testing
