#include "node/rpc/handler.h"

#include "node/base/check.h"

namespace enlace::rpc {

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

void HandlerTable::Add(std::string_view method, Entry entry) {
  // Two handlers for one method, or a name of another form, is a slip in the composition root.
  ENLACE_CHECK(method.size() > 3 && method.front() == '/' &&
               method.find('/', 1) != std::string_view::npos);
  ENLACE_CHECK(entries_.emplace(std::string(method), std::move(entry)).second);
}

}  // namespace enlace::rpc
