# A room is one folder of src/: its sources make an object library, its *_test.cc files one test program that links
# this room and the rooms below it only, so a wrong edge fails to link.
set(GRADUS_ROOMS "" CACHE INTERNAL "")

function(gradus_compile_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor -ffp-contract=off
                                           -fno-math-errno)
  if(GRADUS_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${GRADUS_SANITIZE} -fno-sanitize-recover=all
                                             -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=${GRADUS_SANITIZE})
  else()
    # Should a mistake be left in a parser, it ends the program instead of running someone's code. The kernels see numbers
    # and no file, and go without.
    if(NOT target STREQUAL gradus_kernels)
      target_compile_options(${target} PRIVATE -fstack-protector-strong
                             $<$<CONFIG:Release>:-U_FORTIFY_SOURCE> $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
    endif()
    target_link_options(${target} PRIVATE -Wl,-z,relro,-z,now)
  endif()
endfunction()

function(gradus_room name)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cc)
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  if(NOT sources)
    return()
  endif()
  add_library(gradus_${name} OBJECT ${sources})
  target_include_directories(gradus_${name} PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(gradus_${name} PRIVATE fmt::fmt nlohmann_json::nlohmann_json ZLIB::ZLIB)
  set_target_properties(gradus_${name} PROPERTIES GRADUS_BELOW "${ARGN}")
  gradus_compile_options(gradus_${name})
  # Of sanitizer builds only this room is optimised: half the time to build, and the tests spend theirs in kernels. Not
  # by clang 14, which takes six minutes for the checks of undefined behaviour in one kernel file at -O1, at -O0 five
  # seconds.
  if(GRADUS_SANITIZE AND name STREQUAL kernels)
    if(NOT (CMAKE_CXX_COMPILER_ID MATCHES Clang AND GRADUS_SANITIZE MATCHES undefined))
      target_compile_options(gradus_${name} PRIVATE -O1)
    endif()
  endif()
  set(GRADUS_ROOMS ${GRADUS_ROOMS} ${name} CACHE INTERNAL "")
endfunction()
