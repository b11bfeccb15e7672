#include "bench/calls.h"

#include "bench/load.h"
#include "bench/output.h"
#include "client/lib/stream_group.h"
#include "google/protobuf/wrappers.pb.h"
#include "grpc/health/v1/health.pb.h"

namespace enlace::bench {
namespace {

namespace health = grpc::health::v1;

// About as many as a record has.
constexpr size_t kEchoBytes = 400;
constexpr int64_t kAnswerMsMax = 30'000;

void Check(client::Client& client) {
  Must(client.Call<health::HealthCheckResponse>("/grpc.health.v1.Health/Check",
                                                health::HealthCheckRequest()));
}

}  // namespace

void PingAt(const World& world, const std::string& endpoint, const MeasureOptions& options) {
  std::vector<std::unique_ptr<client::Client>> clients;
  for (int i = 0; i < options.clients; ++i) {
    clients.push_back(
        Must(client::Client::Make(world.OptionsOf(World::ForeignNode(i), "node", endpoint))));
  }
  const auto result = RunLoad(options.clients, options.seconds,
                              [&](int number) { Check(*clients[static_cast<size_t>(number)]); });
  PrintLoad(result, 1, "rate", "calls/s");
}

void AskAt(const World& world, const std::string& endpoint, const MeasureOptions& options) {
  client::StreamGroup streams;
  for (int i = 0; i < options.clients; ++i) {
    Must(streams.Open(world.OptionsOf(World::ForeignNode(i), "node", endpoint), kEchoStream));
  }
  google::protobuf::BytesValue question;
  question.set_value(std::string(kEchoBytes, 'x'));
  const auto ask = [&](int number) { Must(streams.Send(static_cast<size_t>(number), question)); };
  const auto answered = [&] {
    const auto answer = Must(streams.Next(kAnswerMsMax));
    if (Must(answer.bytes).size() < kEchoBytes) Die("the echo is shorter than what was said");
    return static_cast<int>(answer.stream);
  };
  const auto result = RunAsking(options.clients, options.seconds, ask, answered);
  PrintLoad(result, 1, "rate", "messages/s");
}

void ConnectAt(const World& world, const std::string& endpoint, const MeasureOptions& options) {
  const auto result = RunLoad(options.clients, options.seconds, [&](int number) {
    Check(
        *Must(client::Client::Make(world.OptionsOf(World::ForeignNode(number), "node", endpoint))));
  });
  PrintLoad(result, 1, "rate", "connections/s");
}

void MeasurePing(const MeasureOptions& options) {
  World world(options.world);
  world.Start(kOrigin);
  PingAt(world, world.Endpoint(kOrigin), options);
}

void MeasureConnect(const MeasureOptions& options) {
  World world(options.world);
  world.Start(kOrigin);
  ConnectAt(world, world.Endpoint(kOrigin), options);
}

}  // namespace enlace::bench
