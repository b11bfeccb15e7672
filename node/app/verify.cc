#include "node/app/verify.h"

#include <utility>

#include "node/app/init.h"
#include "node/model/names.h"

namespace enlace::app {

service::KeyOfChannel KeysOf(const Inputs& inputs, const crypto::PublicKey& own_key) {
  return
      [own = inputs.config.jurisdiction, network = inputs.config.network, keys = inputs.peer_keys,
       own_key](const std::string& text) -> std::optional<crypto::PublicKey> {
        const auto origin = model::ChannelOrigin::Parse(text);
        if (!origin.ok() || origin->network != network) return std::nullopt;
        if (origin->jurisdiction == own) return own_key;
        const auto found = keys.find(origin->jurisdiction);
        if (found == keys.end()) return std::nullopt;
        return found->second;
      };
}

StatusOr<service::StoreVerification> VerifyOffline(const std::string& config_path, Clock& clock) {
  ENLACE_ASSIGN_OR_RETURN(const Inputs inputs, LoadInputs(config_path, clock));
  ENLACE_ASSIGN_OR_RETURN(const store::ChannelKeys keys,
                          LoadKeys(DataLayout(inputs.config.data_dir)));
  auto opened = store::Store::Open(StoreOptionsOf(inputs.config), clock);
  if (ReasonOf(opened.status()) == Reason::STORE_LOCKED) {
    return Error(Reason::STORE_LOCKED, MessageOf(opened.status()) +
                                           ", or ask it while it runs: `enlace node verify " +
                                           "--admin-socket " + inputs.config.admin_socket + "`");
  }
  ENLACE_ASSIGN_OR_RETURN(const auto store, std::move(opened));
  ENLACE_ASSIGN_OR_RETURN(const NodeIdentity identity, LoadIdentity(*store->Read()));
  ENLACE_RETURN_IF_ERROR(CheckIdentity(identity, inputs.config));
  ENLACE_RETURN_IF_ERROR(CheckSubjectKey(*store, keys.subject_key));
  return service::VerifyStored(*store, KeysOf(inputs, keys.signing.public_key()));
}

}  // namespace enlace::app
