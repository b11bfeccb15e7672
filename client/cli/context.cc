#include "client/cli/context.h"

#include <fmt/format.h>

#include "client/cli/error_text.h"
#include "google/protobuf/util/json_util.h"

namespace enlace::cli {

StatusOr<client::Client*> Context::Node() {
  if (node_ == nullptr) {
    ENLACE_ASSIGN_OR_RETURN(const client::ClientOptions options, NodeConnection(settings_));
    ENLACE_ASSIGN_OR_RETURN(node_, world_.connect(options));
  }
  return node_.get();
}

StatusOr<client::Client*> Context::Admin() {
  if (admin_ == nullptr) {
    ENLACE_ASSIGN_OR_RETURN(admin_, world_.connect(AdminConnection(settings_)));
  }
  return admin_.get();
}

StatusOr<const codes::Registry*> Context::Codes() {
  if (codes_ == nullptr) {
    ENLACE_ASSIGN_OR_RETURN(codes_, codes::Registry::Load(settings_.config_dir + "/codelists"));
  }
  return codes_.get();
}

StatusOr<const intake::Mappings*> Context::Mappings() {
  if (mappings_ == nullptr) {
    ENLACE_ASSIGN_OR_RETURN(const codes::Registry* registry, Codes());
    ENLACE_ASSIGN_OR_RETURN(mappings_,
                            intake::Mappings::Load(settings_.config_dir + "/mappings", *registry));
  }
  return mappings_.get();
}

void Context::PrintLine(std::string_view text) {
  printed_ += text;
  printed_ += '\n';
}

void Context::PrintTable(const Table& table) {
  switch (settings_.output) {
    case Output::kJson:
      printed_ += table.ToJson();
      return;
    case Output::kCsv:
      printed_ += table.ToCsv();
      return;
    case Output::kTable:
      printed_ += table.ToText();
      return;
  }
}

void Context::PrintList(const JsonList& list, const Table& table) {
  if (json()) {
    Print(list.Finish());
  } else {
    PrintTable(table);
  }
}

Status Context::PrintJson(const google::protobuf::Message& message) {
  ENLACE_ASSIGN_OR_RETURN(const std::string json, ToJson(message));
  PrintLine(json);
  return absl::OkStatus();
}

void Context::Note(std::string_view text) {
  if (!settings_.quiet) world_.err << text << '\n' << std::flush;
}

void Context::Progress(std::string_view text) {
  if (!settings_.quiet && world_.err_is_terminal) world_.err << '\r' << text << std::flush;
}

void Context::SayOnInterrupt(std::string_view message) {
  if (!world_.on_interrupt) return;
  // On a terminal the line of progress, or "^C", stands before it.
  world_.on_interrupt((world_.err_is_terminal && !json() ? "\n" : "") +
                      ErrorText(Error(Reason::CALL_CANCELLED, message), json()));
}

Status Context::Confirm(std::string_view question) {
  if (settings_.yes) return absl::OkStatus();
  if (!world_.in_is_terminal) {
    return Error(Reason::CONFIRMATION_NEEDED,
                 "this cannot be undone and nobody is at the terminal; give --yes");
  }
  return Ask(question);
}

Status Context::Review(const std::function<Status(Context&)>& print, std::string_view question) {
  if (!world_.in_is_terminal) {
    return Error(Reason::CONFIRMATION_NEEDED,
                 "nobody is at the terminal to review; give --hash with the hash of what was "
                 "reviewed");
  }
  Settings shown = settings_;
  shown.output = Output::kTable;
  Context review(world_, shown);
  ENLACE_RETURN_IF_ERROR(print(review));
  world_.err << review.printed();
  return Ask(question);
}

Status Context::Ask(std::string_view question) {
  world_.err << question << " Type \"yes\" to go on: " << std::flush;
  std::string answer;
  std::getline(world_.in, answer);
  if (answer == "yes") return absl::OkStatus();
  return Error(Reason::CONFIRMATION_NEEDED, "not confirmed; nothing was done");
}

StatusOr<std::string> ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string out;
  if (!google::protobuf::util::MessageToJsonString(message, &out, options).ok()) {
    return Error(Reason::INTERNAL, "a message of the node has no JSON form");
  }
  return out;
}

Status FromJson(std::string_view json, google::protobuf::Message& message) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = false;
  const std::string text(json);
  if (google::protobuf::util::JsonStringToMessage(text, &message, options).ok()) {
    return absl::OkStatus();
  }
  return Error(Reason::REQUEST_MALFORMED,
               fmt::format("expected the JSON form of {}; unknown fields are refused",
                           message.GetDescriptor()->full_name()));
}

Status JsonList::Add(const google::protobuf::Message& message) {
  ENLACE_ASSIGN_OR_RETURN(const std::string json, ToJson(message));
  if (!items_.empty()) items_ += ",\n ";
  items_ += json;
  return absl::OkStatus();
}

}  // namespace enlace::cli
