#include <prometheus/exposer.h>

#include <exception>

#include "node/metrics/metrics.h"
#include "node/metrics/state.h"

namespace enlace::metrics {

struct Exposer::State {
  std::unique_ptr<prometheus::Exposer> exposer;
};

Exposer::Exposer() : state_(std::make_unique<State>()) {}
Exposer::~Exposer() = default;

StatusOr<std::unique_ptr<Exposer>> Exposer::Start(const Metrics& metrics,
                                                  const std::string& address) {
  if (!address.starts_with("127.0.0.1:") && !address.starts_with("[::1]:")) {
    return Error(Reason::CONFIG_INVALID,
                 "the metrics address must be loopback, 127.0.0.1:<port> or [::1]:<port>");
  }
  std::unique_ptr<Exposer> exposer(new Exposer());
  try {
    // The only exceptions of this module: the library reports a taken port by one.
    exposer->state_->exposer = std::make_unique<prometheus::Exposer>(address, 1);
    exposer->state_->exposer->RegisterCollectable(metrics.state_->registry);
  } catch (const std::exception&) {
    return Error(Reason::LISTEN_FAILED,
                 "the metrics address " + address + " cannot be listened on; is it taken?",
                 {{"address", address}});
  }
  return exposer;
}

int Exposer::port() const {
  const std::vector<int> ports = state_->exposer->GetListeningPorts();
  return ports.empty() ? 0 : ports.front();
}

}  // namespace enlace::metrics
