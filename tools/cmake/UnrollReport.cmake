# The page of `runexp report`: its own files and D3, which Debian's node-d3 brings, in
# share/unroll/report.
find_file(UNROLL_D3 d3.min.js PATHS /usr/share/nodejs/d3/dist NO_CMAKE_FIND_ROOT_PATH REQUIRED
          DOC "D3 5, which draws the charts of a report (Debian: node-d3)")
mark_as_advanced(UNROLL_D3)
set(report_folder ${CMAKE_BINARY_DIR}/share/unroll/report)
file(MAKE_DIRECTORY ${report_folder})
file(GLOB report_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/report/*)
foreach(file ${report_files} ${UNROLL_D3})
  get_filename_component(name ${file} NAME)
  file(CREATE_LINK ${file} ${report_folder}/${name} SYMBOLIC)
endforeach()
get_filename_component(d3_itself ${UNROLL_D3} REALPATH)
install(FILES ${report_files} DESTINATION ${CMAKE_INSTALL_DATADIR}/unroll/report)
install(FILES ${d3_itself} DESTINATION ${CMAKE_INSTALL_DATADIR}/unroll/report RENAME d3.min.js)
