#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

// What the connections of one identity cost together: a limit for each connection is none for
// somebody who opens a thousand of them.
//
// The connections that have no caller yet are one crowd too, with the empty name. Pure; not
// thread-safe.
namespace enlace::rpc {

// What is known of one connection, or of all of a crowd.
struct CrowdShare {
  int64_t streams = 0;   // That gRPC held when it was last asked.
  int64_t unlooked = 0;  // Bytes that have begun more of them since, or will.
  int64_t debt = 0;      // Bytes that no call explains.
};

class Crowds {
 public:
  struct Crowd {
    std::string caller;
    CrowdShare sum;
    std::set<uint64_t> members;
    int64_t next_look_steady_us = 0;
  };

  // REQUIRES: `id` is in no crowd. The crowd stays where it is as long as it has members.
  Crowd& Join(const std::string& caller, uint64_t id, const CrowdShare& share);
  // REQUIRES: `id` is in the crowd with this share.
  void Leave(Crowd& crowd, uint64_t id, const CrowdShare& share);
  // `share` of a member becomes `now`.
  void Change(Crowd& crowd, CrowdShare& share, const CrowdShare& now);

  const CrowdShare& all() const { return all_; }
  // Null when there is none of that name.
  Crowd* Find(std::string_view caller);
  // The one with the most streams; null when there is none.
  Crowd* Busiest();

  template <typename Visit>
  void ForEach(Visit visit) {
    for (auto& [caller, crowd] : map_) visit(crowd);
  }

 private:
  CrowdShare all_;
  std::map<std::string, Crowd, std::less<>> map_;
};

}  // namespace enlace::rpc
