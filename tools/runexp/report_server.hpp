// A report that is served while its runs go on. The only file that knows the HTTP library.
#pragma once

#include <functional>
#include <string>

#include <unroll/core/stop_flag.hpp>

#include "json_output.hpp"

namespace unroll::cli {

/// Serves a report on 127.0.0.1 until `stop` is set: `/` is the page, `/data.json` its data, with
/// an ETag. Requests whose Host is not this server are refused, so that no foreign page reaches it
/// through a name of its own that leads here. `data` is called for each request, never by two
/// threads at once; what it throws is answered with the data of before.
///
/// `port` 0 takes any free one; `started` gets the address. Throws Error(usage) if the port is
/// taken.
void serve_report(int port, const std::function<Json()>& data, const StopFlag* stop,
                  const std::function<void(const std::string& address)>& started);

}  // namespace unroll::cli
