#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/message.h"
#include "node/base/error.h"

// Where the dispatcher leaves its decisions on national data.
namespace enlace::rpc {

struct AuditEvent {
  std::string caller;  // SPIFFE URI, or "admin-socket".
  std::string method;
  std::string resource;  // Well-formed resource names, or words below, joined with commas.
  std::string decision;  // "allow" or "deny".
  std::string request_id;
};

// Instead of a resource name: refused before the request was read; the request names
// nothing; or it names something that is no resource name and is not repeated anywhere.
inline constexpr std::string_view kResourceUnread = "unread";
inline constexpr std::string_view kResourceNone = "none";
inline constexpr std::string_view kResourceOther = "other";
// With a number behind it: so many refusals of this caller and method, none of them read, that
// followed a recorded one.
inline constexpr std::string_view kResourceRepeated = "repeated:";

class AuditSink {
 public:
  virtual ~AuditSink() = default;
  // OK when the record is written: of a refusal durably, of what is let in so that it survives the
  // end of this process. On an error the call fails with it, so that no decision goes unrecorded.
  // Called on worker threads, several at once.
  virtual Status Record(const AuditEvent& event) = 0;
  // As Record, without a thread that waits: `done` learns the outcome, on any thread, before or
  // after this returns; it must not throw.
  virtual void Begin(const AuditEvent& event, const std::function<void(const Status&)>& done) {
    done(Record(event));
  }
  struct Begun {
    AuditEvent event;
    std::function<void(const Status&)> done;
  };
  // As Begin of each, in their order; they may be written together and share one outcome.
  virtual void BeginAll(std::vector<Begun> records) {
    for (const Begun& record : records) Begin(record.event, record.done);
  }
};

// While one lives on a thread, what BeginAudit is given there waits for its end, so that calls that
// arrived together have their records written together: one by one, the record is a quarter of the
// work of a read. One at a time on a thread.
class AuditRound {
 public:
  explicit AuditRound(AuditSink& audit);
  ~AuditRound();
  AuditRound(const AuditRound&) = delete;
  AuditRound& operator=(const AuditRound&) = delete;

  bool empty() const { return records_.empty(); }

 private:
  friend void BeginAudit(AuditSink& audit, AuditEvent event,
                         std::function<void(const Status&)> done);
  AuditSink& audit_;
  std::vector<AuditSink::Begun> records_;
};

// AuditSink::Begin, in the round of this thread when it has one for `audit`.
void BeginAudit(AuditSink& audit, AuditEvent event, std::function<void(const Status&)> done);

// What `request` is about: its field `name` or `parent` when that has the form of one of our
// resource names, else a word. For a field `names` all of them, joined with commas, so that
// each record that was read can be found. Free text of a caller never reaches the audit record.
std::string AuditResource(const google::protobuf::Message& request);

}  // namespace enlace::rpc
