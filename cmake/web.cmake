# The files of web/ in the library, with the charts library from npm: fetched and bundled when the build is configured, which is not
# an error to fail at. See scripts/bundle_charts.sh.
option(GRADUS_CHARTS "Fetch the charts library of reports from npm where it isn't there yet" ON)
set(web_folder ${PROJECT_SOURCE_DIR}/web)
set(charts ${PROJECT_SOURCE_DIR}/build/web/charts.js)
if(GRADUS_CHARTS AND EXISTS ${PROJECT_SOURCE_DIR}/scripts/bundle_charts.sh)
  execute_process(COMMAND sh ${PROJECT_SOURCE_DIR}/scripts/bundle_charts.sh)
endif()
set(web_files ${web_folder}/page.html ${web_folder}/page.css ${web_folder}/report.js)
if(EXISTS ${charts})
  list(APPEND web_files ${charts})
  install(FILES ${PROJECT_SOURCE_DIR}/build/web/licences.txt DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME charts-licences.txt)
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${web_folder}/charts.js ${web_folder}/package-lock.json
                                                               ${web_folder}/bundle.mjs)
set(web_source ${PROJECT_BINARY_DIR}/web/web_files.cc)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/web)
add_custom_command(OUTPUT ${web_source}
                   COMMAND ${CMAKE_COMMAND} -DWEB=${web_folder} -DCHARTS=${charts} -DOUTPUT=${web_source}
                           -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
                   DEPENDS ${web_files} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
target_sources(gradus_analysis PRIVATE ${web_source})
