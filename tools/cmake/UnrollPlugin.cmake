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

function(unroll_add_plugin target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "UNDESCRIBED" "" "LIBRARIES")
  add_library(${target} MODULE ${arg_UNPARSED_ARGUMENTS})
  set_target_properties(${target} PROPERTIES
    PREFIX "" SUFFIX ".so" CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins
    INSTALL_RPATH "$ORIGIN/../.."  # from lib/unroll/plugins to lib
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
