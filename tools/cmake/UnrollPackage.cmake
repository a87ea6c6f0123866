# The CMake package: after `cmake --install`, find_package(unroll) works from wherever it is put.
# Nothing installed holds an absolute path.
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/unroll)
set(plugins ${CMAKE_INSTALL_LIBDIR}/unroll/plugins)
configure_package_config_file(tools/cmake/unrollConfig.cmake.in
  ${CMAKE_BINARY_DIR}/unrollConfig.cmake INSTALL_DESTINATION ${package} PATH_VARS plugins)
# Before 1.0 every minor version may change the contracts.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/unrollConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(EXPORT unroll NAMESPACE unroll:: FILE unrollTargets.cmake DESTINATION ${package})
install(FILES ${CMAKE_BINARY_DIR}/unrollConfig.cmake ${CMAKE_BINARY_DIR}/unrollConfigVersion.cmake
              tools/cmake/UnrollPlugin.cmake tools/cmake/unroll_plugin.map
        DESTINATION ${package})
