// unroll-describe FILE.so: writes a plugin's own description of its options into its file, so that
// it is read from there without running the library. The last step of unroll_add_plugin.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>

#include <unroll/core/error.hpp>
#include <unroll/plugin/described.hpp>
#include <unroll/plugin/trust.hpp>

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: unroll-describe FILE.so [OBJCOPY]\n");
    return 2;
  }
  unroll::trust_plugins();  // it was built this moment; who may change it is asked when it is used
  int status = 0;
  try {
    unroll::describe_library(std::filesystem::absolute(argv[1]), argc == 3 ? argv[2] : "objcopy");
  } catch (const unroll::Error& error) {
    std::fprintf(stderr, "unroll-describe: %s\n", error.what());
    status = error.exit_code();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "unroll-describe: %s\n", error.what());
    status = 1;
  }
  std::fflush(stderr);
  std::_Exit(status);  // nothing of the plugin runs once it has been described
}
