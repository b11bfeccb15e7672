#include "bench/load.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "bench/output.h"
#include "node/base/clock.h"

namespace enlace::bench {
namespace {

double At(std::vector<float>& sorted, double part) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1,
                         static_cast<size_t>(part * static_cast<double>(sorted.size())))];
}

LoadResult Summary(std::vector<float> times, double took, double cpu_seconds_a_call) {
  std::sort(times.begin(), times.end());
  return {static_cast<double>(times.size()) / took, At(times, 0.5), At(times, 0.99),
          cpu_seconds_a_call * 1e6};
}

}  // namespace

double SecondsNow() {
  static const SystemClock clock;
  return static_cast<double>(clock.SteadyUs()) * 1e-6;
}

LoadResult RunLoad(int clients, double seconds, const std::function<void(int client)>& step,
                   const std::function<double()>& cpu_seconds) {
  const double cpu_before = cpu_seconds();
  const double begin = SecondsNow() + seconds / 10;
  const double end = begin + seconds;
  std::atomic<uint64_t> calls = 0;
  std::vector<std::vector<float>> times(static_cast<size_t>(clients));
  {
    std::vector<std::jthread> threads;
    for (int client = 0; client < clients; ++client) {
      threads.emplace_back([&, client] {
        std::vector<float>& mine = times[static_cast<size_t>(client)];
        mine.reserve(1 << 16);
        for (double now = SecondsNow(); now < end || mine.empty(); ++calls) {
          const double called = now;
          step(client);
          now = SecondsNow();
          if (called >= begin) mine.push_back(static_cast<float>((now - called) * 1e6));
        }
      });
    }
  }
  const double took = SecondsNow() - begin;
  std::vector<float> all;
  for (const auto& mine : times) all.insert(all.end(), mine.begin(), mine.end());
  return Summary(std::move(all), took, (cpu_seconds() - cpu_before) / static_cast<double>(calls));
}

LoadResult RunAsking(int clients, double seconds, const std::function<void(int client)>& ask,
                     const std::function<int()>& answered,
                     const std::function<double()>& cpu_seconds) {
  const double cpu_before = cpu_seconds();
  const double begin = SecondsNow() + seconds / 10;
  const double end = begin + seconds;
  std::vector<double> asked(static_cast<size_t>(clients));
  std::vector<float> times;
  times.reserve(1 << 18);
  uint64_t calls = 0;
  const auto ask_at = [&](int client, double now) {
    asked[static_cast<size_t>(client)] = now;
    ask(client);
  };
  for (int client = 0; client < clients; ++client) ask_at(client, SecondsNow());
  for (int under_way = clients; under_way > 0; ++calls) {
    const int client = answered();
    const double now = SecondsNow();
    const double called = asked[static_cast<size_t>(client)];
    if (called >= begin) times.push_back(static_cast<float>((now - called) * 1e6));
    if (now < end || times.empty()) {
      ask_at(client, now);
    } else {
      --under_way;
    }
  }
  return Summary(std::move(times), SecondsNow() - begin,
                 (cpu_seconds() - cpu_before) / static_cast<double>(calls));
}

void PrintLoad(const LoadResult& result, double items, const char* metric, const char* unit) {
  Figure(metric, result.per_second * items, unit);
  Figure("p50", result.p50_us, "us");
  Figure("p99", result.p99_us, "us");
  if (result.cpu_us > 0) Figure("node_cpu", result.cpu_us / items, "us");
}

double MedianMs(int repetitions, double seconds, const std::function<void()>& work) {
  work();
  std::vector<double> times;
  const double end = SecondsNow() + seconds;
  while (times.empty() || (static_cast<int>(times.size()) < repetitions && SecondsNow() < end)) {
    const double begin = SecondsNow();
    work();
    times.push_back((SecondsNow() - begin) * 1e3);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

}  // namespace enlace::bench
