# One test program per room from its *_test.cc files, one from tests/*.cc, and the checks that are scripts.
find_package(GTest REQUIRED)
include(GoogleTest)
find_package(Python3 REQUIRED COMPONENTS Interpreter)

add_library(gradus_source_path OBJECT ${PROJECT_SOURCE_DIR}/tests/source_path.cc)
target_compile_definitions(gradus_source_path PRIVATE GRADUS_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
gradus_compile_options(gradus_source_path)

function(gradus_test_program name)
  add_executable(${name} ${ARGN} $<TARGET_OBJECTS:gradus_source_path>)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(${name} PRIVATE ${GRADUS_LINK_LIBRARIES} nlohmann_json::nlohmann_json GTest::gtest_main
                                        GTest::gmock)
  gradus_compile_options(${name})
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>) # tests run once: what takes time is their build
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 600 LABELS ${name})
endfunction()

foreach(room ${GRADUS_ROOMS})
  file(GLOB test_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${room}/*_test.cc)
  if(test_sources)
    get_target_property(below gradus_${room} GRADUS_BELOW)
    gradus_test_program(${room}_test ${test_sources} $<TARGET_OBJECTS:gradus_${room}>)
    foreach(lower ${below})
      if(TARGET gradus_${lower})
        target_sources(${room}_test PRIVATE $<TARGET_OBJECTS:gradus_${lower}>)
      endif()
    endforeach()
  endif()
endforeach()

file(GLOB test_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/*_test.cc)
if(test_sources)
  gradus_test_program(gradus_test ${test_sources})
  target_link_libraries(gradus_test PRIVATE gradus)
endif()

# Scripts under tests/ get the command in GRADUS and find data relative to the source tree.
function(gradus_script_test name)
  add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "GRADUS=${PROJECT_BINARY_DIR}/gradus" TIMEOUT 600
                                           LABELS script)
endfunction()
file(GLOB test_scripts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/*_test.py)
foreach(script ${test_scripts})
  get_filename_component(script_name ${script} NAME_WE)
  gradus_script_test(${script_name} ${Python3_EXECUTABLE} ${script})
endforeach()

# Built and run on demand: `make exhaustive`, `make nightly`.
add_executable(exhaustive EXCLUDE_FROM_ALL tests/exhaustive.cc)
target_include_directories(exhaustive PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(exhaustive PRIVATE gradus fmt::fmt)
gradus_compile_options(exhaustive)
