#include "paths.hpp"

namespace unroll::test {

std::string fixture(std::string_view name) {
  return (std::filesystem::path(UNROLL_FIXTURES) / name).string();
}
std::filesystem::path plugins() {
  return UNROLL_PLUGINS;
}
std::filesystem::path test_plugins() {
  return UNROLL_TEST_PLUGINS;
}

}  // namespace unroll::test
