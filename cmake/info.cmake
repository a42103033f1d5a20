# What src/nn/info.cc says of the build. Two header-only libraries keep no version in their headers: the package knows.
find_package(FastFloat QUIET)
find_program(DPKG_QUERY dpkg-query)
set(random123_version "")
if(DPKG_QUERY)
  execute_process(COMMAND ${DPKG_QUERY} -W "-f=\${Version}" librandom123-dev
                  OUTPUT_VARIABLE random123_version ERROR_QUIET)
endif()
foreach(variable FastFloat_VERSION random123_version)
  if(NOT ${variable})
    set(${variable} "unknown")
  endif()
endforeach()
set_source_files_properties(${PROJECT_SOURCE_DIR}/src/nn/info.cc PROPERTIES COMPILE_DEFINITIONS
  "GRADUS_VERSION=\"${PROJECT_VERSION}\";GRADUS_BUILD_TYPE=\"${CMAKE_BUILD_TYPE}\";GRADUS_FAST_FLOAT_VERSION=\"${FastFloat_VERSION}\";GRADUS_RANDOM123_VERSION=\"${random123_version}\"")
