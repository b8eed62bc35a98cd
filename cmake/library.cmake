# SPDX-License-Identifier: Apache-2.0
# cotter (cotter::cotter): libcotter.a, what a device maker links: core, DTLS with the device's configuration of Mbed TLS, the
# client engine and, on a host, the POSIX port. One archive, nothing else needed. Component `device` of the install.
include(CMakePackageConfigHelpers)

set(parts cotter_core cotter_device)
if(COTTER_DTLS_DEVICE)
    list(APPEND parts cotter_dtls cotter_mbedtls)
else()
    list(APPEND parts cotter_dtls_device cotter_mbedtls_device)
endif()
if(TARGET cotter_posix)
    list(APPEND parts cotter_posix)
endif()
list(TRANSFORM parts REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>")

add_library(cotter STATIC ${parts})
add_library(cotter::cotter ALIAS cotter)
set_target_properties(cotter PROPERTIES LINKER_LANGUAGE C)
target_include_directories(cotter PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/cotter)
install(TARGETS cotter EXPORT cotter ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT device)
install(DIRECTORY include/cotter DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT device FILES_MATCHING PATTERN "*.h")
install(EXPORT cotter NAMESPACE cotter:: FILE cotterConfig.cmake DESTINATION ${package_dir} COMPONENT device)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/cotterConfigVersion.cmake COMPATIBILITY SameMinorVersion)
file(RELATIVE_PATH pc_to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /) # the tree may be moved
configure_file(cmake/cotter.pc.in ${PROJECT_BINARY_DIR}/cotter.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/cotterConfigVersion.cmake DESTINATION ${package_dir} COMPONENT device)
install(FILES ${PROJECT_BINARY_DIR}/cotter.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT device)
