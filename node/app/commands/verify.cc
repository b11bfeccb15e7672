#include "node/app/verify.h"

#include <cstdio>

#include "node/app/backup.h"
#include "node/app/commands/commands.h"
#include "node/base/bytes.h"

namespace enlace::app {
namespace {

struct Options {
  std::string config;
  std::string backup;
  std::string channel_key;
};

int Verdict(const service::StoreVerification& verified) {
  PrintCounts(verified);
  PrintFindings(verified);
  std::printf(verified.findings.empty() ? "all holds\n" : "%lu findings\n",
              verified.findings.size());
  return verified.findings.empty() ? 0 : 1;
}

int VerifyStore(const Options& options) {
  SystemClock clock;
  const auto report = VerifyOffline(options.config, clock);
  return report.ok() ? Verdict(*report) : Fail(report.status());
}

const char* Text(KeySource source) {
  switch (source) {
    case KeySource::kDataDirectory:
      return "that of the data directory";
    case KeySource::kGiven:
      return "the one given";
    case KeySource::kBackupItself:
      break;
  }
  return "carried by the backup itself: compare it with what init printed";
}

int Verify(const Options& options) {
  SystemClock clock;
  const auto report = VerifyBackup(
      options.config, options.backup,
      options.channel_key.empty() ? std::nullopt : std::optional(options.channel_key), clock);
  if (!report.ok()) return Fail(report.status());
  const store::BackupManifest& manifest = report->manifest;
  const std::string key(manifest.channel_key.begin(), manifest.channel_key.end());
  std::printf("backup of %s in network %s, begun %s by version %s\n", manifest.jurisdiction.c_str(),
              manifest.network.c_str(), FormatTime(manifest.time_ms).c_str(),
              manifest.software_version.c_str());
  std::printf("signed with %s (%s)\n", Base64Encode(key).c_str(), Text(report->key_source));
  std::printf("holds keys: %s\ncommit: %lu\nfiles: %lu\nbytes: %lu\n",
              report->with_keys ? "yes" : "no", manifest.commit_sequence, manifest.files.size(),
              manifest.bytes());
  return Verdict(report->contents);
}

}  // namespace

void PrintCounts(const service::StoreVerification& verified) {
  std::printf("rows: %lu\naudit records: %lu\nchannels: %lu\nentries: %lu\npayloads: %lu\n",
              verified.rows, verified.audit_records, verified.channels, verified.entries,
              verified.payloads);
}

void PrintFindings(const service::StoreVerification& verified) {
  for (const std::string& finding : verified.findings) {
    std::printf("DOES NOT HOLD: %s\n", finding.c_str());
  }
}

void AddVerify(CLI::App& parser, Run& run) {
  CLI::App* command = parser.add_subcommand(
      "verify",
      "Reads everything stored again and checks it: the data directory while the node is stopped, "
      "or a backup");
  auto options = std::make_shared<Options>();
  command->add_option("--config", options->config, "The node's YAML file")->required();
  CLI::Option* backup = command->add_option("--backup", options->backup,
                                            "The folder of a backup, instead of the "
                                            "data directory");
  command
      ->add_option("--channel-key", options->channel_key,
                   "The node's channel key, base64, as init printed it, that must have signed the "
                   "backup; where the data directory's own keys are not to be had")
      ->needs(backup);
  command->callback([options, &run] {
    run = [options] { return options->backup.empty() ? VerifyStore(*options) : Verify(*options); };
  });
}

}  // namespace enlace::app
