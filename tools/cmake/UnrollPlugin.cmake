# unroll_add_plugin(TARGET source.cpp… [LIBRARIES …] [UNDESCRIBED]): a plugin library, in this
# build's plugins/.
#
# Works inside Unroll and, after find_package(unroll), in anybody's project. Everything but the one
# exported symbol is hidden, and nothing may be left undefined: what is missing is an error of the
# build, not of the run. At last the library is loaded once and its description of its options
# written into it, to be read from there without running it; what cannot be loaded is an error of
# the build as well. UNDESCRIBED leaves that out, as does a build for another machine that this one
# cannot run: such a library works, but has to be loaded to be described.
set(UNROLL_PLUGIN_SYMBOLS ${CMAKE_CURRENT_LIST_DIR}/unroll_plugin.map)

# A plugin of another compiler would be refused when it is loaded: better said here.
function(_unroll_check_compiler)
  if(NOT DEFINED UNROLL_CXX_COMPILER_ID)
    return()  # inside Unroll's own build
  endif()
  string(REGEX MATCH "^[0-9]+" theirs "${UNROLL_CXX_COMPILER_VERSION}")
  string(REGEX MATCH "^[0-9]+" ours "${CMAKE_CXX_COMPILER_VERSION}")
  set(unroll "${UNROLL_CXX_COMPILER_ID} ${theirs}")
  set(project "${CMAKE_CXX_COMPILER_ID} ${ours}")
  if(NOT unroll STREQUAL project)
    message(FATAL_ERROR "This Unroll was built with ${unroll}, this project uses ${project}: "
                        "C++ objects cross between the two. Choose the compiler by "
                        "-DCMAKE_CXX_COMPILER=... in a new build folder.")
  endif()
endfunction()

function(unroll_add_plugin target)
  _unroll_check_compiler()
  cmake_parse_arguments(PARSE_ARGV 1 arg "UNDESCRIBED" "" "LIBRARIES")
  add_library(${target} MODULE ${arg_UNPARSED_ARGUMENTS})
  set_target_properties(${target} PROPERTIES
    PREFIX "" SUFFIX ".so" CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins
    # From lib/unroll/plugins to lib, or from a build's plugins to its lib. An RPATH of CMake's own
    # for the build tree would end in ':', which has the loader search the current folder.
    INSTALL_RPATH "$ORIGIN/../..;$ORIGIN/../lib"
    BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH_USE_LINK_PATH ON
    LINK_DEPENDS ${UNROLL_PLUGIN_SYMBOLS})
  target_link_libraries(${target} PRIVATE unroll::unroll ${arg_LIBRARIES})
  target_link_options(${target} PRIVATE -Wl,--version-script=${UNROLL_PLUGIN_SYMBOLS})
  # clang leaves a sanitizer's own symbols to the program.
  if(NOT (UNROLL_SANITIZE AND CMAKE_CXX_COMPILER_ID MATCHES Clang))
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()
  if(NOT arg_UNDESCRIBED AND (NOT CMAKE_CROSSCOMPILING OR CMAKE_CROSSCOMPILING_EMULATOR))
    add_dependencies(${target} unroll::unroll-describe)
    add_custom_command(TARGET ${target} POST_BUILD VERBATIM
      COMMAND unroll::unroll-describe $<TARGET_FILE:${target}> ${CMAKE_OBJCOPY})
  endif()
endfunction()

# unroll_add_plugin_tests(TARGET experiment.yaml [test.cpp]): what ctest runs of a plugin: the
# contract of its kind, its experiment, and a program of the author's that gets the library's path.
#
# Plugins that the user has installed are out of sight: the one just built is meant.
function(unroll_add_plugin_tests target experiment)
  set(environment "XDG_DATA_HOME=${CMAKE_CURRENT_BINARY_DIR}/no-plugins;UNROLL_PLUGIN_PATH=")
  foreach(source ${ARGN})
    add_executable(${target}_test ${source})
    set_target_properties(${target}_test PROPERTIES
      CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
    target_link_libraries(${target}_test PRIVATE unroll::unroll)
    add_test(NAME ${target}.equations COMMAND ${target}_test $<TARGET_FILE:${target}>)
    set_tests_properties(${target}.equations PROPERTIES ENVIRONMENT "${environment}")
  endforeach()
  add_test(NAME ${target}.contract COMMAND ${UNROLL_RUNEXP} check-plugin $<TARGET_FILE:${target}>)
  set_tests_properties(${target}.contract PROPERTIES ENVIRONMENT "${environment}")
  get_filename_component(experiment ${experiment} ABSOLUTE)
  add_test(NAME ${target}.experiment
    COMMAND ${UNROLL_RUNEXP} ${experiment} --plugins $<TARGET_FILE:${target}> --threads 1 --quiet
            --force --output ${CMAKE_CURRENT_BINARY_DIR}/${target}.h5
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})  # where relative paths of data begin
  set_tests_properties(${target}.experiment PROPERTIES ENVIRONMENT "${environment}")
endfunction()
