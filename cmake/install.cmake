# `cmake --install`: the library, its headers, the command, and what find_package(gradus) and pkg-config read.
include(CMakePackageConfigHelpers)

install(TARGETS gradus EXPORT gradus-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/gradus DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT gradus-targets NAMESPACE gradus:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/gradus)
configure_package_config_file(cmake/gradus-config.cmake.in gradus-config.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/gradus)
write_basic_package_version_file(gradus-config-version.cmake COMPATIBILITY SameMinorVersion)
# Relative, so that `cmake --install --prefix` and a moved folder work.
file(RELATIVE_PATH GRADUS_PC_TO_PREFIX "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
configure_file(cmake/gradus.pc.in gradus.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/gradus-config.cmake ${PROJECT_BINARY_DIR}/gradus-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/gradus)
install(FILES ${PROJECT_BINARY_DIR}/gradus.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
