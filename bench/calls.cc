#include "bench/calls.h"

#include "bench/load.h"
#include "bench/output.h"
#include "google/protobuf/wrappers.pb.h"
#include "grpc/health/v1/health.pb.h"

namespace enlace::bench {
namespace {

namespace health = grpc::health::v1;

// About as many as a record has.
constexpr size_t kEchoBytes = 400;

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
  std::vector<std::unique_ptr<client::Client>> clients;
  std::vector<std::unique_ptr<client::Stream>> streams;
  for (int i = 0; i < options.clients; ++i) {
    clients.push_back(
        Must(client::Client::Make(world.OptionsOf(World::ForeignNode(i), "node", endpoint))));
    streams.push_back(clients.back()->OpenStream(kEchoStream));
  }
  google::protobuf::BytesValue question;
  question.set_value(std::string(kEchoBytes, 'x'));
  const auto result = RunLoad(options.clients, options.seconds, [&](int number) {
    Must(streams[static_cast<size_t>(number)]->Ask<google::protobuf::BytesValue>(question));
  });
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
