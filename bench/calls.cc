#include "bench/calls.h"

#include "bench/load.h"
#include "bench/output.h"
#include "grpc/health/v1/health.pb.h"

namespace enlace::bench {
namespace {

namespace health = grpc::health::v1;

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
