// The connections of the network door: their places, what each may cost, and who is shut out.
#include "node/rpc/connections.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include "tests/testing/h2_client.h"
#include "tests/testing/process.h"
#include "tests/testing/rpc_world.h"

namespace enlace::testing {
namespace {

constexpr char kFarAddress[] = "127.0.0.2";  // Not the node's own: no place of the watchdog.
constexpr char kPoliceOfBrazil[] = "spiffe://bra.demo/entity/police/files";

class ConnectionsTest : public ::testing::Test {
 protected:
  void Start() { world_ = std::make_unique<RpcWorld>(options_); }
  uint16_t Port() const {
    const std::string& address = world_->network_->address();
    return static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  }
  // One that has sent nothing.
  std::unique_ptr<H2Client> Stranger(const std::string& source = kFarAddress) {
    auto client = std::make_unique<H2Client>(Port(), nullptr, source);
    EXPECT_TRUE(client->ConnectTcp());
    return client;
  }
  // One with a certificate, before its first call.
  std::unique_ptr<H2Client> Caller(const std::string& uri = kPoliceOfBrazil) {
    const TestCa& ca = uri == kPoliceOfBrazil ? world_->bra_ca_ : world_->arg_ca_;
    const IssuedCertificate certificate = ca.Issue(uri);
    auto client = std::make_unique<H2Client>(Port(), &certificate, kFarAddress);
    EXPECT_TRUE(client->Connect());
    return client;
  }
  // A whole call, or its headers alone.
  static std::string Headers(uint32_t stream, const char* method = kHealthCheck) {
    return h2::Frame(h2::kHeaders, h2::kEndHeaders, stream,
                     stream == 1 ? h2::FirstCall(method) : h2::NextCall());
  }
  static std::string Call(uint32_t stream, const char* method = kHealthCheck,
                          const std::string& request = "") {
    return Headers(stream, method) +
           h2::Frame(h2::kData, h2::kEndStream, stream, h2::Message(request));
  }
  bool Counted(const std::string& line) const {
    return ("\n" + world_->metrics_.Render()).find("\n" + line + "\n") != std::string::npos;
  }
  bool Hit(const std::string& limit) const {
    return !Counted("enlace_limits_hit_total{limit=\"" + limit + "\"} 0");
  }
  bool Connections(const std::string& state, int count) const {
    return Eventually([&] {
      return Counted("enlace_connections{state=\"" + state + "\"} " + std::to_string(count));
    });
  }
  bool Serves() {
    grpc::health::v1::HealthCheckResponse response;
    return world_->Caller(world_->Identity(world_->arg_ca_, kArgNode))
        ->Call(kHealthCheck, grpc::health::v1::HealthCheckRequest(), response, 10'000)
        .ok();
  }

  RpcWorld::Options options_;
  std::unique_ptr<RpcWorld> world_;
};

TEST_F(ConnectionsTest, AreKnownFromTheirBeginningToTheirEnd) {
  Start();
  auto stranger = Stranger();
  EXPECT_TRUE(Connections("uncertified", 1));
  auto caller = Caller();
  EXPECT_TRUE(Connections("uncertified", 2));
  ASSERT_TRUE(caller->Send(Call(1)));  // It may not make this call, and yet it is known now.
  EXPECT_TRUE(Connections("certified", 1));
  EXPECT_TRUE(Connections("uncertified", 1));
  caller.reset();
  EXPECT_TRUE(Connections("certified", 0));
  stranger.reset();
  EXPECT_TRUE(Connections("uncertified", 0));
}

TEST_F(ConnectionsTest, TheOldestStrangerGoesWhenOneMoreComes) {
  options_.server.connections.uncertified_max = 3;
  Start();
  auto caller = Caller();
  ASSERT_TRUE(caller->Send(Call(1)));
  EXPECT_TRUE(Connections("certified", 1));
  std::vector<std::unique_ptr<H2Client>> strangers;
  for (int i = 0; i < 5; ++i) strangers.push_back(Stranger());
  EXPECT_TRUE(strangers[0]->AwaitCut(5'000));
  EXPECT_TRUE(strangers[1]->AwaitCut(5'000));
  EXPECT_FALSE(strangers[2]->AwaitCut(100));
  EXPECT_TRUE(Hit("uncertified"));
  EXPECT_TRUE(Connections("uncertified", 3));
  EXPECT_TRUE(Connections("certified", 1));
  EXPECT_TRUE(Serves());
}

TEST_F(ConnectionsTest, AnAddressHasItsShareAndItsOldestStrangerGoes) {
  options_.server.connections.per_address_max = 2;
  Start();
  auto elsewhere = Stranger("127.0.0.3");
  auto first = Stranger();
  auto second = Stranger();
  auto third = Stranger();
  EXPECT_TRUE(first->AwaitCut(5'000));
  EXPECT_FALSE(elsewhere->AwaitCut(100));
  EXPECT_TRUE(Hit("address"));
  EXPECT_TRUE(Connections("uncertified", 3));
}

TEST_F(ConnectionsTest, WhereAllPlacesAreOfCallersTheNewcomerIsTurnedAwayButNotTheNodeItself) {
  options_.server.connections.connections_max = 4;
  Start();
  std::vector<std::unique_ptr<H2Client>> callers;
  for (int i = 0; i < 4; ++i) {
    callers.push_back(Caller());
    ASSERT_TRUE(callers.back()->Send(Call(1)));
    EXPECT_TRUE(Connections("certified", i + 1));
  }
  auto newcomer = Stranger();
  EXPECT_TRUE(newcomer->AwaitCut(5'000));
  EXPECT_TRUE(Hit("connections"));
  EXPECT_TRUE(Serves());  // From the address of the listener: the node's own places.
  callers.pop_back();
  EXPECT_TRUE(Connections("certified", 3));
  EXPECT_FALSE(Stranger()->AwaitCut(100));
}

TEST_F(ConnectionsTest, WhoMakesNoCallIsShownOutInTheEnd) {
  options_.server.connections.uncertified_ms = 300;
  Start();
  auto caller = Caller();  // Its handshake is done.
  auto known = Caller();
  ASSERT_TRUE(known->Send(Call(1)));
  EXPECT_TRUE(caller->AwaitCut(10'000));
  EXPECT_TRUE(Hit("uncertified_time"));
  EXPECT_FALSE(known->AwaitCut(500));
}

TEST_F(ConnectionsTest, BytesThatBelongToNoCallEndTheConnection) {
  options_.server.connections.spare_bytes_uncertified = 100'000;
  options_.server.connections.spare_bytes = 200'000;
  Start();
  for (const bool certified : {false, true}) {
    auto caller = Caller();
    if (certified) {
      ASSERT_TRUE(caller->Send(Call(1)));
      EXPECT_TRUE(Connections("certified", 1));
    }
    const std::string settings = h2::Frame(h2::kSettings, h2::kAck, 0, "");
    std::string many;
    while (many.size() < 9'000) many += settings;
    size_t sent = 0;
    while (sent < 50'000'000 && caller->Send(many)) sent += many.size();
    EXPECT_LT(sent, 50'000'000u);
  }
  EXPECT_TRUE(Hit("bytes"));
  EXPECT_TRUE(Serves());
}

TEST_F(ConnectionsTest, LargeRequestsOfCallsAreNoSuchBytes) {
  options_.server.connections.spare_bytes_uncertified = 200'000;
  options_.server.connections.spare_bytes = 200'000;
  Start();
  const auto agency = world_->Agency();
  exchange::v1::GetCaseRecordRequest request = GetCase(std::string(1'000'000, 'x'));
  RpcWorld::Record record;
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(agency->Call(kGetCase, request, record, 10'000).ok()) << i;
  }
  EXPECT_FALSE(Hit("bytes"));
}

TEST_F(ConnectionsTest, LargeRequestsThatBeginTogetherOnANewConnectionAreNoSuchBytes) {
  Start();
  const exchange::v1::GetCaseRecordRequest request = GetCase(std::string(1'000'000, 'x'));
  for (int round = 0; round < 20 && !HasFailure(); ++round) {
    const auto agency = world_->Agency();  // Connects with its first calls.
    std::vector<std::jthread> calls;
    for (int call = 0; call < 8; ++call) {
      calls.emplace_back([&] {
        RpcWorld::Record record;
        const Status answered = agency->Call(kGetCase, request, record, 10'000);
        EXPECT_TRUE(answered.ok()) << "round " << round << ": " << answered;
      });
    }
  }
  EXPECT_FALSE(Hit("bytes"));
}

TEST_F(ConnectionsTest, ResetsByTheHundredShutTheIdentityOutAndNobodyElse) {
  // No other limit comes first.
  options_.server.connections.streams_max = 1'000'000;
  options_.server.connections.spare_bytes = 1 << 30;
  options_.server.connections.spare_bytes_uncertified = 1 << 30;
  Start();
  auto other = Caller(kArgAgency);
  ASSERT_TRUE(other->Send(Call(1, kGetCase)));
  const IssuedCertificate certificate = world_->bra_ca_.Issue("spiffe://bra.demo/node");
  // The same identity on another connection.
  auto bystander = std::make_unique<H2Client>(Port(), &certificate, kFarAddress);
  ASSERT_TRUE(bystander->Connect());
  ASSERT_TRUE(bystander->Send(Call(1)));
  EXPECT_TRUE(Connections("certified", 2));
  // gRPC itself may end a connection before; then on another.
  for (int connection = 0; connection < 20 && !Hit("resets"); ++connection) {
    H2Client caller(Port(), &certificate, kFarAddress);
    ASSERT_TRUE(caller.Connect());
    bool open = true;
    for (uint32_t stream = 1; open && stream < 100'000; stream += 2) {
      open = caller.Send(Headers(stream) + h2::Reset(stream));
      if (stream % 32 == 1) poll(nullptr, 0, 1);  // So that the calls begin before they end.
    }
    EXPECT_FALSE(open);
  }
  EXPECT_TRUE(Hit("resets"));
  EXPECT_TRUE(bystander->AwaitCut(5'000));
  EXPECT_FALSE(other->AwaitCut(100));
  H2Client again(Port(), &certificate, kFarAddress);
  // With TLS 1.3 the refusal comes after the client's own handshake.
  EXPECT_TRUE(!again.Connect() || again.AwaitCut(5'000));
  EXPECT_TRUE(Hit("shut_out"));
  EXPECT_TRUE(Serves());
}

TEST_F(ConnectionsTest, StreamsBeyondWhatTheConnectionWasToldEndIt) {
  options_.server.connections.streams_max = 20;  // Fewer than gRPC's own limit.
  options_.limits.calls_per_caller_max = 30;
  Start();
  auto caller = Caller(kArgNode);  // It may ask for health.
  for (uint32_t stream = 1; stream < 60; stream += 2) caller->Send(Headers(stream));
  EXPECT_TRUE(caller->AwaitCut(5'000));
  EXPECT_TRUE(Hit("streams"));
}

TEST_F(ConnectionsTest, StreamsThatNobodyHasSeenYetAreCountedToo) {
  Gate gate;
  options_.get_limits.brief = true;  // On the threads that would see the calls.
  options_.get = [&](const rpc::CallContext&, const RpcWorld::GetRequest&) {
    gate.Enter();
    return StatusOr<RpcWorld::Record>(RpcWorld::Record());
  };
  Start();
  std::vector<std::jthread> busy;
  const unsigned threads = std::clamp(std::thread::hardware_concurrency() / 2, 1U, 8U) + 1;
  for (unsigned i = 0; i < threads; ++i) {
    busy.emplace_back([agency = world_->Agency()] {
      RpcWorld::Record record;
      EXPECT_TRUE(agency->Call(kGetCase, GetCase(), record, 30'000).ok());
    });
  }
  ASSERT_TRUE(gate.AwaitWaiting(static_cast<int>(threads)));
  const IssuedCertificate certificate = world_->bra_ca_.Issue(kPoliceOfBrazil);
  H2Client caller(Port(), &certificate, kFarAddress);
  // Never told that the limits are known, gRPC holds it to none of them.
  ASSERT_TRUE(caller.Connect(/*acknowledge=*/false));
  std::string streams;
  for (uint32_t stream = 1; stream < 4'000; stream += 2) streams += Headers(stream);
  ASSERT_LT(static_cast<int64_t>(streams.size()),
            options_.server.connections.spare_bytes_uncertified / 2);
  EXPECT_TRUE(caller.Send(streams));
  EXPECT_TRUE(caller.AwaitCut(10'000));
  EXPECT_TRUE(Hit("streams"));
  EXPECT_FALSE(Hit("bytes"));
  gate.Open();
}

class CrowdTest : public ConnectionsTest {
 protected:
  using Callers = std::vector<std::unique_ptr<H2Client>>;
  CrowdTest() {
    // The node lets in more calls than a connection may have.
    options_.limits.calls_per_caller_max = 10'000;
    options_.limits.client_calls_max = 10'000;
  }
  // As many callers of one identity, each known by one call, after so many others.
  Callers Known(const std::string& uri, int count, int before = 0) {
    Callers callers;
    for (int i = 0; i < count; ++i) {
      callers.push_back(Caller(uri));
      EXPECT_TRUE(callers.back()->Send(Call(1, kGetCase)));
    }
    EXPECT_TRUE(Connections("certified", before + count));
    return callers;
  }
  // Calls whose requests do not come.
  static void BeginCalls(H2Client& caller, int count) {
    std::string streams;
    for (int i = 0; i < count; ++i) streams += Headers(3 + 2 * static_cast<uint32_t>(i), kGetCase);
    EXPECT_TRUE(caller.Send(streams));
  }
  static int CountCut(const Callers& callers, int patience_ms) {
    int count = 0;
    for (const auto& caller : callers) count += caller->AwaitCut(patience_ms) ? 1 : 0;
    return count;
  }
};

TEST_F(CrowdTest, StreamsOfOneIdentityAreCountedOverItsConnections) {
  options_.server.connections.identity_streams_max = 1'500;
  Start();
  const Callers others = Known(kPoliceOfBrazil, 1);
  const Callers callers = Known(kArgAgency, 60, 1);
  for (const auto& caller : callers) BeginCalls(*caller, 20);
  EXPECT_EQ(CountCut(callers, 20), 0);  // 1,200 calls.
  // With 2,300 of them the node may still wait to look.
  const Callers more = Known(kArgAgency, 80, 61);
  for (const auto& caller : more) BeginCalls(*caller, 60);
  ASSERT_TRUE(Eventually([&] { return Hit("identity_streams"); }));
  EXPECT_EQ(CountCut(callers, 10'000), 60);  // Also those that began few.
  EXPECT_EQ(CountCut(more, 10'000), 80);
  EXPECT_FALSE(Hit("streams"));
  EXPECT_EQ(CountCut(others, 100), 0);
  EXPECT_TRUE(Serves());
}

TEST_F(CrowdTest, StreamsOfAllIdentitiesAreCountedAndTheBusiestGoes) {
  options_.server.connections.identity_streams_max = 1'000'000;
  options_.server.connections.all_streams_max = 300;
  Start();
  const Callers few = Known("spiffe://arg.demo/entity/registry/files", 2);
  const Callers many = Known(kArgAgency, 120, 2);
  for (const auto& caller : few) BeginCalls(*caller, 20);
  for (const auto& caller : many) BeginCalls(*caller, 60);
  ASSERT_TRUE(Eventually([&] { return Hit("all_streams"); }));
  EXPECT_GE(CountCut(many, 20), 1);  // As many as it takes, or all if its caller is shut out.
  EXPECT_EQ(CountCut(few, 100), 0);
}

TEST_F(CrowdTest, BytesThatBelongToNoCallAreCountedOverTheConnectionsOfAnIdentity) {
  options_.server.connections.identity_spare_bytes = 1'000'000;
  Start();
  const Callers callers = Known(kPoliceOfBrazil, 20);
  // The beginning of a header's value, of which each connection may have as much.
  std::string header =
      h2::Frame(h2::kHeaders, 0, 3,
                "\x83\x87" + std::string("\0\1x\x7f", 4) + std::string("\x80\x80\x40", 3));
  while (header.size() < 200'000)
    header += h2::Frame(h2::kContinuation, 0, 3, std::string(9'000, 'a'));
  for (const auto& caller : callers) caller->Send(header);
  ASSERT_TRUE(Eventually([&] { return Hit("identity_bytes"); }));
  EXPECT_EQ(CountCut(callers, 10'000), 20);
  EXPECT_TRUE(Serves());
}

TEST_F(CrowdTest, CallsThatAreRefusedByTheThousandShutTheirCallerOut) {
  Start();
  const Callers others = Known(kArgAgency, 1);
  const Callers callers = Known(kPoliceOfBrazil, 120, 1);
  std::string calls;
  for (uint32_t stream = 3; stream < 123; stream += 2) calls += Call(stream, kGetCase);
  for (const auto& caller : callers) caller->Send(calls);
  ASSERT_TRUE(Eventually([&] { return Hit("refusals"); }));
  EXPECT_EQ(CountCut(callers, 10'000), 120);
  EXPECT_EQ(CountCut(others, 100), 0);
}

TEST_F(CrowdTest, OneCallerWithLargeRequestsOnManyConnectionsIsLeftAlone) {
  Start();
  const exchange::v1::GetCaseRecordRequest request = GetCase(std::string(1'000'000, 'x'));
  std::vector<std::jthread> calls;
  for (int connection = 0; connection < 12; ++connection) {
    const std::shared_ptr<transport::RemoteNode> agency = world_->Agency();
    for (int call = 0; call < 4; ++call) {
      calls.emplace_back([&request, agency] {
        for (int round = 0; round < 5; ++round) {
          RpcWorld::Record record;
          const Status answered = agency->Call(kGetCase, request, record, 30'000);
          EXPECT_TRUE(answered.ok()) << answered;
        }
      });
    }
  }
  calls.clear();
  for (const char* limit : {"streams", "identity_streams", "all_streams", "bytes", "identity_bytes",
                            "refusals", "shut_out"}) {
    EXPECT_FALSE(Hit(limit)) << limit;
  }
}

// UBSan opens descriptors of its own (doors_test.cc).
#ifndef __SANITIZE_ADDRESS__
TEST(ConnectionsAloneTest, WithoutADescriptorForItAConnectionIsTurnedAway) {
  const SystemClock clock;
  metrics::Metrics metrics;
  rpc::Connections connections({}, std::make_shared<rpc::Conduct>(clock, kArgNode), metrics, clock);
  // Only for a socket that is connected by TCP; nobody else opens or closes a file meanwhile.
  const auto listener = rpc::SocketAcceptor::Tcp("127.0.0.1:0").value();
  const std::string& address = listener->address();
  H2Client client(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))), nullptr,
                  kFarAddress);
  ASSERT_TRUE(client.ConnectTcp());
  const int lowest_free = dup(STDIN_FILENO);
  close(lowest_free);
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(lowest_free);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const bool entered = connections.Enter(client.fd());
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_FALSE(entered);
  EXPECT_NE(metrics.Render().find("enlace_limits_hit_total{limit=\"descriptors\"} 1\n"),
            std::string::npos);
  EXPECT_TRUE(connections.Enter(client.fd()));
}
#endif

// Says that it takes everything, and takes nothing.
std::string BoundlessWindows() {
  return h2::Frame(h2::kSettings, 0, 0, std::string("\0\4\x7f\xff\xff\xff", 6)) +
         h2::Frame(h2::kWindowUpdate, 0, 0, std::string("\x7f\xff\0\0", 4));
}

TEST_F(ConnectionsTest, AnswersThatNobodyTakesAreFewAndEndTheConnection) {
  options_.server.connections.untaken_ms = 1'000;
  options_.server.connections.untaken_bytes_max = 8 << 20;
  std::atomic<int> worked = 0;
  options_.get = [&](const rpc::CallContext&, const RpcWorld::GetRequest&) {
    ++worked;
    RpcWorld::Record record;
    record.set_name(std::string(4 << 20, 'x'));
    return StatusOr<RpcWorld::Record>(std::move(record));
  };
  Start();
  auto caller = Caller(kArgAgency);
  ASSERT_TRUE(caller->Send(BoundlessWindows()));
  caller->SetDeaf();
  const std::string request = GetCase().SerializeAsString();
  for (uint32_t stream = 1; stream < 120; stream += 2) {
    caller->Send(Call(stream, kGetCase, request));
    poll(nullptr, 0, 10);
  }
  EXPECT_TRUE(Eventually([&] { return Hit("untaken"); }));
  EXPECT_TRUE(Connections("certified", 0));
  EXPECT_LE(worked, 30);  // Of 60: those that were inside, and those that went into the sockets.
  EXPECT_TRUE(Serves());
}

}  // namespace
}  // namespace enlace::testing
