#include "node/rpc/crowds.h"

#include <algorithm>

#include "node/base/check.h"

namespace enlace::rpc {
namespace {

void AddTimes(CrowdShare& sum, const CrowdShare& share, int64_t times) {
  sum.streams += times * share.streams;
  sum.unlooked += times * share.unlooked;
  sum.debt += times * share.debt;
}

}  // namespace

Crowds::Crowd* Crowds::Find(std::string_view caller) {
  const auto found = map_.find(caller);
  return found == map_.end() ? nullptr : &found->second;
}

Crowds::Crowd* Crowds::Busiest() {
  const auto found =
      std::max_element(map_.begin(), map_.end(), [](const auto& left, const auto& right) {
        return left.second.sum.streams < right.second.sum.streams;
      });
  return found == map_.end() ? nullptr : &found->second;
}

Crowds::Crowd& Crowds::Join(const std::string& caller, uint64_t id, const CrowdShare& share) {
  Crowd& crowd = map_[caller];
  crowd.caller = caller;
  ENLACE_CHECK(crowd.members.insert(id).second);
  AddTimes(crowd.sum, share, 1);
  AddTimes(all_, share, 1);
  return crowd;
}

void Crowds::Leave(Crowd& crowd, uint64_t id, const CrowdShare& share) {
  ENLACE_CHECK(crowd.members.erase(id) == 1);
  AddTimes(crowd.sum, share, -1);
  AddTimes(all_, share, -1);
  if (crowd.members.empty()) map_.erase(map_.find(crowd.caller));
}

void Crowds::Change(Crowd& crowd, CrowdShare& share, const CrowdShare& now) {
  for (CrowdShare* const sum : {&crowd.sum, &all_}) {
    AddTimes(*sum, share, -1);
    AddTimes(*sum, now, 1);
  }
  share = now;
}

}  // namespace enlace::rpc
