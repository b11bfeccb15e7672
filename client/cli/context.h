#pragma once

#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "client/cli/exit_code.h"
#include "client/cli/settings.h"
#include "client/cli/table.h"
#include "client/intake/mapping.h"
#include "client/lib/client.h"
#include "google/protobuf/message.h"
#include "node/base/clock.h"
#include "node/codes/registry.h"

// What a command works with. Nothing a command prints reaches stdout before the command
// has succeeded; notes and errors go to stderr at once.
namespace enlace::cli {

// The world outside of the program; tests bring their own.
struct World {
  std::ostream& out;
  std::ostream& err;
  std::istream& in;
  bool in_is_terminal = false;
  bool err_is_terminal = false;
  Environment environment;
  std::string executable;
  std::function<StatusOr<std::unique_ptr<client::Client>>(const client::ClientOptions&)> connect;
  const Clock& clock;
  // What is to be left on stderr when a signal ends the program; replaces what was said before.
  std::function<void(std::string_view text)> on_interrupt = nullptr;
};

// A list as one JSON array, "[]" when empty.
class JsonList {
 public:
  Status Add(const google::protobuf::Message& message);
  std::string Finish() const { return "[" + items_ + "]\n"; }

 private:
  std::string items_;
};

class Context {
 public:
  Context(World& world, Settings settings) : world_(world), settings_(std::move(settings)) {}

  const Settings& settings() const { return settings_; }
  const Clock& clock() const { return world_.clock; }

  // The node over its network listener, and over the operator's socket. Connects lazily.
  StatusOr<client::Client*> Node();
  StatusOr<client::Client*> Admin();
  // The code lists and mapping tables of the configuration folder.
  StatusOr<const codes::Registry*> Codes();
  StatusOr<const intake::Mappings*> Mappings();

  // Adds to what is printed on success.
  void Print(std::string_view text) { printed_ += text; }
  void PrintLine(std::string_view text);
  // A table in the wanted form.
  void PrintTable(const Table& table);
  // A list of messages: `list` as JSON, or `table`, which shows the same items.
  void PrintList(const JsonList& list, const Table& table);
  // One message in the proto JSON mapping.
  Status PrintJson(const google::protobuf::Message& message);
  bool json() const { return settings_.output == Output::kJson; }

  // A line on stderr, unless --quiet.
  void Note(std::string_view text);
  // The same line again and again, on a terminal alone.
  void Progress(std::string_view text);
  // What an interruption from now on would leave undone, in the form of all errors.
  void SayOnInterrupt(std::string_view message);
  // True with --yes, or when the person at the terminal types "yes". CONFIRMATION_NEEDED
  // when nobody can be asked.
  Status Confirm(std::string_view question);

  // Shows what `print` prints on stderr and asks the person at the terminal. --yes does not
  // answer this. CONFIRMATION_NEEDED.
  Status Review(const std::function<Status(Context&)>& print, std::string_view question);

  const std::string& printed() const { return printed_; }

 private:
  Status Ask(std::string_view question);

  World& world_;
  const Settings settings_;
  std::unique_ptr<client::Client> node_;
  std::unique_ptr<client::Client> admin_;
  std::shared_ptr<const codes::Registry> codes_;
  std::unique_ptr<intake::Mappings> mappings_;
  std::string printed_;
};

// The proto JSON mapping of a message, without line breaks.
StatusOr<std::string> ToJson(const google::protobuf::Message& message);
// REQUEST_MALFORMED (never echoing the text): unknown fields are refused.
Status FromJson(std::string_view json, google::protobuf::Message& message);

}  // namespace enlace::cli
