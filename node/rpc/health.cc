#include "node/rpc/health.h"

#include "grpc/health/v1/health.pb.h"

namespace enlace::rpc {
namespace {

namespace pb = ::grpc::health::v1;

bool HasService(const HandlerTable& table, const std::string& service) {
  if (service.empty()) return true;
  const std::string prefix = "/" + service + "/";
  for (const std::string& method : table.Methods()) {
    if (method.starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace

void Health::Register(HandlerTable& table) {
  MethodLimits limits;
  limits.request_bytes_max = 1 << 10;
  limits.elements_max = 10;
  limits.answers_while_draining = true;
  limits.brief = true;
  table.Register<pb::HealthCheckRequest, pb::HealthCheckResponse>(
      "/grpc.health.v1.Health/Check",
      [this, &table](const CallContext&,
                     const pb::HealthCheckRequest& request) -> StatusOr<pb::HealthCheckResponse> {
        if (!HasService(table, request.service())) {
          return Error(Reason::SERVICE_UNKNOWN, "the node has no such service");
        }
        pb::HealthCheckResponse response;
        response.set_status(serving_ ? pb::HealthCheckResponse::SERVING
                                     : pb::HealthCheckResponse::NOT_SERVING);
        return response;
      },
      limits);
  table.Register<pb::HealthCheckRequest, pb::HealthCheckResponse>(
      "/grpc.health.v1.Health/Watch",
      [](const CallContext&, const pb::HealthCheckRequest&) -> StatusOr<pb::HealthCheckResponse> {
        return Error(Reason::METHOD_UNKNOWN, "health is not watched here; ask with Check");
      },
      limits);
}

}  // namespace enlace::rpc
