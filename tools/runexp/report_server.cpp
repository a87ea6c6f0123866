#include "report_server.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>

#include <chrono>
#include <mutex>
#include <thread>

#include <unroll/core/error.hpp>
#include <unroll/core/sha256.hpp>

#include "report_page.hpp"

namespace unroll::cli {
namespace {

constexpr const char* kHost = "127.0.0.1";
constexpr std::chrono::milliseconds kPause{100};

bool is_this_server(const std::string& host, int port) {
  for (const char* name : {kHost, "localhost"})
    if (host == fmt::format("{}:{}", name, port) || (port == 80 && host == name)) return true;
  return false;
}

std::string text_of(const Json& data) {
  return data.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// The newest data that could be had.
class Newest {
 public:
  explicit Newest(const std::function<Json()>& data) : data_(data), last_(data()) {}

  Json get() {
    const std::lock_guard guard(mutex_);
    try {
      last_ = data_();
    } catch (const Error&) {
      // A file that is gone for a moment, or for good: the page goes on with what it has.
    }
    return last_;
  }

 private:
  const std::function<Json()>& data_;
  std::mutex mutex_;
  Json last_;
};

}  // namespace

void serve_report(int port, const std::function<Json()>& data, const StopFlag* stop,
                  const std::function<void(const std::string& address)>& started) {
  Newest newest(data);
  httplib::Server server;
  server.new_task_queue = [] { return new httplib::ThreadPool(4); };
  // The library's own choice would let two servers share a port.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  server.set_keep_alive_max_count(1);  // a browser's idle connections would hold up the end
  server.set_default_headers({{"Cache-Control", "no-store"},
                              {"X-Content-Type-Options", "nosniff"},
                              {"Cross-Origin-Resource-Policy", "same-origin"},
                              {"Content-Security-Policy", "frame-ancestors 'none'"}});
  server.set_pre_routing_handler([&](const httplib::Request& request, httplib::Response& answer) {
    if (is_this_server(request.get_header_value("Host"), port))
      return httplib::Server::HandlerResponse::Unhandled;
    answer.status = 403;
    answer.set_content(fmt::format("This report is at http://{}:{}/ alone.\n", kHost, port),
                       "text/plain; charset=utf-8");
    return httplib::Server::HandlerResponse::Handled;
  });
  server.Get("/", [&](const httplib::Request&, httplib::Response& answer) {
    answer.set_content(report_page(newest.get(), PageKind::served), "text/html; charset=utf-8");
  });
  server.Get("/data.json", [&](const httplib::Request& request, httplib::Response& answer) {
    const std::string text = text_of(newest.get());
    const std::string tag = "\"" + sha256(text).substr(0, 32) + "\"";
    answer.set_header("ETag", tag);
    if (request.get_header_value("If-None-Match") == tag) {
      answer.status = 304;
      return;
    }
    answer.set_content(text, "application/json; charset=utf-8");
  });
  const int bound =
      port == 0 ? server.bind_to_any_port(kHost) : (server.bind_to_port(kHost, port) ? port : -1);
  if (bound < 0)
    fail(Failure::usage, "port {} of {} cannot be had; give another with --port, or 0 for any",
         port, kHost);
  port = bound;
  std::jthread listening([&] { server.listen_after_bind(); });
  // Asked to stop before it runs, the server would not hear it.
  while (!server.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  started(fmt::format("http://{}:{}/", kHost, port));
  while (*stop == 0) std::this_thread::sleep_for(kPause);
  server.stop();
}

}  // namespace unroll::cli
