# The CMake package: find_package(unroll) works against an installation, from wherever it is put, and
# against this build folder, which is laid out alike. Nothing installed holds an absolute path of it.
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/unroll)
set(package_files tools/cmake/UnrollPlugin.cmake tools/cmake/unroll_plugin.map)

# An installation's.
set(plugins ${CMAKE_INSTALL_LIBDIR}/unroll/plugins)
set(programs ${CMAKE_INSTALL_BINDIR})
configure_package_config_file(tools/cmake/unrollConfig.cmake.in
  ${CMAKE_BINARY_DIR}/package/unrollConfig.cmake INSTALL_DESTINATION ${package}
  PATH_VARS plugins programs)
# Before 1.0 every minor version may change the contracts.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/unrollConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(EXPORT unroll NAMESPACE unroll:: FILE unrollTargets.cmake DESTINATION ${package})
install(FILES ${CMAKE_BINARY_DIR}/package/unrollConfig.cmake
              ${CMAKE_BINARY_DIR}/package/unrollConfigVersion.cmake ${package_files}
        DESTINATION ${package})

# This build's: bin, lib, include, share and plugins are beside each other here too.
set(package ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/cmake/unroll)
set(plugins plugins)
set(programs bin)
configure_package_config_file(tools/cmake/unrollConfig.cmake.in ${package}/unrollConfig.cmake
  INSTALL_DESTINATION lib/cmake/unroll INSTALL_PREFIX ${CMAKE_BINARY_DIR}
  PATH_VARS plugins programs)
configure_file(${CMAKE_BINARY_DIR}/package/unrollConfigVersion.cmake
               ${package}/unrollConfigVersion.cmake COPYONLY)
foreach(file ${package_files})
  configure_file(${file} ${package} COPYONLY)
endforeach()
# Older configurations left an installation's file where it would be found first.
file(REMOVE ${CMAKE_BINARY_DIR}/unrollConfig.cmake ${CMAKE_BINARY_DIR}/unrollConfigVersion.cmake)
export(EXPORT unroll NAMESPACE unroll:: FILE ${package}/unrollTargets.cmake)
