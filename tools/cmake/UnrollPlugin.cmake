# unroll_add_plugin(TARGET source.cpp… [LIBRARIES …]): a plugin library, in this build's plugins/.
function(unroll_add_plugin target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LIBRARIES")
  add_library(${target} MODULE ${arg_UNPARSED_ARGUMENTS})
  set_target_properties(${target} PROPERTIES PREFIX "" CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
  target_link_libraries(${target} PRIVATE unroll::unroll ${arg_LIBRARIES})
  target_link_options(${target} PRIVATE -Wl,-z,defs)
endfunction()
