#include "node/rpc/handler.h"

#include "google/protobuf/descriptor.h"
#include "node/base/check.h"

namespace enlace::rpc {
namespace {

// "/a.B/C" is a stream both ways by its descriptor.
bool IsPingPong(std::string_view method) {
  std::string name(method.substr(1));
  std::replace(name.begin(), name.end(), '/', '.');
  const auto* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
  return descriptor != nullptr && descriptor->client_streaming() && descriptor->server_streaming();
}

}  // namespace

const HandlerTable::Entry* HandlerTable::Find(std::string_view method) const {
  const auto entry = entries_.find(method);
  return entry == entries_.end() ? nullptr : &entry->second;
}

std::vector<std::string> HandlerTable::Methods() const {
  std::vector<std::string> methods;
  methods.reserve(entries_.size());
  for (const auto& [method, entry] : entries_) methods.push_back(method);
  return methods;
}

size_t HandlerTable::RequestBytesMax() const {
  size_t max = 0;
  for (const auto& [method, entry] : entries_) max = std::max(max, entry.limits.request_bytes_max);
  return max;
}

StatusOr<std::string> HandlerTable::Serialize(const Message& response) {
  std::string bytes;
  if (response.SerializeToString(&bytes)) return bytes;
  return Error(Reason::INTERNAL, "a response could not be serialised");
}

void HandlerTable::Add(std::string_view method, Entry entry) {
  // Two handlers for one method, or a name of another form, is a slip in the composition root.
  ENLACE_CHECK(method.size() > 3 && method.front() == '/' &&
               method.find('/', 1) != std::string_view::npos);
  entry.ping_pong = IsPingPong(method);
  ENLACE_CHECK(entries_.emplace(std::string(method), std::move(entry)).second);
}

}  // namespace enlace::rpc
