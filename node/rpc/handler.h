#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/message.h"
#include "google/protobuf/wrappers.pb.h"
#include "node/authz/policy.h"
#include "node/base/error.h"

// The one handler table. Each method is registered once as
// (call context, request message) -> status or response message. Identity, policy,
// admission, limits, deadline and audit are applied in Dispatcher, the one place that
// every call passes; the gRPC listeners and the tests are front ends of it.
namespace enlace::rpc {

// What a handler may know of its call. Lives as long as the call.
struct CallContext {
  const authz::Caller& caller;
  std::string method;
  std::string request_id;  // Made by the node; leaves with INTERNAL errors.
  // Of Clock::SteadyMs; at most Dispatcher::kCallMsMax away, kAdminCallMsMax for the operator.
  int64_t deadline_steady_ms = 0;
  // True once the caller went away, the deadline passed, or the node ended a drain. A handler
  // asks in every loop over rows and returns when told, with whatever it has: the answer is
  // then CALL_CANCELLED or DEADLINE_PASSED. Thread-safe.
  std::function<bool()> cancelled = [] { return false; };
};

using Message = google::protobuf::Message;

struct MethodLimits {
  size_t request_bytes_max = 1 << 20;
  size_t elements_max = 100'000;        // Wire elements (tags) at all depths; messages: a tenth.
  bool answers_while_draining = false;  // Only for telling that the node drains.
  // The handler works for microseconds and waits for nobody, so that it may run where the request
  // was read. It changes nothing by itself: the record of the call may still be on its way, and
  // the answer is held until that is there.
  bool brief = false;
};

// Takes the answer, once, on any thread. Context and request live until then, and no longer.
template <typename Response>
using Respond = std::function<void(StatusOr<Response>)>;

// Filled once by the composition root, then read by many threads.
class HandlerTable {
 public:
  // Request and Response are generated message types.
  template <typename Request, typename Response>
  void Register(std::string_view method,
                std::function<StatusOr<Response>(const CallContext&, const Request&)> handler,
                MethodLimits limits = {}) {
    RegisterAsync<Request, Response>(
        method,
        [handler = std::move(handler)](const CallContext& call, const Request& request,
                                       const Respond<Response>& respond) {
          respond(handler(call, request));
        },
        limits);
  }
  // For a handler that answers when something else is done, without a thread that waits.
  template <typename Request, typename Response>
  void RegisterAsync(
      std::string_view method,
      std::function<void(const CallContext&, const Request&, const Respond<Response>&)> handler,
      MethodLimits limits = {}) {
    RegisterBytes<Request, Response>(
        method,
        [handler = std::move(handler)](const CallContext& call, const Request& request,
                                       const Respond<std::string>& respond) {
          handler(call, request, [respond](const StatusOr<Response>& response) {
            respond(response.ok() ? Serialize(*response) : response.status());
          });
        },
        limits);
  }
  // For a handler that writes the bytes of its Response by itself.
  template <typename Request, typename Response>
  void RegisterBytes(
      std::string_view method,
      std::function<void(const CallContext&, const Request&, const Respond<std::string>&)> handler,
      MethodLimits limits = {}) {
    Entry entry;
    entry.limits = limits;
    entry.request_prototype = &Request::default_instance();
    entry.run = [handler = std::move(handler)](const CallContext& call, const Message& request,
                                               const Respond<std::string>& respond) {
      handler(call, static_cast<const Request&>(request), respond);
    };
    Add(method, std::move(entry));
  }

  // For a handler that reads the bytes of its Request by itself; they were scanned as all are.
  template <typename Request, typename Response>
  void RegisterRaw(std::string_view method,
                   std::function<StatusOr<Response>(const CallContext&, std::string_view)> handler,
                   MethodLimits limits = {}) {
    using google::protobuf::BytesValue;
    Register<BytesValue, Response>(
        method,
        [handler = std::move(handler)](const CallContext& call, const BytesValue& request) {
          return handler(call, request.value());
        },
        limits);
    entries_.find(method)->second.raw_request = Request::descriptor();
  }
  // For a handler that does both by itself. The bytes of the request live until the answer.
  template <typename Request, typename Response>
  void RegisterRawBytes(
      std::string_view method,
      std::function<void(const CallContext&, std::string_view, const Respond<std::string>&)>
          handler,
      MethodLimits limits = {}) {
    using google::protobuf::BytesValue;
    RegisterBytes<BytesValue, Response>(
        method,
        [handler = std::move(handler)](const CallContext& call, const BytesValue& request,
                                       const Respond<std::string>& respond) {
          handler(call, request.value(), respond);
        },
        limits);
    entries_.find(method)->second.raw_request = Request::descriptor();
  }

  struct Entry {
    MethodLimits limits;
    const Message* request_prototype = nullptr;
    // The type that the bytes are, when they are handed over as they are in a BytesValue.
    const google::protobuf::Descriptor* raw_request = nullptr;
    std::function<void(const CallContext&, const Message&, const Respond<std::string>&)> run;
    bool ping_pong = false;  // By its descriptor a stream in both directions; set by the table.
  };
  // Null when not registered.
  const Entry* Find(std::string_view method) const;
  std::vector<std::string> Methods() const;
  // The largest request that any method takes.
  size_t RequestBytesMax() const;

 private:
  // INTERNAL when it cannot be serialised.
  static StatusOr<std::string> Serialize(const Message& response);
  void Add(std::string_view method, Entry entry);
  std::map<std::string, Entry, std::less<>> entries_;
};

// Registers methods of a service class as table.Register<Req, Resp>(name, bound member).
#define ENLACE_REGISTER(table, service, method, object, Request, Response)                 \
  (table).Register<Request, Response>(                                                     \
      "/" service "/" #method,                                                             \
      [&target = (object)](const ::enlace::rpc::CallContext& call, const Request& request) \
          -> ::enlace::StatusOr<Response> { return target.method(call, request); })

}  // namespace enlace::rpc
