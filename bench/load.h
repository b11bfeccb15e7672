#pragma once

#include <cstdint>
#include <functional>

// Closed loops of calls, and the clock that they are measured with.
namespace enlace::bench {

double SecondsNow();

// Calls a second and the times of single calls, all clients together.
struct LoadResult {
  double per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
  double cpu_us = 0;  // Of the node, a call; 0 when nobody tells.
};

// Each of `clients` threads calls `step(client)` again and again: a tenth of `seconds` for
// warming up, then `seconds` that count; longer when a call takes longer. `cpu_seconds` tells
// what the node has used of the processors so far: on a busy machine that is the steadier
// figure.
LoadResult RunLoad(
    int clients, double seconds, const std::function<void(int client)>& step,
    const std::function<double()>& cpu_seconds = [] { return 0.0; });

// The same with one thread for all clients, as pgbench has it: a thread each would be woken by
// another one for each answer, at the expense of the server beside it. `ask(client)` sends the
// next question, `answered()` waits for the next answer of any client and names it.
LoadResult RunAsking(
    int clients, double seconds, const std::function<void(int client)>& ask,
    const std::function<int()>& answered,
    const std::function<double()>& cpu_seconds = [] { return 0.0; });

// Prints rate (times `items` a call, in `unit`), p50, p99 and the node's processor time an item.
void PrintLoad(const LoadResult& result, double items, const char* metric, const char* unit);

// The middle one of `repetitions` runs of `work`, in milliseconds, after one that does not
// count; ends early when `seconds` have passed.
double MedianMs(int repetitions, double seconds, const std::function<void()>& work);

}  // namespace enlace::bench
