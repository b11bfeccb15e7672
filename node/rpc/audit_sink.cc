#include "node/rpc/audit_sink.h"

#include <algorithm>
#include <utility>

#include "google/protobuf/descriptor.h"
#include "node/base/check.h"

namespace enlace::rpc {
namespace {

using google::protobuf::FieldDescriptor;

constexpr size_t kNameMax = 200;

thread_local AuditRound* round_of_thread = nullptr;

bool All(std::string_view text, bool (*is)(char)) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is);
}

// jurisdictions/ARG[/<collection>[/<id>]]; a case id is 32 hex digits and nothing else.
bool IsResourceName(std::string_view text) {
  constexpr std::string_view kPrefix = "jurisdictions/";
  if (text.size() > kNameMax || text.substr(0, kPrefix.size()) != kPrefix) return false;
  text.remove_prefix(kPrefix.size());
  const std::string_view jurisdiction = text.substr(0, text.find('/'));
  if (jurisdiction.size() != 3 || !All(jurisdiction, [](char c) { return c >= 'A' && c <= 'Z'; })) {
    return false;
  }
  if (text.size() == 3) return true;
  text.remove_prefix(4);
  const std::string_view collection = text.substr(0, text.find('/'));
  if (!All(collection, [](char c) { return c >= 'a' && c <= 'z'; })) return false;
  if (collection.size() == text.size()) return true;
  const std::string_view id = text.substr(collection.size() + 1);
  if (collection == "cases") {
    return id.size() == 32 &&
           All(id, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  }
  return All(id, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.';
  });
}

// Empty when nothing is named.
std::string Named(const std::string& value) {
  return value.empty() || IsResourceName(value) ? value : std::string(kResourceOther);
}

std::string AllNamed(const google::protobuf::Message& request, const FieldDescriptor& field) {
  std::string all;
  const auto& reflection = *request.GetReflection();
  for (int i = 0; i < reflection.FieldSize(request, &field); ++i) {
    if (i > 0) all += ',';
    const std::string named = Named(reflection.GetRepeatedString(request, &field, i));
    all += named.empty() ? kResourceNone : named;
  }
  return all;
}

}  // namespace

AuditRound::AuditRound(AuditSink& audit) : audit_(audit) {
  ENLACE_CHECK(round_of_thread == nullptr);
  round_of_thread = this;
}

AuditRound::~AuditRound() {
  round_of_thread = nullptr;
  if (!records_.empty()) audit_.BeginAll(std::move(records_));
}

void BeginAudit(AuditSink& audit, AuditEvent event, std::function<void(const Status&)> done) {
  AuditRound* const round = round_of_thread;
  if (round == nullptr || &round->audit_ != &audit) return audit.Begin(event, done);
  round->records_.push_back({std::move(event), std::move(done)});
}

std::string AuditResource(const google::protobuf::Message& request) {
  for (const char* name : {"name", "names", "parent"}) {
    const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName(name);
    if (field == nullptr || field->type() != FieldDescriptor::TYPE_STRING) continue;
    const std::string resource = field->is_repeated()
                                     ? AllNamed(request, *field)
                                     : Named(request.GetReflection()->GetString(request, field));
    if (!resource.empty()) return resource;
  }
  return std::string(kResourceNone);
}

}  // namespace enlace::rpc
