#include <algorithm>
#include <atomic>
#include <thread>

#include <fmt/format.h>

#include "bench/load.h"
#include "bench/measure.h"
#include "bench/output.h"
#include "bench/world.h"
#include "enlace/exchange/v1/channel_service.pb.h"
#include "enlace/exchange/v1/programme_service.pb.h"
#include "node/crypto/hash.h"

namespace enlace::bench {
namespace {

namespace pb = enlace::exchange::v1;

constexpr char kChannel[] = "demo/ARG/training";
constexpr uint64_t kChanges = 20'000;
constexpr int kWriters = 16;
constexpr double kPatienceSeconds = 120;

// Text of such a length that an entry has some 400 bytes.
void AddText(const char* language, const std::string& text, channel::v1::LocalizedText& out) {
  auto& added = *out.add_texts();
  added.set_language(language);
  added.set_text(text);
  added.set_translation(channel::v1::LocalizedText::Text::ORIGINAL);
}

pb::CreateProgrammeRequest NewProgramme(uint64_t number) {
  pb::CreateProgrammeRequest request;
  request.set_programme_id(fmt::format("course-{}", number));
  request.set_audience("network");
  request.set_request_id(crypto::RandomUuid());
  auto& programme = *request.mutable_programme();
  programme.set_codelist_version(1);
  AddText("es", "Trata de personas: curso para policía de frontera", *programme.mutable_title());
  AddText("es",
          "Curso básico sobre la identificación de víctimas en puestos de frontera, con casos "
          "prácticos, derivación a los servicios de protección y normas del Protocolo.",
          *programme.mutable_summary());
  programme.add_topics(1);
  programme.add_audiences(2);
  programme.set_depth(1);
  programme.add_delivery_modes(1);
  programme.add_languages("es");
  programme.set_hours(40);
  programme.set_contact_role("Unidad de capacitación");
  programme.set_valid_from("2026-01-31");
  return request;
}

void Publish(client::Client& coordinator, uint64_t number) {
  Must(coordinator.Call<pb::CatalogueProgramme>(
      "/enlace.exchange.v1.ProgrammeService/CreateProgramme", NewProgramme(number)));
}

// Programmes `from` to before `to`, each an entry of the channel.
void PublishMany(const World& world, uint64_t from, uint64_t to) {
  Progress(fmt::format("publishing {} entries", to - from));
  std::atomic<uint64_t> next = from;
  std::vector<std::jthread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&] {
      const auto coordinator = world.Connect(kOrigin, "person/coordinator");
      for (uint64_t number = next++; number < to; number = next++) Publish(*coordinator, number);
    });
  }
}

// Entries of the channel that a node holds and has verified.
uint64_t SizeAt(client::Client& node) {
  pb::GetChannelRequest request;
  request.set_origin(kChannel);
  const auto channel =
      node.Call<pb::Channel>("/enlace.exchange.v1.ChannelService/GetChannel", request);
  if (!channel.ok() && ReasonOf(channel.status()) == Reason::CHANNEL_NOT_FOUND) return 0;
  return Must(channel).size();
}

// The seconds since `begin` when the replica holds `size` entries.
double WaitForSize(client::Client& replica, uint64_t size, double begin) {
  while (SizeAt(replica) < size) {
    if (SecondsNow() - begin > kPatienceSeconds) Die("the replica does not catch up");
    poll(nullptr, 0, 1);
  }
  return SecondsNow() - begin;
}

double CatchUp(World& world, uint64_t size) {
  world.Start(kReplica);
  const double begin = SecondsNow();
  return WaitForSize(*world.ConnectAdmin(kReplica), size, begin);
}

}  // namespace

void MeasureCatchUp(const MeasureOptions& options) {
  World world(options.world);
  world.Start(kOrigin);
  const uint64_t changes = options.records == 0 ? kChanges : options.records;
  PublishMany(world, 0, changes);
  const double seconds = CatchUp(world, changes);
  Figure("rate", static_cast<double>(changes) / seconds, "changes/s");
}

void MeasureResume(const MeasureOptions& options) {
  World world(options.world);
  world.Start(kOrigin);
  const uint64_t changes = options.records == 0 ? kChanges : options.records;
  PublishMany(world, 0, 1000);
  CatchUp(world, 1000);
  world.Stop(kReplica);
  PublishMany(world, 1000, 1000 + changes);
  const double seconds = CatchUp(world, 1000 + changes);
  Figure("rate", static_cast<double>(changes) / seconds, "changes/s");
}

void MeasurePropagate(const MeasureOptions& options) {
  World world(options.world);
  world.Start(kOrigin);
  const auto coordinator = world.Connect(kOrigin, "person/coordinator");
  Publish(*coordinator, 0);
  CatchUp(world, 1);
  const auto changes = static_cast<size_t>(options.seconds * options.rate);
  std::vector<double> visible(changes);
  // Looks without a pause when the change number `i` is there.
  std::jthread watcher([&] {
    const auto replica = world.ConnectAdmin(kReplica);
    for (size_t seen = 0; seen < changes;) {
      const auto held = static_cast<size_t>(SizeAt(*replica)) - 1;
      for (const double now = SecondsNow(); seen < std::min(held, changes); ++seen) {
        visible[seen] = now;
      }
    }
  });
  std::vector<double> sent(changes);
  const double begin = SecondsNow();
  for (size_t i = 0; i < changes; ++i) {
    const double due = begin + static_cast<double>(i) / options.rate;
    while (SecondsNow() < due) poll(nullptr, 0, 1);
    sent[i] = SecondsNow();
    Publish(*coordinator, i + 1);
  }
  watcher.join();
  std::vector<double> times_ms;
  for (size_t i = 0; i < changes; ++i) times_ms.push_back((visible[i] - sent[i]) * 1e3);
  std::sort(times_ms.begin(), times_ms.end());
  Figure("send_to_visible.p50", times_ms[changes / 2], "ms");
  Figure("send_to_visible.p99", times_ms[changes * 99 / 100], "ms");
}

}  // namespace enlace::bench
